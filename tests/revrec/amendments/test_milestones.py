"""Milestones: what each completion releases of its line (SPEC 2, MILESTONE)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.amendments import RejectedDocument
from revrec.amendments.milestone_releases import Completion, Line, releases
from tests.revrec.amendments.builders import Cells, documents
from tests.revrec.amendments.resolved import resolve

PROJECT = "line | product | method    | amount\nl1   | project | MILESTONE | 100.00"


def test_a_milestone_releases_its_part_on_the_day_it_was_completed() -> None:
    result = resolve(documents(lines=PROJECT, milestones="id | percent | completed_on\nm1 | 25 | 2025-04-05"))
    (row,) = result.rows
    assert {name: str(value) for name, value in row.items() if value is not None} == {
        "home": "2025-01",
        "event": "MILESTONE",
        "disposition": "APPLIED",
        "reason": "",
        "obligation_id": "inv/l1",
        "line_id": "l1",
        "event_date": "2025-04-05",
        "amount_minor": "2500",
        "entity": "default",
        "currency": "USD",
        "customer_id": "acme",
        "product_id": "project",
        "invoice_id": "inv",
        "invoice_number": "INV",
        "document_id": "m1",
        "document_number": "m1",
        "row_id": "m1",
        "landed_dataset": "milestones",
        "landed_file": "landing/milestones/2025-04/rows.csv",
        "landed_row": "2",
    }


@pytest.mark.parametrize(
    ("net", "allocated", "parts", "released"),
    [
        (10_000, 10_000, ["50%", "50%"], [5_000, 5_000]),
        (100, 100, ["33.333333%", "33.333333%", "33.333334%"], [33, 34, 33]),
        (10_000, 10_000, [3_000, "50%", 2_000], [3_000, 5_000, 2_000]),
        (10_000, 9_000, [3_000, 7_000], [2_700, 6_300]),
        (10_000, 9_999, [5_000, 5_000], [5_000, 4_999]),
        (-10_000, -10_000, ["12.5%", -2_500], [-1_250, -2_500]),
        (3, 3, ["50%", 1], [2, 1]),
        (1, 1, ["50%", "49%"], [1, 0]),
        (3, 3, ["10%", "10%"], [0, 1]),
        (0, 500, ["40%", "60%"], [200, 300]),
    ],
    ids=[
        "percentages",
        "thirds",
        "both",
        "a discount",
        "a discount of a cent",
        "a credit",
        "half up, then no more than all",
        "all before the last",
        "rounds to nothing at first",
        "a line that gets everything by allocation",
    ],
)
def test_parts_accumulate_exactly(net: int, allocated: int, parts: list[str | int], released: list[int]) -> None:
    line = Line("l1", "USD", net, allocated)
    assert [release.amount_minor for release in releases(line, _completions(parts))] == released


def _completions(parts: list[str | int]) -> list[Completion]:
    return [
        Completion(amount_minor=part) if isinstance(part, int) else Completion(percent=part.removesuffix("%"))
        for part in parts
    ]


@given(
    net=st.integers(1, 10**14 - 1),
    discount=st.integers(0, 99),
    weights=st.lists(st.integers(1, 100), min_size=1, max_size=12),
    as_percent=st.lists(st.booleans(), min_size=12, max_size=12),
    sign=st.sampled_from([1, -1]),
)
def test_whatever_completes_a_line_releases_it_to_the_unit_and_never_more_before(
    net: int, discount: int, weights: list[int], as_percent: list[bool], sign: int
) -> None:
    allocated = max(net * (100 - discount) // 100, 1)
    parts, left = list[str | int](), 100
    for weight, percent in zip(weights, as_percent, strict=False):
        share = min(weight, left)
        left -= share
        if share:
            parts.append(f"{share}%" if percent or net * share % 100 else sign * net * share // 100)
    if left:
        parts.append(f"{left}%")
    amounts = [
        release.amount_minor
        for release in releases(Line("l", "USD", sign * net, sign * allocated), _completions(parts))
    ]
    assert None not in amounts
    running = [sum(amount or 0 for amount in amounts[: place + 1]) * sign for place in range(len(amounts))]
    assert running == sorted(running)
    assert running[-1] == allocated


def test_completions_count_in_order_of_their_dates_whenever_they_landed() -> None:
    landed = documents(
        lines=PROJECT,
        milestones="""
        id  | month   | percent | amount | completed_on
        m10 | 2025-02 | 60      |        | 2025-06-30
        m9  | 2025-07 |         | 50.00  | 2025-06-30
        m1  | 2025-08 |         | 50.00  | 2025-07-01
        m2  | 2025-09 | 50.5    |        | 2025-07-02
        """,
    )
    result = resolve(landed)
    assert result.table("document_id", "amount") == [("m9", "50.00"), ("m1", "50.00")]
    assert result.faults == {
        "m10": "it releases 60% of invoice line l1 (100.00 USD), of which 50% is left",
        "m2": "it releases 50.5% of invoice line l1 (100.00 USD), of which 0% is left",
    }
    assert {home for home, *_ in result.reasons} == {"2025-01"}


def test_an_amount_beyond_the_line_is_named_with_what_is_left() -> None:
    milestones = "id | percent | amount | completed_on\nm1 | 70 | | 2025-02-01\nm2 | | 30.01 | 2025-03-01"
    assert resolve(documents(lines=PROJECT, milestones=milestones)).faults == {
        "m2": "it releases 30.01 USD of invoice line l1 (100.00 USD), of which 30.00 is left"
    }


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({}, "the milestone has neither amount nor percent"),
        ({"amount": "1.00", "percent": "1"}, "the milestone has both amount 1.00 and percent 1"),
        ({"amount": "0.00"}, "the milestone has the amount 0"),
        ({"amount": "-1.00"}, "amount -1.00 has not the sign of invoice line l1, which is 100.00 USD"),
        ({"amount": "1.001"}, "amount 1.001 has more decimals than USD has (2)"),
        ({"amount": "9" * 14}, f"amount {'9' * 14} is beyond the largest amount revrec computes exactly"),
        ({"percent": "0"}, "percent 0 is not more than 0 and at most 100"),
        ({"percent": "-5"}, "percent -5 is not more than 0 and at most 100"),
        ({"percent": "100.000001"}, "percent 100.000001 is not more than 0 and at most 100"),
        ({"percent": "0.0000001"}, "percent 0.0000001 has more than 6 decimals"),
        ({"percent": "5", "line": "l9"}, "there is no invoice line l9"),
        ({"percent": "5", "line": "l2"}, "invoice line l2 is not recognized by MILESTONE but by STRAIGHT_LINE"),
        ({"percent": "5", "line": "l3"}, "invoice line l3 is not recognized by MILESTONE but by the lines it lowers"),
        ({"percent": "5", "line": "q1"}, "its invoice line q1 is in quarantine: no date"),
        ({"percent": "5", "line": "twice"}, "invoice line twice stands on 2 invoices"),
        ({"amount": "5.00", "line": "free"}, "invoice line free has the amount 0"),
    ],
)
def test_a_milestone_that_cannot_be_is_rejected(cells: dict[str, str], reason: str) -> None:
    lines = f"""{PROJECT}
    l2    | platform | STRAIGHT_LINE | 5.00
    twice | project  | MILESTONE     | 5.00
    """
    extra: list[Cells] = [
        {"line": "l3", "product": None, "method": None, "disposition": "ALLOCATED"},
        {"line": "twice", "invoice": "other", "method": "MILESTONE", "amount": "5.00"},
        {"line": "free", "method": "MILESTONE", "amount": "5.00", "net": "0.00"},
    ]
    given = documents(lines=lines).lines["2025-01"], documents(lines=extra).lines["2025-01"]
    landed = documents(
        milestones=[{"id": "m1", "completed_on": "2025-02-01", **cells}],
        rejected={"invoice_line_items": [RejectedDocument("2025-01", {"id": "q1"}, "no date")]},
    )
    assert isinstance(landed.lines, dict)
    landed.lines["2025-01"] = [batch for batches in given for batch in batches]
    result = resolve(landed)
    assert result.rows == []
    assert result.faults == {"m1": reason}


@pytest.mark.parametrize(
    ("disposition", "why", "voided", "outcome"),
    [
        ("NOT_POSTED", "invoice is DRAFT", None, ("NOT_POSTED", "invoice is DRAFT", None, "0.00")),
        ("NOTHING_TO_RECOGNIZE", "its amount is 0", None, ("NOTHING_TO_RECOGNIZE", "its amount is 0", None, "0.00")),
        ("RECOGNIZED", "", "2025-02-15", ("APPLIED", "", "inv/l1", "100.00")),
    ],
    ids=["a draft", "a line of nothing", "a void"],
)
def test_a_milestone_follows_its_line(
    disposition: str, why: str, voided: str | None, outcome: tuple[str | None, ...]
) -> None:
    line = {
        "line": "l1",
        "method": "MILESTONE",
        "amount": "100.00",
        "disposition": disposition,
        "reason": why,
        "voided_on": voided,
    }
    result = resolve(documents(lines=[line], milestones="id | percent | completed_on\nm1 | 100 | 2025-03-01"))
    assert result.table("home", "disposition", "reason", "obligation_id", "amount") == [("2025-01", *outcome)]


def test_what_rounds_to_nothing_is_released_by_the_next() -> None:
    lines = "line | method | amount\nl1 | MILESTONE | 0.03"
    milestones = "id | percent | completed_on\nm1 | 10 | 2025-02-01\nm2 | 10 | 2025-02-02"
    assert resolve(documents(lines=lines, milestones=milestones)).table(
        "row_id", "disposition", "amount", "reason"
    ) == [
        ("m2", "APPLIED", "0.01", ""),
        ("m1", "NOTHING_TO_RECOGNIZE", "0.00", "rounds to nothing: a later milestone of the line releases it"),
    ]


def test_of_a_milestone_in_two_months_the_later_month_counts() -> None:
    milestones = """
    id | month   | percent | completed_on
    m1 | 2025-02 | 100     | 2025-02-01
    m1 | 2025-03 | 40      | 2025-02-01
    """
    result = resolve(documents(lines=PROJECT, milestones=milestones))
    assert result.table("home", "disposition", "reason", "amount") == [
        ("2025-01", "APPLIED", "", "40.00"),
        ("2025-02", "SUPERSEDED", "a later version of the milestone landed in 2025-03", "0.00"),
    ]


def test_a_later_milestone_in_quarantine_keeps_the_earlier_one_out() -> None:
    milestones = "id | percent | completed_on\nm1 | 40 | 2025-02-01"
    later = resolve(
        documents(
            lines=PROJECT,
            milestones=milestones,
            rejected={"milestones": [RejectedDocument("2025-03", {"id": "m1"}, "bad")]},
        )
    )
    assert later.table("home", "disposition") == [("2025-02", "SUPERSEDED")]
    same = resolve(
        documents(
            lines=PROJECT,
            milestones=milestones,
            rejected={"milestones": [RejectedDocument("2025-02", {"id": "m1"}, "bad")]},
        )
    )
    assert same.faults == {"m1": "a later version of the milestone is in quarantine: bad"}
