"""The close pack of a month: an HTML page and an Excel workbook per ledger, for who closes and who audits (SPEC 8).

What belongs here: putting a pack together from the month's tables and the books, and writing its files. What does not:
what it looks like (`revrec.close_pack`), the figures in it (`assets.monthly_reports`), their checks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg
import pandas as pd

from assets.attributes import Group, layer
from assets.corrections import CORRECTIONS_FOLDER
from assets.gl_export_checks import files_that_differ
from assets.gl_exports import EXPORT_ASSETS
from assets.ledger_ties import journals_and_expected
from assets.locks import Locks
from assets.month_end import month_before
from assets.monthly_reports import report_folder
from assets.partitions import MONTHS
from assets.recognition_ties import Tie
from assets.report_ties import report_ties
from assets.reports import MONTHLY_REPORT_FOLDER, replace_files
from assets.up_to_date import Places
from resources.books import Books
from resources.checksums import sha256_of
from resources.lake import Lake
from resources.lake_table import LakeTable
from resources.object_store import ObjectStore
from revrec import ENGINE_VERSION
from revrec.accounting_periods import last_day_of
from revrec.accounts import Ledger
from revrec.calendar import parse_month
from revrec.close_pack import ClosePack, ExportedFile, ManualEntryRow, TieRow
from revrec.close_pack.amounts import accounting_text
from revrec.close_pack.html import html_pack
from revrec.close_pack.workbook import workbook
from revrec.corrections import CORRECTIONS
from revrec.manual_journals import ManualJournal
from revrec.money import to_text
from revrec.policy import Policy
from revrec.reports.schemas import REPORTS

CLOSE_PACK_FOLDER = "exports/close_pack"
# Reports of the month before that a pack compares with.
_COMPARED = ("trial_balance", "roll_forward")
_NOTHING = "–"
# Columns that say what a row of a comparison is of.
_LABELS = ("account", "level", "dimension")


def close_pack_folder(month: str) -> str:
    """Prefix of a month's packs."""
    return f"{CLOSE_PACK_FOLDER}/{month}"


def write_close_packs(month: str, places: Places, status: str | None = None) -> dict[str, int]:
    """Replace the packs of a month, two files per ledger; a closed month has those it was closed with.

    Args:
        month: posting month with journals, reports and export files written.
        places: where the tables and the books are.
        status: what the packs say the month is; None for what the books say now. Closing writes them before it is
            recorded, so it says so itself.

    Returns:
        object key to size in bytes.

    Raises:
        TableMissingError: a report has not been materialized.
        SealBrokenError: a sealed pack is missing or altered.
    """
    folder = close_pack_folder(month)
    sealed = Locks.of(places.books, places.store).sealed_files(month, folder)
    written: dict[str, int] = {}
    try:
        for key, content in sealed.items() or _made(month, places, status):
            places.store.write_bytes(key, content)
            written[key] = len(content)
    finally:
        # also where it failed: what an earlier run left no longer says what the reports say
        replace_files(places.store, folder, written)
    return written


def _made(month: str, places: Places, status: str | None) -> Iterable[tuple[str, bytes]]:
    sources = _Sources.of(month, places)
    for ledger in sources.checks:
        pack = sources.pack(ledger, status)
        stem = f"{close_pack_folder(month)}/{ledger.key}"
        yield f"{stem}.html", html_pack(pack)
        yield f"{stem}.xlsx", workbook(pack)


@dataclass(frozen=True)
class _Sources:
    """What the packs of a month are made of: what all its ledgers share is read and compared once."""

    month: str
    places: Places
    locks: Locks
    checks: Mapping[Ledger, Sequence[TieRow]]
    parameters: Mapping[str, str]

    @classmethod
    def of(cls, month: str, places: Places) -> "_Sources":
        locks = Locks.of(places.books, places.store)
        return cls(month, places, locks, _checks(month, places), _parameters(month, places, locks))

    def pack(self, ledger: Ledger, status: str | None) -> ClosePack:
        lake, books, month = self.places.lake, self.places.books, self.month
        mine = {"entity": ledger.entity, "currency": ledger.currency}
        corrections = lake.find("corrections", month)
        before = {name: lake.find(name, month_before(month)) for name in _COMPARED}
        first, last = parse_month(month).astype("datetime64[D]").item(), last_day_of(month)
        return ClosePack(
            ledger=ledger,
            month=month,
            entity_name=_entity_name(self.places.policy, ledger),
            status=status or _status(month, self.locks),
            reports={name: lake.open(name, month).read_where(mine) for name in REPORTS},
            journals=lake.open("daily_journals", month).read_where(mine),
            corrections=corrections.read_where(mine) if corrections else CORRECTIONS.empty_table(),
            manual_journals=[
                _manual_row(journal)
                for journal in books.manual_journals(first, last)
                if Ledger(journal.entity, journal.currency) == ledger
            ],
            checks=self.checks[ledger],
            previous={name: table.read_where(mine) for name, table in before.items() if table is not None},
            exports=[
                ExportedFile(each.object_key, each.rows, each.total_debits_minor, each.total_credits_minor, each.sha256)
                for each in books.export_files(month=month, **mine)
            ],
            files={
                **{name: f"{report_folder(name, month)}/{ledger.key}.csv" for name in REPORTS},
                "monthly_journal_report": f"{MONTHLY_REPORT_FOLDER}/{month}/{ledger.key}.csv",
                "corrections": f"{CORRECTIONS_FOLDER}/{month}/{ledger.key}.csv",
            },
            parameters=self.parameters,
        )


def _entity_name(policy: Policy, ledger: Ledger) -> str:
    """The entity's name; its id where the policy has forgotten it since."""
    entity = policy.entities.get(ledger.entity)
    return entity.name if entity else ledger.entity


def _status(month: str, locks: Locks) -> str:
    periods = locks.periods
    if periods.is_closed(month):
        return f"Closed by {periods.closed[month].actor}"
    if periods.partial is not None and periods.partial.month == month:
        return f"Open, locked through {periods.partial.locked_through} by {periods.partial.actor}"
    return "Open"


def _manual_row(journal: ManualJournal) -> ManualEntryRow:
    entries = (
        f"{entry.direction} {entry.account} {to_text(entry.amount_minor, journal.currency)}"
        for entry in journal.entries
    )
    return ManualEntryRow(
        id=journal.id,
        date=journal.date,
        narrative=journal.narrative,
        entries="; ".join(entries),
        prepared_by=journal.prepared_by,
        approved_by=journal.approved_by,
        adjusts=journal.adjusts,
    )


def _parameters(month: str, places: Places, locks: Locks) -> dict[str, str]:
    lake, policy = places.lake, places.policy
    closed = locks.periods.closed.get(month)
    documents = lake.open("trial_balance", month).metadata.get("documents", "")
    told = {
        "Filters": "none: every journal of the ledger and month",
        "As of": "everything that has landed",
        "Journal numbers": "final" if closed else "provisional until the month closes",
        "Policy SHA-256": policy.sha256,
        "Engine version": ENGINE_VERSION,
        "Documents digest": documents,
        "Seal manifest SHA-256": closed.manifest_sha256 if closed and closed.manifest_sha256 else _NOTHING,
    }
    tables = ("daily_journals", "corrections", *REPORTS)
    keys = {name: lake.key(name, month) for name in tables if lake.find(name, month) is not None}
    return told | {f"SHA-256 of {name}": sha256_of(places.store, key) for name, key in keys.items()}


def _checks(month: str, places: Places) -> dict[Ledger, list[TieRow]]:
    """Per ledger that has a trial balance: what its month was compared on, with the figures."""
    journals = journals_and_expected(places, month)
    journals.insert(0, "ledger", journals["entity"] + "-" + journals["currency"])
    compared = {"Daily journals: equal schedules": Tie(journals, equal=(("journals_minor", "runs_minor"),))}
    compared |= {
        f"{_words(each.report).capitalize()}: {_words(each.name)}": each.tie for each in report_ties(month, places)
    }
    differing = files_that_differ(month, places)
    found = {}
    for ledger in _ledgers_of(places.lake.open("trial_balance", month)):
        rows = {name: _of_ledger(tie, ledger) for name, tie in compared.items()}
        wrong = [each for each in differing if each.split(" ", 1)[-1].startswith(ledger.key)]
        files = TieRow("Export files: equal report and journals", not wrong, ", ".join(wrong) or "all files agree")
        found[ledger] = [*(TieRow(name, tie.holds, _figures(tie, ledger)) for name, tie in rows.items()), files]
    return found


def _ledgers_of(table: LakeTable) -> list[Ledger]:
    rows = table.read(["entity", "currency"]).to_pylist()
    return sorted({Ledger(row["entity"], row["currency"]) for row in rows})


def _of_ledger(tie: Tie, ledger: Ledger) -> Tie:
    return Tie(tie.frame[tie.frame["ledger"] == ledger.key], tie.equal, tie.zero)


def _figures(tie: Tie, ledger: Ledger) -> str:
    """The two sides of each comparison, a line for each row: one amount where they agree, both where they do not."""
    return "\n".join(_row_figures(row, tie, ledger) for _, row in tie.frame.iterrows()) or "nothing to compare"


def _row_figures(row: "pd.Series[int]", tie: Tie, ledger: Ledger) -> str:
    label = next((f"{_words(str(row[name])).capitalize()}: " for name in _LABELS if name in row.index), "")

    def text(column: str) -> str:
        amount = int(row[column])
        return accounting_text(amount, ledger.currency) if column.endswith("_minor") else f"{amount:,}"

    sides = [
        f"{_words(left)} = {_words(right)} {text(left)}"
        if row[left] == row[right]
        else f"{_words(left)} {text(left)} ≠ {_words(right)} {text(right)}"
        for left, right in tie.equal
    ]
    rest = [f"{_words(column)} {text(column)}" for column in tie.zero]
    return label + ", ".join([*sides, *rest])


def _words(column: str) -> str:
    return column.removesuffix("_minor").replace("_", " ")


@dg.asset(
    partitions_def=MONTHS,
    deps=[
        *REPORTS,
        "corrections",
        "daily_journals",
        "monthly_journal_report",
        *(export.key for export in EXPORT_ASSETS),
    ],
    description="The month of each ledger as one HTML page and one Excel workbook: figures, charts, every report, "
    "journals down to the landed rows, checks and a sign-off block.",
    **layer(Group.EXPORTS, "html", "excel"),
)
def close_pack(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[ObjectStore],
    lake: dg.ResourceParam[Lake],
    books: dg.ResourceParam[Books],
    policy: dg.ResourceParam[Policy],
) -> None:
    """Write the month's packs."""
    month = context.partition_key
    written = write_close_packs(month, Places(store, lake, books, policy))
    context.add_output_metadata(
        {
            "files": dg.MetadataValue.json(written),
            "folder": dg.MetadataValue.url(store.uri(close_pack_folder(month))),
        }
    )
