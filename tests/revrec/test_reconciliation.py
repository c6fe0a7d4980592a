"""Reconciliations of a document month: sound books tie, and each way they can be broken is seen."""

from typing import Any

import duckdb
import pyarrow as pa
import pytest

from revrec import reconciliation, tables
from revrec.schedules import recognized_schedules
from tests.breakages import Breakage, Rows, also, changed, reconciled, source, twice, without
from tests.builders import Obligation, allocate, documents, obligation_batch

TEXT, NUMBER = pa.string(), pa.int64()
LINE = pa.schema([("id", TEXT), ("kind", TEXT), ("landed_file", TEXT), ("landed_row", NUMBER)])
ALLOCATION = pa.schema([("line_id", TEXT), ("disposition", TEXT), ("reason", TEXT)])
LINE_OBLIGATION = pa.schema([("line_id", TEXT)])
REJECTED = pa.schema([("landed_file", TEXT), ("landed_row", NUMBER)])

# One recognized, one netted, one in quarantine, a minimum fee in two parts.
LINES: dict[str, tuple[Rows, pa.Schema]] = {
    "lines": (
        [
            {"id": f"l{row}", "kind": kind, "landed_file": "a.csv", "landed_row": row}
            for row, kind in enumerate(("CHARGE", "DISCOUNT", "CHARGE", "MINIMUM_FEE"), start=2)
        ],
        LINE,
    ),
    "allocations": (
        [
            {"line_id": "l2", "disposition": "RECOGNIZED", "reason": ""},
            {"line_id": "l3", "disposition": "NETTED", "reason": "netted into l2"},
            {"line_id": "l5", "disposition": "RECOGNIZED", "reason": ""},
            {"line_id": "l5", "disposition": "RECOGNIZED", "reason": ""},
        ],
        ALLOCATION,
    ),
    "obligations": ([{"line_id": "l2"}, {"line_id": "l5"}, {"line_id": "l5"}], LINE_OBLIGATION),
    "rejected": ([{"landed_file": "a.csv", "landed_row": 4}, {"landed_file": "a.csv", "landed_row": 4}], REJECTED),
}
ACCOUNTED = {
    "lines": 4,
    "with_obligation": 2,
    "excluded": 1,
    "quarantined": 1,
    "unaccounted": 0,
    "accounted_twice": 0,
    "without_reason": 0,
    "never_landed": 0,
}


def lines_accounted_for(table: str = "", breakage: Breakage = lambda rows: rows) -> dict[str, int]:
    sources = [source(breakage(rows) if name == table else rows, schema) for name, (rows, schema) in LINES.items()]
    [counts] = reconciled(accounted_for.lines_accounted_for, *sources)
    return counts


def test_sound_lines_are_each_accounted_for_once() -> None:
    assert lines_accounted_for() == ACCOUNTED


@pytest.mark.parametrize(
    ("table", "breakage", "figure"),
    [
        pytest.param("obligations", without(0), "unaccounted", id="an obligation is lost"),
        pytest.param("allocations", without(1), "unaccounted", id="an exclusion is lost"),
        pytest.param("rejected", lambda rows: [], "unaccounted", id="a row in quarantine is lost"),
        pytest.param("obligations", twice(0), "accounted_twice", id="an obligation stands twice"),
        pytest.param("allocations", twice(1), "accounted_twice", id="an exclusion stands twice"),
        pytest.param("obligations", without(2), "unaccounted", id="a part of a minimum fee is lost"),
        pytest.param("obligations", twice(2), "accounted_twice", id="a part of a minimum fee stands twice"),
        pytest.param("lines", changed(3, kind="CHARGE"), "accounted_twice", id="parts of what is not a minimum fee"),
        pytest.param(
            "obligations",
            lambda rows: [row for row in rows if row["line_id"] != "l5"],
            "unaccounted",
            id="all of a minimum fee is lost",
        ),
        pytest.param("obligations", also(line_id="l3"), "accounted_twice", id="excluded and recognized all the same"),
        pytest.param("rejected", also(landed_row=2), "accounted_twice", id="in quarantine and recognized all the same"),
        pytest.param("allocations", changed(1, reason=""), "without_reason", id="an exclusion without a reason"),
        pytest.param("obligations", also(line_id="l9"), "never_landed", id="an obligation of a line nobody landed"),
        pytest.param("allocations", also(line_id="l9"), "never_landed", id="an allocation of a line nobody landed"),
    ],
)
def test_a_line_that_is_not_accounted_for_once_is_seen(table: str, breakage: Breakage, figure: str) -> None:
    counts = lines_accounted_for(table, breakage)
    laws = ("unaccounted", "accounted_twice", "without_reason", "never_landed")
    assert {name: counts[name] for name in laws} == dict.fromkeys(laws, 0) | {figure: 1}


def test_no_lines_are_all_accounted_for() -> None:
    empty = [source([], schema) for _, schema in LINES.values()]
    assert reconciled(accounted_for.lines_accounted_for, *empty) == [dict.fromkeys(ACCOUNTED, 0)]


INVOICE = pa.schema(
    [
        ("entity_id", TEXT),
        ("currency", TEXT),
        ("status", TEXT),
        ("net_total_minor", NUMBER),
        ("landed_file", TEXT),
        ("landed_row", NUMBER),
    ]
)
OBLIGATION = pa.schema(
    [("obligation_no", NUMBER), ("entity", TEXT), ("currency", TEXT), ("amount_minor", NUMBER)],
)


def invoice(row: int, total: int, **fields: object) -> dict[str, Any]:
    common = {"entity_id": None, "currency": "USD", "status": "SENT", "landed_file": "i.csv"}
    return {**common, "net_total_minor": total, "landed_row": row, **fields}


def obligation(number: int, amount: int, **fields: object) -> dict[str, Any]:
    return {"obligation_no": number, "entity": "default", "currency": "USD", "amount_minor": amount, **fields}


# Two that post, a draft, one in quarantine, and one of another ledger.
INVOICED = [
    invoice(2, 100_00),
    invoice(3, 50_00, status="PAID", entity_id="default"),
    invoice(4, 7_00, status="DRAFT"),
    invoice(5, 9_00),
    invoice(6, 100, currency="JPY"),
]
OBLIGED = [obligation(0, 60_00), obligation(1, 40_00), obligation(2, 50_00), obligation(3, 100, currency="JPY")]


def obligations_and_invoices(invoices: Rows, obligations: Rows) -> dict[str, tuple[int, int]]:
    """Per ledger, invoiced and obliged."""
    rejected = source([{"landed_file": "i.csv", "landed_row": 5}], REJECTED)
    table = reconciled(
        reconciliation.obligations_and_invoices,
        source(invoices, INVOICE),
        source(obligations, OBLIGATION),
        rejected,
        ["SENT", "PAID"],
    )
    return {f"{row['entity']}-{row['currency']}": (row["invoiced_minor"], row["obligations_minor"]) for row in table}


def test_obligations_are_the_invoices_that_post_per_ledger() -> None:
    sound = {"default-JPY": (100, 100), "default-USD": (150_00, 150_00)}
    assert obligations_and_invoices(INVOICED, OBLIGED) == sound


@pytest.mark.parametrize(
    ("invoices", "obligations", "ledger", "figures"),
    [
        pytest.param(
            INVOICED, changed(0, amount_minor=60_01)(OBLIGED), "default-USD", (150_00, 150_01), id="a cent more"
        ),
        pytest.param(INVOICED, without(3)(OBLIGED), "default-JPY", (100, 0), id="an obligation is lost"),
        pytest.param(without(4)(INVOICED), OBLIGED, "default-JPY", (0, 100), id="an obligation of no invoice"),
        pytest.param(
            changed(2, status="SENT")(INVOICED), OBLIGED, "default-USD", (157_00, 150_00), id="a draft is sent"
        ),
        pytest.param(INVOICED, changed(2, entity="eu")(OBLIGED), "eu-USD", (0, 50_00), id="in another entity's ledger"),
        pytest.param(
            INVOICED, changed(3, currency="EUR")(OBLIGED), "default-EUR", (0, 100), id="in another currency's"
        ),
    ],
)
def test_obligations_that_are_not_the_invoices_are_seen(
    invoices: Rows, obligations: Rows, ledger: str, figures: tuple[int, int]
) -> None:
    assert obligations_and_invoices(invoices, obligations)[ledger] == figures


RUN = pa.schema(
    [("obligation_no", NUMBER), ("kind", TEXT), ("days", NUMBER), ("amount_minor", NUMBER), ("daily_minor", NUMBER)]
)
SCHEDULED = (Obligation(365_00, accounting="2025-03-10"), Obligation(-31_07, end="2025-01-31"))


def sound_runs() -> Rows:
    untouched = (tables.OBLIGATIONS.empty_table(), tables.AMENDMENTS.empty_table())
    [(_, batch)] = recognized_schedules([obligation_batch(*SCHEDULED)], *untouched)
    return batch.select(RUN.names).to_pylist()  # type: ignore[no-any-return]  # pyarrow ships no types


def runs_and_obligations(breakage: Breakage = lambda rows: rows) -> Rows:
    obligations = [obligation(number, item.amount) for number, item in enumerate(SCHEDULED)]
    return reconciled(
        reconciliation.runs_and_obligations, source(breakage(sound_runs()), RUN), source(obligations, OBLIGATION)
    )


def test_sound_runs_bill_and_earn_each_obligation_in_full() -> None:
    total = 365_00 - 31_07
    assert runs_and_obligations() == [
        {
            "entity": "default",
            "currency": "USD",
            "amount_minor": total,
            "billed_minor": total,
            "earned_minor": total,
            "broken_obligations": 0,
        }
    ]


def _moved_to_the_other_obligation(rows: Rows) -> Rows:
    """The ledger's totals stay as they are."""
    return [row | {"obligation_no": 1 - row["obligation_no"]} if at == 0 else row for at, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("breakage", "broken"),
    [
        pytest.param(without(0), 1, id="a run is lost"),
        pytest.param(twice(0), 1, id="a run stands twice"),
        pytest.param(lambda rows: changed(0, amount_minor=rows[0]["amount_minor"] + 1)(rows), 1, id="a cent more"),
        pytest.param(changed(0, kind="BILLED_DEFERRED"), 1, id="billed for earned"),
        pytest.param(_moved_to_the_other_obligation, 2, id="a run of another obligation, the totals tie"),
        pytest.param(lambda rows: [row for row in rows if row["obligation_no"]], 1, id="no runs at all"),
        pytest.param(changed(0, days=0), 1, id="a run of no days"),
        pytest.param(
            lambda rows: changed(0, daily_minor=-rows[0]["daily_minor"])(rows), 1, id="days of the other sign"
        ),
        pytest.param(
            lambda rows: changed(0, daily_minor=rows[0]["amount_minor"])(rows), 1, id="a last day of the other sign"
        ),
    ],
)
def test_an_obligation_that_its_runs_do_not_make_is_seen_by_itself(breakage: Breakage, broken: int) -> None:
    assert sum(row["broken_obligations"] for row in runs_and_obligations(breakage)) == broken


def test_a_run_without_an_obligation_is_seen() -> None:
    stray = runs_and_obligations(also(obligation_no=9, kind="EARNED_DEFERRED", amount_minor=5, daily_minor=5, days=1))
    assert {"amount_minor": 0, "earned_minor": 5, "broken_obligations": 1}.items() <= stray[-1].items()
    assert stray[-1]["entity"] is None


def test_obligations_that_do_not_fit_are_refused_rather_than_wrapped() -> None:
    largest = 2**63 - 1
    with pytest.raises(duckdb.ConversionException):
        obligations_and_invoices(INVOICED, [obligation(0, largest), obligation(1, largest)])


def test_the_chain_from_documents_to_obligations_ties() -> None:
    landed = documents(
        """
        line | invoice | group | product  | amount  | kind
        l1   | sent    | a     | platform | 1200.00 | CHARGE
        l2   | sent    | a     | platform | -120.00 | DISCOUNT
        l3   | sent    | b     |          | -80.01  | DISCOUNT
        l4   | draft   | a     | platform | 300.00  | CHARGE
        l5   | bad     | a     | legacy   | 10.00   | CHARGE
        l6   | topped  | a     | api      | 30.00   | CHARGE
        l7   | topped  | a     | support  | 10.00   | CHARGE
        l8   | topped  | a     |          | 20.00   | MINIMUM_FEE
        """,
        invoices={"draft": {"status": "DRAFT"}},
    )
    result = allocate(landed)
    allocations = list(result.rows.values())
    recognized = [row for row in allocations if row["disposition"] == "RECOGNIZED"]
    rejected = [
        {"landed_file": item.file, "landed_row": item.row}
        for item in result.rejections
        if item.dataset == "invoice_line_items"
    ]
    lines = next(iter(landed.lines)).to_pylist()
    [counts] = reconciled(
        accounted_for.lines_accounted_for,
        source([{name: row[name] for name in LINE.names} for row in lines], LINE),
        source([{name: row[name] for name in ALLOCATION.names} for row in allocations], ALLOCATION),
        source([{"line_id": row["line_id"]} for row in recognized], LINE_OBLIGATION),
        source(rejected, REJECTED),
    )
    assert counts == ACCOUNTED | {"lines": 8, "with_obligation": 4, "excluded": 3}
