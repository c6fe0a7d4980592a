"""Versions of credit notes, what is in quarantine, and what is ambiguous (SPEC 10)."""

import pytest

from revrec.amendments import RejectedDocument
from tests.revrec.amendments.builders import FOR_INV, TWO_LINES, documents
from tests.revrec.amendments.resolved import resolve


def _door(month: str, reason: str, **record: str) -> RejectedDocument:
    return RejectedDocument(month, record, reason)


@pytest.mark.parametrize(
    ("rejected", "reasons"),
    [
        (
            {"credit_note_line_items": [_door("2025-03", "no date", id="c9", credit_note_id="cn")]},
            {"cn": "a line of the credit note is in quarantine: no date"},
        ),
        (
            {"credit_notes": [_door("2025-03", "no date", id="cn")]},
            {"cn": "a later version of the credit note is in quarantine: no date"},
        ),
        (
            {"invoices": [_door("2025-01", "bad total", id="gone")]},
            {"cn": "its invoice gone is in quarantine: bad total"},
        ),
        (
            {"invoice_line_items": [_door("2025-01", "bad total", id="l1", invoice_id="gone")]},
            {
                "cn": "its invoice gone is in quarantine: bad total",
                "c1": "its invoice line l1 is in quarantine: bad total",
            },
        ),
    ],
    ids=["a line of the note", "a version of the note", "the invoice", "the invoice line"],
)
def test_what_is_in_quarantine_keeps_the_note_out(
    rejected: dict[str, list[RejectedDocument]], reasons: dict[str, str]
) -> None:
    about_invoice = "invoices" in rejected or "invoice_line_items" in rejected
    landed = documents(
        lines=() if about_invoice else TWO_LINES,
        note_lines=[{"id": "c1", "line": None if "invoices" in rejected else "l1", "amount": "5.00"}],
        notes={"cn": {"invoice_id": "gone" if about_invoice else "inv"}},
        rejected=rejected,
    )
    result = resolve(landed)
    assert result.rows == []
    assert result.faults == reasons


def test_lines_whose_note_is_in_quarantine_say_so() -> None:
    landed = documents(
        note_lines="id | amount\nc1 | 5.00",
        credit_notes=(),
        rejected={"credit_notes": [_door("2025-03", "no date", id="cn")]},
    )
    assert resolve(landed).faults == {"c1": "its credit note cn is in quarantine: no date"}


VERSIONS = """
id | month   | accounting_date | updated_at           | amount
cn | 2025-02 | 2025-02-10      | 2025-02-11T00:00:00Z | 5.00
cn | 2025-03 | 2025-03-10      | 2025-03-11T00:00:00Z | 7.00
"""
VERSION_LINES = """
id | month   | line | amount
c1 | 2025-02 | l1   | 5.00
c1 | 2025-03 | l1   | 7.00
"""


def test_of_a_note_in_two_months_the_latest_version_counts() -> None:
    result = resolve(documents(lines=TWO_LINES, credit_notes=VERSIONS, note_lines=VERSION_LINES))
    assert result.table("home", "disposition", "reason", "amount") == [
        ("2025-01", "APPLIED", "", "7.00"),
        ("2025-02", "SUPERSEDED", "a later version of the credit note landed in 2025-03", "5.00"),
    ]


def test_a_later_version_in_quarantine_keeps_the_earlier_one_out() -> None:
    later = _door("2025-04", "no date", id="cn", updated_at="2025-04-01T00:00:00Z")
    earlier = _door("2025-04", "no date", id="cn", updated_at="2025-01-01T00:00:00Z")
    for rejected, dispositions in ((later, {"SUPERSEDED"}), (earlier, {"SUPERSEDED", "APPLIED"})):
        landed = documents(
            lines=TWO_LINES,
            credit_notes=VERSIONS,
            note_lines=VERSION_LINES,
            rejected={"credit_notes": [rejected]},
        )
        assert {row["disposition"] for row in resolve(landed).rows} == dispositions


def test_a_version_out_of_force_without_lines_stands_for_itself() -> None:
    result = resolve(
        documents(
            lines=TWO_LINES, credit_notes=VERSIONS, note_lines="id | month | line | amount\nc1 | 2025-03 | l1 | 7.00"
        )
    )
    assert ("2025-02", "SUPERSEDED", "credit_notes", "cn") in result.table(
        "home", "disposition", "landed_dataset", "row_id"
    )
    assert result.reasons == []


def test_a_line_of_an_invoice_version_out_of_force_is_not_credited() -> None:
    lines = """
    line | amount | month   | disposition
    l1   | 0.00   | 2025-01 | SUPERSEDED
    l1   | 10.00  | 2025-02 | RECOGNIZED
    """
    result = resolve(documents(lines=lines, note_lines="id | line | amount\nc1 | l1 | 5.00", notes=FOR_INV))
    assert result.table("home", "obligation_id") == [("2025-02", "inv/l1")]


def test_an_id_that_stands_twice_in_a_month_is_not_guessed() -> None:
    result = resolve(
        documents(
            lines=TWO_LINES,
            credit_notes="id | amount\ncn | 5.00\ncn | 5.00",
            note_lines="id | line | amount\nc1 | l1 | 5.00",
        )
    )
    assert result.rows == []
    assert "id cn stands more than once in credit_notes" in {reason for *_, reason in result.reasons}


def test_an_ambiguous_line_is_found_by_the_notes_invoice() -> None:
    lines = "line | invoice | amount\nl1 | inv | 10.00\nl1 | other | 10.00"
    named = resolve(documents(lines=lines, note_lines="id | line | amount\nc1 | l1 | 5.00", notes=FOR_INV))
    assert named.table("obligation_id") == [("inv/l1",)]
    unnamed = resolve(documents(lines=lines, note_lines="id | line | amount\nc1 | l1 | 5.00"))
    assert unnamed.faults == {"c1": "invoice line l1 stands on 2 invoices"}
