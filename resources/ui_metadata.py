"""What the UI shows of rows and amounts: tables and charts whose cells are text.

What belongs here: turning small tables and series into Dagster metadata. What does not: deciding what is shown.

Text, because Dagster's tables take neither dates nor numpy's integers (FACTS 2.10), a float must not stand for money,
and a table of texts shows a customer's name as it is, whatever it contains.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import dagster as dg

from revrec.money import to_text
from revrec.rejections import Rejection

# Rows of a table that the UI shows; the metadata beside it says how many there are.
MAX_SHOWN_ROWS = 20
_BAR_CHARACTERS = 40


def text_table(names: Sequence[str], rows: Sequence[Mapping[str, object]]) -> dg.TableMetadataValue:
    """The first rows as a table of texts."""
    records = [
        dg.TableRecord({name: "" if row[name] is None else str(row[name]) for name in names})
        for row in rows[:MAX_SHOWN_ROWS]
    ]
    return dg.MetadataValue.table(records, schema=dg.TableSchema([dg.TableColumn(name, "string") for name in names]))


def rejection_table(rejections: Sequence[Rejection]) -> dg.TableMetadataValue:
    """The first rejections: where, what and why."""
    names = ["file", "row", "field", "value", "reason", "action"]
    return text_table(names, [asdict(rejection) for rejection in rejections[:MAX_SHOWN_ROWS]])


def bar_chart(title: str, amounts_minor: Mapping[str, int], currency: str) -> str:
    """A Markdown block with one bar per label, as long as its share of the largest amount."""
    largest = max((abs(amount) for amount in amounts_minor.values()), default=0)
    lines = [
        f"{label}  {'█' * (abs(amount) * _BAR_CHARACTERS // largest if largest else 0)} {to_text(amount, currency)}"
        for label, amount in amounts_minor.items()
    ]
    return "\n".join([f"**{title}**", "", "```", *(lines or ["nothing"]), "```"])
