"""Amounts as an accountant reads them, and changes between them: integers in, text out.

What belongs here: thousands separators, parentheses, percentages. What does not: decimals for machines
(`revrec.money.to_text`).
"""

from revrec.money import to_text

# What stands for an amount that is zero, as in printed accounts.
NIL = "–"


def accounting_text(amount_minor: int, currency: str) -> str:
    """An amount with thousands separators; negative in parentheses, zero as a dash.

    Args:
        amount_minor: minor units.
        currency: ISO 4217 code.
    """
    if amount_minor == 0:
        return NIL
    whole, point, fraction = to_text(abs(amount_minor), currency).partition(".")
    text = f"{int(whole):,}{point}{fraction}"
    return f"({text})" if amount_minor < 0 else text


def percent_text(part_minor: int, whole_minor: int) -> str:
    """A part in percent of a whole's size, with one decimal, half away from zero; empty where the whole is 0.

    Integers only: tenths of a percent are whole numbers.
    """
    if whole_minor == 0:
        return ""
    size = abs(whole_minor)
    tenths = (2 * abs(part_minor) * 1000 + size) // (2 * size)
    sign = "−" if part_minor < 0 and tenths else "+" if tenths else ""
    return f"{sign}{tenths // 10:,}.{tenths % 10}%"
