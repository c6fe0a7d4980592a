"""The close pack of a month: an HTML page and an Excel workbook per ledger, for who closes and who audits (SPEC 8).

What belongs here: writing a pack's files, and the asset. What does not: putting a pack together
(`assets.close_pack_contents`), what it looks like (`revrec.close_pack`), the figures in it (`assets.monthly_reports`).
"""

from collections.abc import Iterable

import dagster as dg

from assets.attributes import Group, layer
from assets.close_pack_contents import MonthContents
from assets.gl_exports import EXPORT_ASSETS
from assets.locks import Locks
from assets.partitions import MONTHS
from assets.reports import replace_files
from assets.up_to_date import Places
from resources.books import Books
from resources.lake import Lake
from resources.object_store import ObjectStore
from resources.workspace import workspace
from revrec.close_pack.html import html_pack
from revrec.close_pack.workbook import workbook
from revrec.policy import Policy
from revrec.reports.schemas import REPORTS

CLOSE_PACK_FOLDER = "exports/close_pack"


def close_pack_folder(month: str) -> str:
    """Prefix of a month's packs."""
    return f"{CLOSE_PACK_FOLDER}/{month}"


def write_close_packs(month: str, places: Places, status: str | None = None) -> dict[str, int]:
    """Replace the packs of a month, two files per ledger; a closed month has those it was closed with. Where the policy
    has them off, a month that was closed without them, and an open one, have none.

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
    if not places.policy.exports.close_pack.enabled:
        return
    contents = MonthContents.of(month, places)
    with workspace() as connection:
        for ledger in contents.checks:
            pack = contents.pack(ledger, connection, status)
            stem = f"{close_pack_folder(month)}/{ledger.key}"
            yield f"{stem}.html", html_pack(pack)
            yield f"{stem}.xlsx", workbook(pack)


@dg.asset(
    partitions_def=MONTHS,
    deps=[
        *REPORTS,
        "monthly_movements",
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
