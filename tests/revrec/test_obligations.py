"""Obligations: every recognized line, numbered, under the policy version in force on its date."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from revrec import tables
from revrec.obligations import obligations, versions_in_force
from revrec.policy import Policy
from tests.builders import allocate, documents
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
