"""What `revrec run` prints: the files written, the rows kept out, and what failed.

What belongs here: turning outcomes into a table and lines. What does not: running anything.
"""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from resources.object_store import ObjectStore
from resources.quarantine import count_quarantined_rows
from revrec_dagster.chain_run import FailedCheck, JobOutcome
from revrec_dagster.jobs import POSTING_MONTH

# Errors of one cause repeat month after month; the first ones tell what to do.
MAX_MESSAGES = 20


def print_summary(outcomes: Sequence[JobOutcome], store: ObjectStore) -> bool:
    """Print what was written to stdout, what failed to stderr.

    Returns:
        whether all was materialized and no blocking check failed.
    """
    console = Console(soft_wrap=True)
    table = Table("Month", "Ledger", "Journals", "Debits", "Credits", "Files", title="General-ledger files")
    for outcome in outcomes:
        if outcome.job == POSTING_MONTH.name:
            for row in _ledger_rows(outcome):
                table.add_row(*row)
    console.print(table)
    for folder in ("exports", "reports"):
        console.print(f"{folder}: {store.uri(folder)}", highlight=False)
    kept_out = count_quarantined_rows(store)
    if kept_out:
        console.print(
            f"in quarantine: {kept_out} landed row(s), in no figure; file, row, field and reason: "
            f"{store.uri('quarantine')}",
            highlight=False,
        )
    return _tell_failures(outcomes)


def _ledger_rows(outcome: JobOutcome) -> Iterable[tuple[str, ...]]:
    """One row per ledger: the journals' own totals, and how many files hold them."""
    ledgers = outcome.materialized.get("monthly_journal_report", {}).get("ledgers") or {}
    files = [
        count
        for name, metadata in outcome.materialized.items()
        if name.endswith("_gl_export")
        for count in (metadata.get("files_by_ledger") or {},)
    ]
    for ledger, figures in sorted(ledgers.items()):
        written = sum(counts.get(ledger, 0) for counts in files)
        yield (
            outcome.month or "",
            ledger,
            str(figures["journals"]),
            figures["debits"],
            figures["credits"],
            str(written),
        )


def _tell_failures(outcomes: Sequence[JobOutcome]) -> bool:
    messages = [
        *(f"{outcome.month or outcome.job}: {error}" for outcome in outcomes for error in outcome.errors),
        *(_check_text(check) for outcome in outcomes for check in outcome.failed_checks if check.blocking),
    ]
    for message in messages[:MAX_MESSAGES]:
        sys.stderr.write(f"revrec: {' '.join(message.split())}\n")
    if len(messages) > MAX_MESSAGES:
        sys.stderr.write(f"revrec: and {len(messages) - MAX_MESSAGES} more of these\n")
    return not messages and all(outcome.success for outcome in outcomes)


def _check_text(check: FailedCheck) -> str:
    return f"check {check.check} of {check.asset} {check.month or ''} failed: {check.description}"
