"""Files of manual journals, CSV: one row per entry (SPEC 6)."""

import datetime as dt

import pytest

from revrec.accounts import Account, Direction
from revrec.manual_journals import ManualEntry, ManualJournal, ManualJournalError, parse_manual_csv
from revrec.policy import Entity, Policy
from tests.closing_builders import manual_journal

POLICY = Policy(entities={"default": Entity(name="Acme Inc"), "uk": Entity(name="Acme Ltd")})

CSV = """\
id,date,entity,currency,customer_id,product_id,invoice_id,narrative,adjusts,direction,account,amount
MJ-1,2025-01-15,default,USD,cus_1,prod_1,inv_1,"Termination, as agreed",RR-202501-000001,DEBIT,deferred,100.00
MJ-2,2025-02-28,uk,JPY,cus_2,prod_1,,One-off,,CREDIT,recognized,7
MJ-1,2025-01-15,default,USD,cus_1,prod_1,inv_1,"Termination, as agreed",RR-202501-000001,CREDIT,recognized,60.5
MJ-1,2025-01-15,default,USD,cus_1,prod_1,inv_1,"Termination, as agreed",RR-202501-000001,CREDIT,unbilled,39.50

MJ-2,2025-02-28,uk,JPY,cus_2,prod_1,,One-off,,DEBIT,unbilled,7
"""

SECOND = manual_journal(
    "MJ-2",
    date=dt.date(2025, 2, 28),
    entity="uk",
    currency="JPY",
    customer_id="cus_2",
    invoice_id="",
    narrative="One-off",
    adjusts="",
    entries=(
        ManualEntry(Direction.CREDIT, Account.RECOGNIZED, 7),
        ManualEntry(Direction.DEBIT, Account.UNBILLED, 7),
    ),
)


def parse_csv(text: str) -> list[ManualJournal]:
    return parse_manual_csv(text, "journals.csv", "Ana", "Ben", POLICY)


def test_rows_of_equal_id_are_one_journal_wherever_they_stand() -> None:
    assert parse_csv(CSV) == [manual_journal(), SECOND]


def test_csv_of_a_spreadsheet_is_read_with_its_mark_line_ends_and_without_optional_columns() -> None:
    text = "\ufeffamount,account,direction,narrative,product_id,customer_id,currency,entity,date,id\r\n"
    text += "1,billed,DEBIT,x,p,c,USD,default,2025-01-01,A\r\n1.0,unbilled,CREDIT,x,p,c,USD,default,2025-01-01,A\r\n"
    (found,) = parse_csv(text)
    assert (found.invoice_id, found.adjusts, found.total_minor) == ("", "", 100)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("amount\n", "\n", "column amount is missing: add it"),
        ("id,date", "id,id,date", "column id is given 2 times: keep one"),
        ("adjusts", "adjust", "unknown column 'adjust': remove it or correct its spelling"),
        ("recognized,60.5", "recognized,60,5", "row 4 has 13 cells, the header has 12: quote cells that hold a comma"),
        (
            "recognized,60.5",
            "recognized,60.505",
            "journal 'MJ-1': row 4 amount '60.505' has more decimals than USD has",
        ),
        ("recognized,60.5", "cash,60.5", "journal 'MJ-1': row 4 account 'cash' is unknown"),
        ("unbilled,39.50", "unbilled,39.51", "debits 100.00 and credits 100.01 USD differ by 0.01"),
        ("MJ-2,2025-02-28,uk,JPY,cus_2,prod_1,,One-off,,D", "MJ-2,2025-02-27,uk,JPY,cus_2,prod_1,,One-off,,D", "row 7"),
        ('"Termination', '"Term"ination', "the file is not CSV"),
        (CSV, "", "column id is missing: add it"),
        (CSV[CSV.index("\n") :], "\n", "the file holds no journal: give at least one"),
    ],
)
def test_a_fault_in_csv_names_the_row(old: str, new: str, fault: str) -> None:
    assert old in CSV
    with pytest.raises(ManualJournalError, match=r"^journals\.csv: ") as caught:
        parse_csv(CSV.replace(old, new, 1))
    assert any(fault in found for found in caught.value.faults)


def test_rows_of_one_journal_in_csv_that_contradict_each_other_are_both_shown() -> None:
    with pytest.raises(ManualJournalError) as caught:
        parse_csv(CSV.replace("cus_2,prod_1,,One-off,,D", "cus_2,prod_1,,One off,,D"))
    assert caught.value.faults == (
        "journal 'MJ-2': row 7 narrative 'One off' differs from 'One-off' in row 3: "
        "repeat the same on each row of the journal",
    )
