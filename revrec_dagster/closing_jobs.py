"""Jobs of accountants: closing, locking and reopening periods, and manual journals, each with typed configuration.

What belongs here: what the Launchpad and the `revrec` command start. What does not: the rules
(`revrec.accounting_periods`, `revrec.manual_journals`), sealing (`assets.closing`).
"""

import json
from datetime import UTC, date, datetime

import dagster as dg
from pydantic import Field

from assets.closing import Closing
from assets.manual_journals import require_known
from assets.up_to_date import Places, record_in_dagster
from resources.books import Books
from resources.lake import Lake
from resources.object_store import ObjectStore
from revrec.accounting_periods import LockDateError, PeriodEvent
from revrec.accounts import Account, Direction
from revrec.manual_journals import parse_manual_journals
from revrec.money import to_text
from revrec.policy import Policy


class CloseMonthConfig(dg.Config):
    """Which month is closed, and who closes it."""

    month: str = Field(description="Month to close, YYYY-MM. Months close in order.")
    closed_by: str = Field(min_length=1, description="Who closes it; kept in the books.")


class LockDaysConfig(dg.Config):
    """Through which day days are locked, and who locks them."""

    through: str = Field(description="Last day to lock, YYYY-MM-DD, inside the next month to close.")
    locked_by: str = Field(min_length=1, description="Who locks them; kept in the books.")


class ReopenMonthConfig(dg.Config):
    """Which month is reopened, by whom and why."""

    month: str = Field(description="The newest closed month, YYYY-MM, or the one with a lock inside.")
    reopened_by: str = Field(min_length=1, description="Who reopens it; kept in the books.")
    reason: str = Field(min_length=1, description="Why; kept in the books.")


class EntryConfig(dg.Config):
    """One side of a manual journal."""

    direction: Direction
    account: Account
    amount: str = Field(description="Decimal text, e.g. 100.00.")


class ManualJournalConfig(dg.Config):
    """One manual journal."""

    id: str = Field(description="Names the journal; recording the same one again changes nothing.")
    date: str = Field(description="YYYY-MM-DD, an open day.")
    entity: str = "default"
    currency: str
    customer_id: str
    product_id: str
    invoice_id: str = ""
    narrative: str
    adjusts: str = Field(default="", description="Number of the system journal it corrects, e.g. RR-202501-000001.")
    entries: list[EntryConfig]


class ManualJournalsConfig(dg.Config):
    """Manual journals, who prepared them and who approved them."""

    journals: list[ManualJournalConfig]
    prepared_by: str = Field(min_length=1)
    approved_by: str = Field(min_length=1, description="Not the one who prepared them.")


def _closing(context: dg.OpExecutionContext, store: ObjectStore, lake: Lake, books: Books, policy: Policy) -> Closing:
    # when it was done is history for the books; no figure follows from it
    return Closing(Places(store, lake, books, policy), record_in_dagster(context), datetime.now(UTC))


def _told(event: PeriodEvent) -> dict[str, dg.MetadataValue]:
    """What the UI and the command show of a close, lock or reopening."""
    ledgers = {
        f"{ledger.entity}-{ledger.currency}": {
            "journals": ledger.journals,
            "numbers": f"{ledger.first_number} to {ledger.last_number}",
            "debits": to_text(ledger.debits_minor, ledger.currency),
            "credits": to_text(ledger.credits_minor, ledger.currency),
        }
        for ledger in event.ledgers
    }
    return {
        "month": dg.MetadataValue.text(event.month),
        "event": dg.MetadataValue.text(event.event.value),
        "by": dg.MetadataValue.text(event.actor),
        "locked_through": dg.MetadataValue.text(str(event.locked_through or "nothing is locked")),
        "manifest": dg.MetadataValue.text(event.manifest_key),
        "manifest_sha256": dg.MetadataValue.text(event.manifest_sha256),
        "ledgers": dg.MetadataValue.json(ledgers),
    }


def _observe(context: dg.OpExecutionContext, events: list[PeriodEvent]) -> None:
    """One observation of `daily_journals` per month: it stands in the history of the asset it locks."""
    for event in events:
        context.log_event(dg.AssetObservation("daily_journals", partition=event.month, metadata=_told(event)))


@dg.op
def close(
    context: dg.OpExecutionContext,
    config: CloseMonthConfig,
    store: dg.ResourceParam[ObjectStore],
    lake: dg.ResourceParam[Lake],
    books: dg.ResourceParam[Books],
    policy: dg.ResourceParam[Policy],
) -> None:
    """Post the month once more from what has landed, check it, and seal journals, reports, exports and schedules."""
    _observe(context, _closing(context, store, lake, books, policy).close(config.month, config.closed_by))


@dg.op
def lock(
    context: dg.OpExecutionContext,
    config: LockDaysConfig,
    store: dg.ResourceParam[ObjectStore],
    lake: dg.ResourceParam[Lake],
    books: dg.ResourceParam[Books],
    policy: dg.ResourceParam[Policy],
) -> None:
    """Seal the days of a month up to one inside it."""
    through = lock_day(config.through)
    _observe(context, _closing(context, store, lake, books, policy).lock(through, config.locked_by))


@dg.op
def reopen(
    context: dg.OpExecutionContext,
    config: ReopenMonthConfig,
    store: dg.ResourceParam[ObjectStore],
    lake: dg.ResourceParam[Lake],
    books: dg.ResourceParam[Books],
    policy: dg.ResourceParam[Policy],
) -> None:
    """Take the newest close or lock back, with a reason; materialize the month again afterwards."""
    closing = _closing(context, store, lake, books, policy)
    _observe(context, [closing.reopen(config.month, config.reopened_by, config.reason)])


@dg.op
def record_manual_journals(
    context: dg.OpExecutionContext,
    config: ManualJournalsConfig,
    store: dg.ResourceParam[ObjectStore],
    lake: dg.ResourceParam[Lake],
    books: dg.ResourceParam[Books],
    policy: dg.ResourceParam[Policy],
) -> None:
    """Record manual journals on open days; materialize their months afterwards."""
    given = json.dumps({"journals": [journal.model_dump(mode="json") for journal in config.journals]})
    journals = parse_manual_journals(given, "manual_journals.json", config.prepared_by, config.approved_by, policy)
    require_known(journals, "manual journals", Places(store, lake, books, policy))
    new = books.record_manual_journals(journals, now=datetime.now(UTC))
    context.add_output_metadata({"recorded": new, "known_already": len(journals) - new})


def lock_day(text: str) -> date:
    """A day of the configuration.

    Raises:
        LockDateError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LockDateError(f"{text!r} is not a day: write it as YYYY-MM-DD") from None


@dg.job(executor_def=dg.in_process_executor)
def close_month() -> None:
    """Close a month: what it posted never changes again. Late documents catch up on the first open day."""
    close()


@dg.job(executor_def=dg.in_process_executor)
def lock_days() -> None:
    """Lock the days of a month up to a day inside it."""
    lock()


@dg.job(executor_def=dg.in_process_executor)
def reopen_month() -> None:
    """Reopen the newest closed month."""
    reopen()


@dg.job(executor_def=dg.in_process_executor)
def manual_journals() -> None:
    """Record manual journals: balanced entries between the four accounts, prepared and approved by two people."""
    record_manual_journals()


CLOSING_JOBS = [close_month, lock_days, reopen_month, manual_journals]
