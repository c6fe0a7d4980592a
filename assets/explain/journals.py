"""Explaining journals, entries and manual journals.

What belongs here: from a number, a day or an id to entries and obligations. What does not: what is told of an
obligation (`assets.explain.obligations`), why days were caught up on (`revrec.corrections`).
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from assets.explain.explanation import MOST, Explanation, NotExplainedError, money
from assets.explain.obligations import obligations
from assets.locks import Locks
from assets.up_to_date import Places
from resources.books import RecordedManualJournal
from revrec import tables
from revrec.calendar import month_key
from revrec.journal_numbers import JournalNumber, JournalNumberError
from revrec.journal_selection import Selection, select
from revrec.nearest import nearest

MANUAL_PREFIX = "manual/"


class UnknownJournalError(NotExplainedError):
    """No journal has this number, or none on this day."""


class UnknownManualJournalError(NotExplainedError):
    """No manual journal has this id."""


def explain_journal(number: str, places: Places, day: date | None = None, most: int = MOST) -> list[Explanation]:
    """What stands behind a journal, or behind its entries of one day; once per ledger that has the number.

    Args:
        number: e.g. RR-202501-000001.
        places: where the tables and the books are.
        day: posting date of the entries.
        most: how many obligations to tell of, those with the largest amounts in the journal.

    Raises:
        UnknownJournalError: no ledger has it; the message names the nearest ones, or the days it has entries on.
    """
    rows = _rows(number, places)
    chosen = decoded(rows if day is None else _on(rows, day))
    if not chosen.num_rows:
        raise UnknownJournalError(
            f"journal {number} has no entry on {day}: its entries are from {pc.min(rows['first_day'])} to "
            f"{max(_last_day(row) for row in rows.select(['first_day', 'days']).to_pylist())}"
        )
    month = JournalNumber.parse(number).month
    ledgers = chosen.select(["entity", "currency"]).group_by(["entity", "currency"]).aggregate([]).to_pylist()
    return [
        _of_ledger(number, month, day, _of(chosen, ledger["entity"], ledger["currency"]), places, most)
        for ledger in sorted(ledgers, key=lambda ledger: (ledger["entity"], ledger["currency"]))
    ]


def explain_manual_journal(id_: str, places: Places) -> Explanation:
    """What a manual journal says, who made and approved it, and the number it was posted under.

    Raises:
        UnknownManualJournalError: there is none; the message names the nearest ones.
    """
    journals = places.books.manual_journals(None, None)
    found = next((journal for journal in journals if journal.id == id_), None)
    if found is None:
        near = nearest(id_, (journal.id for journal in journals))
        raise UnknownManualJournalError(
            f"manual journal {id_!r} is not in the books{near}: they are in table manual_journals"
        )
    month = month_key(found.date)
    posted = places.lake.find("daily_journals", month)
    rows = posted.read_in("manual_journal_id", [id_]).to_pylist() if posted else []
    where = f"posted in {', '.join(sorted({row['journal_number'] for row in rows}))}" if rows else "not posted yet"
    return Explanation(
        kind="manual journal",
        subject=id_,
        ledger=f"{found.entity}-{found.currency}",
        status=f"{where}; {month_status(month, places)}" if rows else f"{where}: run {month} again",
        entries=[_entry(row) for row in rows],
        manual_journals=[_recorded(found)],
        in_all={"entries": len(rows)},
    )


def manual_journals(ids: Iterable[str], places: Places) -> list[dict[str, Any]]:
    """The records of manual journals, in order of date and id."""
    wanted = set(ids)
    return [_recorded(journal) for journal in places.books.manual_journals(None, None) if journal.id in wanted]


def decoded(rows: pa.Table) -> pa.Table:
    """A table with plain texts: each row group has its own dictionaries, which not every kernel takes together."""
    plain = [
        pa.field(field.name, pa.string(), field.nullable) if pa.types.is_dictionary(field.type) else field
        for field in rows.schema
    ]
    return rows.cast(pa.schema(plain))


def largest_obligations(rows: pa.Table, most: int) -> tuple[list[str], int]:
    """Ids of the obligations with the largest amounts in some rows of journals, and how many there are in all; manual
    journals are none."""
    sums = (
        rows.select(["obligation_id", "amount_minor"])
        .group_by("obligation_id")
        .aggregate([("amount_minor", "sum")])
        .to_pylist()
    )
    ordered = sorted(
        (row for row in sums if not row["obligation_id"].startswith(MANUAL_PREFIX)),
        key=lambda row: (-row["amount_minor_sum"], row["obligation_id"]),
    )
    return [row["obligation_id"] for row in ordered[:most]], len(ordered)


def _rows(number: str, places: Places) -> pa.Table:
    try:
        month = JournalNumber.parse(number).month
    except JournalNumberError as error:
        raise UnknownJournalError(f"{error}{_near(number, places)}") from None
    journals = places.lake.find("daily_journals", month)
    if journals is None:
        raise UnknownJournalError(
            f"journal {number} is not in the lake: {month} was not run; use `revrec run --from {month} --to {month}`"
        )
    rows = journals.read_in("journal_number", [number])
    if not rows.num_rows:
        raise UnknownJournalError(f"journal {number} is not in the lake{_near(number, places)}")
    return rows


def _near(number: str, places: Places) -> str:
    """Numbers like this one, of the months that the text may mean."""
    months = [month for month in places.lake.months("daily_journals") if _means(number, month)]
    found = (places.lake.open("daily_journals", month).read(["journal_number"]) for month in months)
    return nearest(number, (name for rows in found for name in pc.unique(rows["journal_number"]).to_pylist()))


def _means(number: str, month: str) -> bool:
    return month in number or month.replace("-", "") in number


def _on(rows: pa.Table, day: date) -> pa.Table:
    one_day = Selection(first_day=day, last_day=day)
    batches = (select(batch, one_day) for batch in rows.cast(tables.DAILY_JOURNALS).to_batches())
    return pa.Table.from_batches(batches, tables.DAILY_JOURNALS)


def _of(rows: pa.Table, entity: str, currency: str) -> pa.Table:
    return rows.filter(pc.and_(pc.equal(rows["entity"], entity), pc.equal(rows["currency"], currency)))


def _of_ledger(number: str, month: str, day: date | None, rows: pa.Table, places: Places, most: int) -> Explanation:
    entity, currency = rows["entity"][0].as_py(), rows["currency"][0].as_py()
    ids, in_all = largest_obligations(rows, most)
    shown = rows.filter(
        pc.or_(
            pc.is_in(rows["obligation_id"], pa.array(ids, pa.string())),
            pc.starts_with(rows["obligation_id"], MANUAL_PREFIX),
        )
    )
    return Explanation(
        kind="entry" if day else "journal",
        subject=f"{number} on {day}" if day else number,
        ledger=f"{entity}-{currency}",
        status=month_status(month, places),
        entries=[_entry(row) for row in shown.to_pylist()],
        obligations=obligations(ids, places),
        corrections=_corrections(number, month, entity, currency, set(ids), places),
        manual_journals=manual_journals(pc.unique(rows["manual_journal_id"]).to_pylist(), places),
        in_all={"entries": rows.num_rows, "obligations": in_all},
    )


def _corrections(
    number: str, month: str, entity: str, currency: str, ids: set[str], places: Places
) -> list[dict[str, Any]]:
    table = places.lake.find("corrections", month)
    found = table.read_in("journal_number", [number]).to_pylist() if table else []
    return [
        _told(row, currency)
        for row in found
        if (row["entity"], row["currency"]) == (entity, currency) and row["obligation_id"] in ids
    ]


def _told(row: dict[str, Any], currency: str) -> dict[str, Any]:
    """A correction with texts in place of values."""
    told = {name: str(value) for name, value in row.items() if name != "amount_minor"}
    return {**told, "amount": money(row["amount_minor"], currency)}


def month_status(month: str, places: Places) -> str:
    """Whether a month is open, locked or closed, and by whom."""
    periods = Locks.of(places.books, places.store).periods
    if periods.is_closed(month):
        return f"{month} is closed, by {periods.closed[month].actor}: the number is final"
    if periods.partial is not None and periods.partial.month == month:
        return f"{month} is locked through {periods.partial.locked_through}, by {periods.partial.actor}"
    return f"{month} is open: the number is provisional"


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "first_day": str(row["first_day"]),
        "last_day": str(_last_day(row)),
        "debit": row["debit_account"],
        "credit": row["credit_account"],
        "amount": money(row["amount_minor"], row["currency"]),
        "narrative": row["narrative"],
        "source": row["source"],
        "type": row["type"],
        "obligation_id": row["obligation_id"],
        "effective_first_day": str(row["effective_first_day"]),
        "effective_last_day": str(row["effective_last_day"]),
        "run_id": row["run_id"],
    }


def _last_day(row: dict[str, Any]) -> date:
    last: date = row["first_day"] + timedelta(days=row["days"] - 1)
    return last


def _recorded(journal: RecordedManualJournal) -> dict[str, Any]:
    names = ("id", "date", "customer_id", "product_id", "invoice_id", "narrative", "adjusts", "prepared_by")
    told = {name: str(getattr(journal, name)) for name in (*names, "approved_by")}
    return {
        **told,
        "recorded_at": journal.recorded_at.isoformat(),
        "entries": [
            {
                "direction": str(entry.direction),
                "account": str(entry.account),
                "amount": money(entry.amount_minor, journal.currency),
            }
            for entry in journal.entries
        ],
    }
