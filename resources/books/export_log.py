"""What became of an export's files, for the activity log.

What belongs here: telling files that are new, changed or gone. What does not: replacing them (`books.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from resources.books.activity_log import add_next_activity, last_activity
from resources.books.records import Activity, ExportFile

EXPORTED, WITHDRAWN = "exported", "export withdrawn"
# Files follow from journals: nobody in particular writes them.
_ACTOR = "revrec"


def tell_of_export(
    connection: Connection,
    export: Mapping[str, str],
    before: Mapping[str, str],
    files: Sequence[ExportFile],
    now: datetime,
) -> None:
    """Add to the activity log that an export has other files than before; nothing where it has the same ones.

    Args:
        connection: In a transaction that holds the export.
        export: Its format, month, entity and currency.
        before: sha256 by object key of the files it had.
        files: The files it has now.
        now: The present time, aware.
    """
    if before == {file.object_key: file.sha256 for file in files}:
        return
    activity = Activity(
        actor=_ACTOR,
        activity=EXPORTED if files else WITHDRAWN,
        subject=f"{export['format']} {export['entity']}-{export['currency']}",
        month=export["month"],
        details={**_told(export), **(_files_told(files) if files else {"files": sorted(before)})},
    )
    last = last_activity(connection, activity.activity, activity.subject, activity.month)
    add_next_activity(connection, activity, last, now)


def _told(export: Mapping[str, str]) -> dict[str, object]:
    return {name: export[name] for name in ("format", "entity", "currency")}


def _files_told(files: Sequence[ExportFile]) -> dict[str, object]:
    ordered = sorted(files, key=lambda file: file.object_key)
    return {
        "files": [
            {
                "object_key": file.object_key,
                "sha256": file.sha256,
                "rows": int(file.rows),
                "debits_minor": int(file.total_debits_minor),
                "credits_minor": int(file.total_credits_minor),
            }
            for file in ordered
        ],
        "policy_sha256": ordered[0].policy_sha256,
        "engine_version": ordered[0].engine_version,
    }
