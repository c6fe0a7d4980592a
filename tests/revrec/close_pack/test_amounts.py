"""Amounts and changes as accountants read them."""

import pytest

from revrec.close_pack.amounts import accounting_text, percent_text


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (0, "USD", "–"),
        (5, "USD", "0.05"),
        (-5, "USD", "(0.05)"),
        (123_456_789, "USD", "1,234,567.89"),
        (-100_000, "USD", "(1,000.00)"),
        (1_234_567, "JPY", "1,234,567"),
        (1_234_567, "KWD", "1,234.567"),
        (9_007_199_254_740_993, "USD", "90,071,992,547,409.93"),
    ],
)
def test_an_amount_has_separators_and_negative_ones_parentheses(minor: int, currency: str, text: str) -> None:
    assert accounting_text(minor, currency) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (10, 0, ""),
        (0, 100, "0.0%"),
        (1, 3, "+33.3%"),
        (-1, 3, "−33.3%"),
        (-1, -3, "−33.3%"),
        (1, 2000, "+0.1%"),  # half away from zero
        (-1, 2000, "−0.1%"),
        (1, 2001, "0.0%"),
        (123_456, 100, "+123,456.0%"),
    ],
)
def test_a_change_is_in_tenths_of_a_percent_rounded_half_away_from_zero(part: int, whole: int, text: str) -> None:
    assert percent_text(part, whole) == text
