"""What holds for any documents: nothing is lost, or overdrawn, or depends on the order and names of files."""

import dataclasses
import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revrec import tables
from revrec.amendments import AmendingDocuments, AmendmentResolver, any_documents
from revrec.amendments.documents import AMENDING_DATASETS, MONTHLY_DATASETS, REFERENCE_DATASETS
from tests.revrec.amendments.builders import Cells, documents
from tests.revrec.amendments.resolved import Resolved, resolve

LINES = """
line | invoice | date       | product  | method        | amount | disposition | schedule | grant | kind
l1   | inv     | 2025-01-01 | platform | STRAIGHT_LINE | 100.00 | RECOGNIZED  | s1       |       | CHARGE
l2   | inv     | 2025-01-01 | project  | MILESTONE     | 50.00  | RECOGNIZED  |          |       | CHARGE
l3   | inv     | 2025-01-01 |          |               | 0.00   | ALLOCATED   |          |       | DISCOUNT
l4   | inv     | 2025-01-01 | platform |               | 0.00   | NETTED      |          |       | DISCOUNT
l5   | next    | 2025-02-01 | project  | MILESTONE     | -30.01 | RECOGNIZED  |          |       | CHARGE
l6   | next    | 2025-02-01 | api      | USAGE         | 70.00  | RECOGNIZED  |          |       | CHARGE
p1   | next    | 2025-02-01 | platform | CONSUMPTION   | 33.33  | RECOGNIZED  |          | g     | CREDIT_GRANT
l7   | draft   | 2025-02-01 | platform | STRAIGHT_LINE | 0.00   | NOT_POSTED  |          |       | CHARGE
l8   | draft   | 2025-02-01 | project  | MILESTONE     | 0.00   | NOT_POSTED  |          |       | CHARGE
"""

_dates = st.sampled_from(["2024-12-31", "2025-01-01", "2025-01-31", "2025-02-15", "2025-03-31"])
_months = st.sampled_from(["2025-01", "2025-02", "2025-03"])
_lines = st.sampled_from([None, "l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8", "gone"])
_amounts = st.sampled_from(["0.00", "0.01", "5.00", "33.33", "60.00", "-5.00", "1.001"])
_customers = st.sampled_from(["acme", "acme", "acme", "nobody"])


def _records(ids: str, least: int = 0, **fields: st.SearchStrategy[str | None]) -> st.SearchStrategy[list[Cells]]:
    """Rows with ids that repeat from month to month but not within one."""
    row = st.fixed_dictionaries({"id": st.sampled_from([f"{ids}{number}" for number in (1, 2, 9, 10)]), **fields})
    return st.lists(row, min_size=least, max_size=6, unique_by=lambda cells: (cells["id"], cells.get("month")))


@st.composite
def _landed(draw: st.DrawFn) -> dict[str, Any]:
    notes = draw(
        _records(
            "cn",
            month=_months,
            invoice=st.sampled_from([None, "inv", "next", "draft", "gone"]),
            customer_id=_customers,
            accounting_date=_dates,
            status=st.sampled_from(["SENT", "PAID", "DRAFT", "VOIDED"]),
            updated_at=_dates.map(lambda day: f"{day}T00:00:00Z"),
        )
    )
    credited = draw(
        _records(
            "c",
            month=_months,
            note=st.sampled_from(["cn1", "cn2", "cn9", "cn10", "other"]),
            line=_lines,
            product=st.sampled_from([None, "platform", "setup", "nothing"]),
            amount=_amounts,
        )
    )
    return {
        "credit_notes": [{"amount": _total(note, credited), **note} for note in notes],
        "note_lines": credited,
        "milestones": draw(
            _records(
                "m",
                month=_months,
                line=_lines.map(lambda line: line or "l2"),
                completed_on=_dates,
                amount=st.none() | _amounts,
                percent=st.sampled_from([None, None, "50", "33.3", "100", "0"]),
            )
        ),
        "usage": draw(
            _records(
                "u",
                month=_months,
                customer_id=_customers,
                amount=_amounts.filter(lambda text: text != "1.001"),
                schedule=st.sampled_from([None, "s1", "s2", "gone"]),
                period_start=st.sampled_from(["2025-01-01", "2025-02-01"]),
                period_end=st.sampled_from(["2025-02-28", "2025-03-31"]),
            )
        ),
        "schedules": draw(
            _records(
                "s",
                customer_id=_customers,
                product=st.sampled_from(["api", "project", "nothing"]),
                billing_type=st.sampled_from(["IN_ARREARS", "IN_ADVANCE"]),
                frequency=st.sampled_from(["MONTHLY", "QUARTERLY", "ONE_TIME"]),
            )
        ),
        "grants": [
            {"id": "g"},
            *draw(_records("g", customer_id=_customers, expiry_date=st.none() | st.just("2025-02-20"))),
        ],
        "transactions": draw(
            _records(
                "t",
                month=_months,
                grant=st.sampled_from(["g", "g", "g1", "gone"]),
                date=_dates,
                type=st.sampled_from(["DEBIT", "CREDIT"]),
                amount=_amounts,
                line=_lines,
            )
        ),
    }


def _total(note: Cells, credited: list[Cells]) -> str:
    """What the lines add up to where that can be said, so that many notes are sound."""
    mine = [line["amount"] for line in credited if (line["note"], line["month"]) == (note["id"], note["month"])]
    return f"{sum(round(float(amount or '0') * 100) for amount in mine) / 100:.2f}"


def _documents(landed: Mapping[str, Any], **settings: Any) -> AmendingDocuments:
    policy = {"versions": [{"effective_from": "2000-01-01", "credit_grant_policy": "deferred_until_consumed"}]}
    return documents(lines=LINES, policy=policy, **landed, **settings)


def _landed_rows(given: AmendingDocuments) -> Counter[tuple[str, str, int]]:
    batches = {name: [batch for month in getattr(given, name).values() for batch in month] for name in MONTHLY_DATASETS}
    batches |= {name: list(getattr(given, name)) for name in REFERENCE_DATASETS}
    return Counter(
        (name, row["landed_file"], row["landed_row"])
        for name, found in batches.items()
        for batch in found
        for row in batch.to_pylist()
    )


law = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@law
@given(landed=_landed())
def test_every_landed_row_is_an_amendment_or_a_rejection_and_never_both(landed: dict[str, Any]) -> None:
    given_rows = _landed_rows(_documents(landed))
    result = resolve(_documents(landed))
    kept = {(row["landed_dataset"], row["landed_file"], row["landed_row"]) for row in result.rows}
    out = {(item.dataset, item.file, item.row) for items in result.rejections.values() for item in items}
    assert kept & out == set()
    headers = {key for key in given_rows if key[0] == "credit_notes"}
    # a sound credit note is there as its lines
    assert given_rows.keys() - kept - out <= headers
    assert (kept | out) - given_rows.keys() == set()
    spoken_for = {row["document_id"] for row in result.rows if row["event"] == "CREDIT_NOTE"}
    out_notes = {id_ for _, dataset, id_, _ in result.reasons if dataset == "credit_notes"}
    assert {note["id"] for note in landed["credit_notes"]} <= spoken_for | out_notes


@law
@given(landed=_landed(), seed=st.integers(0, 2**16))
def test_neither_the_order_of_rows_nor_the_names_of_files_change_anything(landed: dict[str, Any], seed: int) -> None:
    before = resolve(_documents(landed))
    shuffled = {name: random.Random(seed).sample(rows, len(rows)) for name, rows in landed.items()}
    after = resolve(_documents(shuffled, file="a-later-delivery"))
    assert _said(after) == _said(before)
    assert sorted(after.reasons) == sorted(before.reasons)


def _said(result: Resolved) -> list[dict[str, Any]]:
    """All rows in their order, but for where they landed."""
    place = {"landed_file", "landed_row"}
    return [{name: value for name, value in row.items() if name not in place} for row in result.rows]


@law
@given(landed=_landed())
def test_no_obligation_is_credited_or_released_beyond_its_amount(landed: dict[str, Any]) -> None:
    amounts = {
        row["obligation_id"]: row["allocated_minor"]
        for batches in _documents(landed).lines.values()
        for batch in batches
        for row in batch.to_pylist()
        if row["disposition"] == "RECOGNIZED"
    }
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for row in resolve(_documents(landed)).rows:
        if row["disposition"] == "APPLIED":
            kind = "CREDIT_NOTE" if row["event"] == "CREDIT_NOTE" else "RELEASE"
            totals[row["obligation_id"], kind] += row["amount_minor"]
    for (obligation, _), total in totals.items():
        assert min(0, amounts[obligation]) <= total <= max(0, amounts[obligation])


@law
@given(landed=_landed())
def test_the_parts_of_a_credit_note_line_add_up_to_it(landed: dict[str, Any]) -> None:
    parts: dict[tuple[str, int], int] = defaultdict(int)
    for row in resolve(_documents(landed)).rows:
        if row["disposition"] == "APPLIED" and row["event"] == "CREDIT_NOTE":
            parts[row["landed_file"], row["landed_row"]] += row["amount_minor"]
    batches = [batch for month in _documents(landed).credit_note_line_items.values() for batch in month]
    rows = [row for batch in batches for row in batch.to_pylist()]
    lines = {(row["landed_file"], row["landed_row"]): row["net_total"] for row in rows}
    assert {key: f"{total / 100:.2f}" for key, total in parts.items()} == {key: lines[key] for key in parts}


def test_the_rows_have_the_tables_schema_even_where_there_are_none() -> None:
    result = resolve(documents(usage="id | amount\nu1 | 1.00\nu2 | 2.00"))
    assert [batch.schema for batches in result.batches.values() for batch in batches] == [tables.AMENDMENTS]
    assert resolve(documents()).rows == []


def test_a_rejected_row_is_reported_with_its_fields_as_they_landed() -> None:
    result = resolve(documents(credit_notes="id | amount | customer_id\ncn | 5.10 | nobody"))
    assert result.rejections["2025-03"][0].record == {
        "id": "cn",
        "credit_note_number": "CN",
        "customer_id": "nobody",
        "invoice_id": None,
        "status": "SENT",
        "currency": "USD",
        "accounting_date": "2025-03-01",
        "net_total": "5.10",
        "updated_at": "2025-03-01T00:00:00Z",
    }


def test_lines_are_read_once_as_a_stream_and_only_those_referred_to_are_kept() -> None:
    read = Counter[str]()

    def stream(month: str, batches: list[pa.RecordBatch]) -> Any:
        for batch in batches:
            read[month] += 1
            yield batch

    given = documents(lines=LINES, note_lines="id | line | amount\nc1 | l3 | 4.00")
    streams = {month: stream(month, list(batches)) for month, batches in given.lines.items()}
    rows = resolve(dataclasses.replace(given, lines=streams)).rows
    assert read == {"2025-01": 1, "2025-02": 1}
    assert {row["obligation_id"] for row in rows} == {"inv/l1", "inv/l2"}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [({}, False), (dict.fromkeys(AMENDING_DATASETS, 0), False), ({"usage": 1}, True), ({"invoices": 5}, False)],
    ids=["nothing", "empty datasets", "usage", "only invoices"],
)
def test_there_is_something_to_resolve_where_any_other_document_landed(rows: dict[str, int], expected: bool) -> None:
    assert any_documents(rows) is expected


def test_months_may_be_read_side_by_side() -> None:
    usage = "id | amount | period_end\nu1 | 1.00 | 2025-01-31\nu2 | 2.00 | 2025-02-28"
    with duckdb.connect() as connection:
        resolver = AmendmentResolver(connection, documents(usage=usage))
        january, february = resolver.amendments("2025-01"), resolver.amendments("2025-02")
        read = [next(february)["document_id"], next(january)["document_id"]]
        assert [column.to_pylist() for column in read] == [["u2"], ["u1"]]
        assert resolver.months == ["2025-01", "2025-02"]
        assert list(resolver.amendments("2025-03")) == []
