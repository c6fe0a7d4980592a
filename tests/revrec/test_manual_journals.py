"""Manual journals as values and as movements (SPEC 6)."""

import datetime as dt
import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.accounts import Account, Direction
from revrec.manual_journals import (
    MANUAL_MOVEMENTS,
    ManualEntry,
    ManualJournal,
    ManualJournalError,
    manual_movements,
    parse_manual_journals,
)
from revrec.money import to_text
from revrec.policy import Policy
from tests.closing_builders import manual_journal

FIRST = manual_journal()


@pytest.mark.parametrize(
    ("prepared_by", "approved_by"),
    [
        ("Ana", "Ana"),
        ("Ana", "ANA"),
        ("Ana Ruiz", " ana  ruiz\t"),
        ("AnaRuiz", "Ana Ruiz"),
        ("Strauß", "STRAUSS"),
        ("José", "Jose\u0301"),
        ("Ana\u00a0Ruiz", "Ana Ruiz"),
    ],
)
def test_nobody_approves_what_they_prepared(prepared_by: str, approved_by: str) -> None:
    with pytest.raises(ManualJournalError, match=r"manual journal 'MJ-1': .* are the same person"):
        replace(FIRST, prepared_by=prepared_by, approved_by=approved_by)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"entries": FIRST.entries[:2]}, "debits 100.00 and credits 60.50 USD differ by 39.50"),
        ({"entries": ()}, "entries hold no DEBIT"),
        ({"entries": (*FIRST.entries, ManualEntry(Direction.DEBIT, Account.BILLED, 0))}, "amount_minor 0 of DEBIT"),
        ({"entries": (*FIRST.entries, ManualEntry(Direction.DEBIT, Account.BILLED, -5))}, "amount_minor -5 of DEBIT"),
        ({"currency": "XXX"}, "currency 'XXX' is not an ISO 4217 code"),
    ],
)
def test_no_journal_exists_that_does_not_balance(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(ManualJournalError, match=f"manual journal 'MJ-1': .*{fault}"):
        replace(FIRST, **change)


def test_debits_are_matched_with_credits_in_order() -> None:
    journal = replace(
        FIRST,
        entries=(
            ManualEntry(Direction.DEBIT, Account.BILLED, 50),
            ManualEntry(Direction.CREDIT, Account.RECOGNIZED, 70),
            ManualEntry(Direction.DEBIT, Account.DEFERRED, 30),
            ManualEntry(Direction.CREDIT, Account.UNBILLED, 10),
        ),
    )
    found = manual_movements([journal])
    assert found.schema == MANUAL_MOVEMENTS
    columns = ("debit_account", "credit_account", "amount_minor")
    assert [tuple(row[name] for name in columns) for row in found.to_pylist()] == [
        ("billed", "recognized", 50),
        ("deferred", "recognized", 20),
        ("deferred", "unbilled", 10),
    ]


def test_movements_carry_what_their_journal_concerns_and_come_by_date_and_id() -> None:
    later = manual_journal("MJ-2", date=dt.date(2025, 2, 28), invoice_id="")
    earlier = manual_journal("MJ-0", date=dt.date(2025, 1, 1))
    found = manual_movements([later, FIRST, earlier]).to_pylist()
    assert [row["manual_journal_id"] for row in found] == ["MJ-0", "MJ-0", "MJ-1", "MJ-1", "MJ-2", "MJ-2"]
    assert found[2] == {
        "manual_journal_id": "MJ-1",
        "date": dt.date(2025, 1, 15),
        "entity": "default",
        "currency": "USD",
        "customer_id": "cus_1",
        "product_id": "prod_1",
        "invoice_id": "inv_1",
        "narrative": "Termination, as agreed",
        "debit_account": "deferred",
        "credit_account": "recognized",
        "amount_minor": 6_050,
    }
    assert found[4]["invoice_id"] == ""


def test_no_journals_make_an_empty_table() -> None:
    assert manual_movements([]).schema == MANUAL_MOVEMENTS
    assert manual_movements([]).num_rows == 0


@st.composite
def balanced_journals(draw: st.DrawFn) -> ManualJournal:
    """A journal of any shape: cuts of one total on each side."""
    accounts = draw(st.permutations(list(Account)))
    border = draw(st.integers(1, 3))
    total = draw(st.integers(1, 10**9))

    def side(direction: Direction, allowed: list[Account]) -> list[ManualEntry]:
        cuts = sorted({0, total, *draw(st.lists(st.integers(0, total), max_size=5))})
        parts = [after - before for before, after in pairwise(cuts)]
        return [ManualEntry(direction, draw(st.sampled_from(allowed)), part) for part in parts]

    both = side(Direction.DEBIT, accounts[:border]) + side(Direction.CREDIT, accounts[border:])
    return replace(FIRST, entries=tuple(draw(st.permutations(both))))


@given(balanced_journals())
def test_movements_debit_and_credit_each_account_by_what_the_entries_say(journal: ManualJournal) -> None:
    rows = manual_movements([journal]).to_pylist()
    moved: Counter[tuple[str, str]] = Counter()
    for row in rows:
        assert row["amount_minor"] > 0
        assert row["debit_account"] != row["credit_account"]
        moved["DEBIT", row["debit_account"]] += row["amount_minor"]
        moved["CREDIT", row["credit_account"]] += row["amount_minor"]
    stated: Counter[tuple[str, str]] = Counter()
    for entry in journal.entries:
        stated[entry.direction.value, entry.account.value] += entry.amount_minor
    assert moved == stated
    assert len(rows) <= len(journal.entries) - 1


@given(balanced_journals())
def test_a_journal_written_to_a_file_is_read_as_it_was(journal: ManualJournal) -> None:
    fields = {name: str(value) for name, value in vars(journal).items() if name not in ("prepared_by", "approved_by")}
    lines = [
        {"direction": entry.direction, "account": entry.account, "amount": to_text(entry.amount_minor, "USD")}
        for entry in journal.entries
    ]
    text = json.dumps({"journals": [{**fields, "entries": lines}]})
    assert parse_manual_journals(text, "a.json", "Ana", "Ben", Policy()) == [journal]
    assert parse_manual_journals(text, "a.yaml", "Ana", "Ben", Policy()) == [journal]
