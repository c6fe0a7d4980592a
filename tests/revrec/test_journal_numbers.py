"""Reading the number of a journal."""

import pytest

from revrec.journal_numbers import JournalNumber, JournalNumberError


def test_numbers_are_in_the_order_of_their_journals_beyond_a_million() -> None:
    texts = ["RR-202501-1000000", "RR-202501-999999", "RR-202412-000002"]
    assert sorted(texts, key=JournalNumber.parse) == ["RR-202412-000002", "RR-202501-999999", "RR-202501-1000000"]
    assert JournalNumber.parse("RR-202501-000012") == JournalNumber("2025-01", 12)


@pytest.mark.parametrize(
    "text", ["", "RR-202501-00001", "RR-202513-000001", "RR-000001-000001", "rr-202501-000001", "RR-202501-000001\n"]
)
def test_what_is_not_a_number_is_refused_with_how_one_looks(text: str) -> None:
    with pytest.raises(JournalNumberError, match="they look like RR-202501-000001"):
        JournalNumber.parse(text)
