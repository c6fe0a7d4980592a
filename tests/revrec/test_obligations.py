"""Obligations: every recognized line, numbered, under the policy version in force on its date."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from revrec import tables
from revrec.obligations import obligations, versions_in_force
from revrec.policy import Policy
from tests.builders import allocate, documents, policy
from tests.schedule_builders import amendments

VERSIONS = Policy.model_validate(
    {
        "versions": [
            {"effective_from": "2024-01-01", "allocation_strategy": "exact_days"},
            {"effective_from": "2025-01-10", "residue": "last_full_month"},
            {"effective_from": "2025-01-20", "allocation_strategy": "even_periods"},
        ]
    }
)


def obliged(lines: str, rules: Policy, **invoices: str) -> list[dict[str, object]]:
    """Rows of the obligations of these lines; invoice ids with their accounting dates."""
    landed = documents(lines, invoices={id_: {"accounting_date": date} for id_, date in invoices.items()})
    batches = obligations(allocate(landed).batches, amendments(), rules, "run-1")
    return [row for batch in batches for row in batch.to_pylist()]


def test_an_obligation_carries_the_terms_of_its_line_and_of_the_policy() -> None:
    [row] = obliged("line | invoice | amount\nl1 | inv | 12.00", Policy(), inv="2025-01-15")
    assert row == {
        "obligation_no": 0,
        "obligation_id": "inv/l1",
        "entity": "default",
        "currency": "USD",
        "customer_id": "acme",
        "product_id": "platform",
        "contract_id": None,
        "invoice_id": "inv",
        "invoice_number": "INV",
        "credit_note_id": None,
        "credit_note_number": None,
        "line_id": "l1",
        "source": "INVOICE",
        "effect": "OBLIGATION",
        "recognition_method": "STRAIGHT_LINE",
        "service_start": dt.date(2025, 1, 1),
        "service_end": dt.date(2025, 12, 31),
        "recognition_date": None,
        "accounting_date": dt.date(2025, 1, 15),
        "posting_floor": None,
        "amount_minor": 1200,
        "allocation_strategy": "daily_rate_even_months",
        "residue": "last_month",
        "policy_effective_from": dt.date(2000, 1, 1),
        "run_id": "run-1",
        "landed_file": "landing/invoice_line_items/2025-01/lines.csv",
        "landed_row": 2,
    }


def test_only_lines_with_something_to_recognize_become_obligations() -> None:
    rows = obliged(
        """
        line | group | product  | amount
        l1   | a     | platform | 100.00
        l2   | a     | platform | -30.00
        l3   | b     | support  | 50.00
        l4   | b     | support  | -50.00
        """,
        Policy(),
    )
    assert [(row["obligation_id"], row["amount_minor"]) for row in rows] == [("inv/l1", 7_000)]


@pytest.mark.parametrize(
    ("date", "effective_from", "strategy", "residue"),
    [
        ("2023-06-30", "2024-01-01", "exact_days", "last_month"),
        ("2024-01-01", "2024-01-01", "exact_days", "last_month"),
        ("2025-01-09", "2024-01-01", "exact_days", "last_month"),
        ("2025-01-10", "2025-01-10", "daily_rate_even_months", "last_full_month"),
        ("2025-01-20", "2025-01-20", "even_periods", "last_month"),
        ("2030-01-01", "2025-01-20", "even_periods", "last_month"),
    ],
    ids=["before all", "first day", "day before the next", "first day of the next", "of the last", "ever after"],
)
def test_the_version_in_force_on_the_accounting_date_applies(
    date: str, effective_from: str, strategy: str, residue: str
) -> None:
    [row] = obliged("line | invoice | amount\nl1 | inv | 1.00", VERSIONS, inv=date)
    assert row["policy_effective_from"] == dt.date.fromisoformat(effective_from)
    assert (row["allocation_strategy"], row["residue"]) == (strategy, residue)


def test_documents_of_one_month_can_follow_different_versions() -> None:
    dates = np.array(["2025-01-09", "2025-01-25", "2025-01-10", "2020-01-01"], dtype="datetime64[D]")
    assert versions_in_force(dates, VERSIONS).tolist() == [0, 2, 1, 0]


def test_numbers_count_on_over_batches_and_over_lines_that_are_no_obligations() -> None:
    landed = documents(
        """
        line | invoice | amount
        l1   | a       | 1.00
        l2   | b       | 0.00
        l3   | c       | 3.00
        l4   | d       | 4.00
        """
    )
    whole = pa.Table.from_batches(allocate(landed).batches).combine_chunks().to_batches()[0]
    cut = [whole.slice(0, 2), whole.slice(2, 0), whole.slice(2)]
    batches = list(obligations(cut, amendments(), Policy(), "run"))
    assert [batch["obligation_no"].to_pylist() for batch in batches] == [[0], [1, 2]]
    assert [batch["line_id"].to_pylist() for batch in batches] == [["l1"], ["l3", "l4"]]
    assert all(batch.schema.equals(tables.OBLIGATIONS) for batch in batches)


def test_no_lines_make_no_obligations() -> None:
    assert list(obligations([], amendments(), Policy(), "run")) == []


# --- other documents --------------------------------------------------------------------------------------------------

LINES = "line | invoice | amount\nl1 | inv | 12.00\nl2 | inv | 24.00"


def told(given: str = "", lines: str = LINES, rules: Policy | None = None, **invoice: str) -> list[tuple[object, ...]]:
    """Obligation id, effect, source, amount and day of every row but those of the lines themselves."""
    landed = documents(lines, invoices={"inv": invoice} if invoice else None)
    batches = list(obligations(allocate(landed).batches, amendments(given), rules or Policy(), "run"))
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert [row["obligation_no"] for row in rows] == list(range(len(rows))), "numbered from 0 without a gap"
    assert all(batch.schema.equals(tables.OBLIGATIONS) for batch in batches)
    return [
        (row["obligation_id"], row["effect"], row["source"], row["amount_minor"], str(row["accounting_date"]))
        for row in rows
        if (row["effect"], row["source"]) != ("OBLIGATION", "INVOICE")
    ]


def test_the_lines_of_a_credit_note_are_added_up_per_obligation() -> None:
    rows = told(
        """
        document | obligation | date       | amount | mode
        cn_1     | inv/l1     | 2025-06-01 | 100    | cancel
        cn_1     | inv/l2     | 2025-06-01 | 7      | cancel
        cn_1     | inv/l1     | 2025-06-01 | 50     | cancel
        cn_2     | inv/l1     | 2025-07-01 | 30     | adjust
        cn_3     | inv/l2     | 2025-07-02 | 0      | cancel
        """
    )
    assert rows == [
        ("inv/l1", "CANCEL", "CREDIT_NOTE", -150, "2025-06-01"),
        ("inv/l2", "CANCEL", "CREDIT_NOTE", -7, "2025-06-01"),
        ("inv/l1", "ADJUST", "CREDIT_NOTE", -30, "2025-07-01"),
    ]


def test_a_credit_note_names_itself_and_the_row_it_landed_in() -> None:
    given = amendments("document | obligation | date | amount | mode\ncn_1 | inv/l1 | 2025-06-01 | 100 | cancel")
    *_, batch = obligations(allocate(documents(LINES)).batches, given, Policy(), "run")
    [row] = batch.to_pylist()
    expected = {"credit_note_id": "cn_1", "credit_note_number": "CN_1", "invoice_id": "inv", "line_id": "row_2"}
    assert {**expected, "landed_file": "notes.csv", "landed_row": 2}.items() <= row.items()


@pytest.mark.parametrize("disposition", ["NOT_POSTED", "SUPERSEDED", "NOTHING_TO_RECOGNIZE"])
def test_a_document_that_bears_on_nothing_makes_no_obligation(disposition: str) -> None:
    given = f"disposition | obligation | date | amount\n{disposition} | | 2025-06-01 | 100"
    assert told(given) == []


def test_a_void_takes_back_every_line_on_its_day() -> None:
    assert told(status="VOIDED", voided_at="2025-03-05T10:00:00Z") == [
        ("inv/l1", "VOID", "INVOICE", -1200, "2025-03-05"),
        ("inv/l2", "VOID", "INVOICE", -2400, "2025-03-05"),
    ]


# Two records of January's usage, one of February's that comes to nothing, and an instalment of a schedule.
ACCRUALS = """
    event    | disposition | obligation | date       | amount | line | invoice | method        | start      | end
    USAGE    | ACCRUED     | usage/jan  | 2025-01-31 | 100    |      |         | USAGE         | 2025-01-01 | 2025-01-31
    USAGE    | ACCRUED     | usage/jan  | 2025-01-31 | 11     |      |         | USAGE         | 2025-01-01 | 2025-01-31
    USAGE    | ACCRUED     | usage/feb  | 2025-02-28 | 5      |      |         | USAGE         | 2025-02-01 | 2025-02-28
    USAGE    | ACCRUED     | usage/feb  | 2025-02-28 | -5     |      |         | USAGE         | 2025-02-01 | 2025-02-28
    INSTALMENT | ACCRUED   | plan/jan   | 2025-01-31 | 70     |      |         | STRAIGHT_LINE | 2025-01-01 | 2025-01-31
"""
ACCRUED = [
    ("usage/jan", "OBLIGATION", "BILLING_SCHEDULE", 111, "None"),
    ("plan/jan", "OBLIGATION", "BILLING_SCHEDULE", 70, "None"),
]


def test_usage_of_one_period_is_one_accrual_that_no_invoice_bills() -> None:
    assert told(ACCRUALS) == ACCRUED


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        pytest.param([("2000-01-01", "custom_lock_date")], ACCRUED, id="of a lock date"),
        pytest.param([("2000-01-01", "accounting_date")], [], id="of the accounting date"),
        pytest.param(
            [("2000-01-01", "accounting_date"), ("2025-01-31", "custom_lock_date")],
            ACCRUED,
            id="of a lock date from the period's last day on",
        ),
        pytest.param(
            [("2000-01-01", "custom_lock_date"), ("2025-01-31", "accounting_date")],
            [],
            id="of the accounting date from the period's last day on",
        ),
    ],
)
def test_nothing_accrues_where_revenue_is_held_back_until_its_invoice(
    versions: list[tuple[str, str]], expected: list[tuple[object, ...]]
) -> None:
    rules = Policy.model_validate({"versions": [{"effective_from": day, "lock_method": m} for day, m in versions]})
    assert told(ACCRUALS, rules=rules) == expected


def test_standalone_notes_are_negative_obligations_one_per_line() -> None:
    given = """
        disposition | document | obligation | date       | amount | method        | invoice
        STANDALONE  | cn_1     | cn_1/a     | 2025-06-01 | 100    | POINT_IN_TIME |
        STANDALONE  | cn_1     | cn_1/b     | 2025-06-01 | 50     | POINT_IN_TIME |
    """
    assert told(given) == [
        ("cn_1/a", "OBLIGATION", "CREDIT_NOTE", -100, "2025-06-01"),
        ("cn_1/b", "OBLIGATION", "CREDIT_NOTE", -50, "2025-06-01"),
    ]


@pytest.mark.parametrize(
    ("method", "floor"),
    [("custom_lock_date", None), ("accounting_date", dt.date(2025, 6, 1))],
)
def test_a_standalone_note_posts_from_its_own_date_on_where_invoices_do(method: str, floor: dt.date | None) -> None:
    given = amendments(
        "disposition | document | obligation | date | amount\nSTANDALONE | cn_1 | cn_1/a | 2025-06-01 | 100"
    )
    [batch] = obligations([], given, policy(lock_method=method), "run")
    assert batch["posting_floor"].to_pylist() == [floor]


TAKEN_OVER = """
    event       | disposition | document | obligation | line | date       | amount | mode
    USAGE       | TAKEN_OVER  | u_1      | usage/jan  | l1   | 2025-01-31 | 700    |
    USAGE       | TAKEN_OVER  | u_2      | usage/jan  | l1   | 2025-01-31 | 500    |
    CREDIT_NOTE | APPLIED     | cn_1     | inv/l1     | l1   | 2025-06-01 | 100    | cancel
    CREDIT_NOTE | APPLIED     | cn_1     | inv/l2     | l2   | 2025-06-01 | 10     | cancel
"""


def test_a_line_goes_on_under_the_obligation_id_of_the_accrual_that_it_took_over_and_its_notes_with_it() -> None:
    batches = obligations(allocate(documents(LINES)).batches, amendments(TAKEN_OVER), Policy(), "run")
    rows = [
        (row["obligation_id"], row["line_id"], row["amount_minor"]) for batch in batches for row in batch.to_pylist()
    ]
    assert rows == [
        ("usage/jan", "l1", 1200),
        ("inv/l2", "l2", 2400),
        ("usage/jan", "row_4", -100),
        ("inv/l2", "row_5", -10),
    ]


def test_a_voided_line_that_took_over_an_accrual_is_reversed_under_its_id() -> None:
    taken = "\n".join(TAKEN_OVER.splitlines()[:4])
    voided = told(taken, status="VOIDED", voided_at="2025-03-05T10:00:00Z")
    assert [row[:2] for row in voided] == [("usage/jan", "VOID"), ("inv/l2", "VOID")]


@pytest.mark.parametrize(
    ("method", "floor"),
    [("custom_lock_date", None), ("accounting_date", dt.date(2025, 1, 15))],
)
def test_the_accounting_date_is_the_floor_of_an_invoice_where_the_policy_says_so(
    method: str, floor: dt.date | None
) -> None:
    rows = obliged(LINES, policy(lock_method=method), inv="2025-01-15")
    assert [row["posting_floor"] for row in rows] == [floor, floor]
