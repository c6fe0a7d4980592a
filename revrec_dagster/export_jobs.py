"""The job that exports journals in the background: written, recorded, and its link mailed.

What belongs here: typed configuration for the Launchpad and `revrec export --background`. What does not: delivering
(`assets.export_delivery`), journals and formats.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg
from pydantic import Field

from assets.export_delivery import DeliveryDesk, ExportOrder
from assets.up_to_date import Places
from resources.books import Books, RecordedRequestedExport
from resources.lake import Lake
from resources.mailer import Mailer
from resources.object_store import ObjectStore
from resources.signed_links import LONGEST_LIFE, SignedLinks
from revrec.exports.requests import REQUESTABLE_FORMATS, RequestTexts
from revrec.money import to_text
from revrec.policy import Policy
from revrec_dagster.background_exports import JOB, OP

LONGEST_LIFE_HOURS = int(LONGEST_LIFE / timedelta(hours=1))
DEFAULT_LIFE_HOURS = 72


class ExportJournalsConfig(dg.Config):
    """Which journals are exported, how, and who is told."""

    format: str = Field(description=f"One of {', '.join(REQUESTABLE_FORMATS)}.")
    first: str = Field(alias="from", description="First posting day YYYY-MM-DD, or month YYYY-MM.")
    last: str = Field(alias="to", description="Last posting day, inclusive, or month for its last day.")
    as_of: str = Field(default="", description="What was known then: day, or timestamp with a time zone. Empty: now.")
    entity: str = Field(default="", description="Of the ledger; empty for all.")
    currency: str = Field(default="", description="Of the ledger, ISO 4217; empty for all.")
    type: str = Field(default="", description="SYSTEM or MANUAL; empty for both.")
    source: str = Field(default="", description="INVOICE, BILLING_SCHEDULE, CREDIT_NOTE or STANDALONE; empty for all.")
    customers: list[str] = Field(default=[], description="Ids or legal names.")
    products: list[str] = Field(default=[], description="Ids or names.")
    invoices: list[str] = Field(default=[], description="Ids or numbers.")
    credit_notes: list[str] = Field(default=[], description="Ids or numbers.")
    exclude_fully_recognized: bool = Field(default=False, description="Leave out obligations that are wholly earned.")
    granularity: str = Field(default="", description="daily or monthly; empty for what the policy says.")
    kind: str = Field(default="", description="One kind of file of a format that has several; empty for all.")
    requested_by: str = Field(min_length=1, description="Who asks for it; kept in the books.")
    recipient: str = Field(default="", description="Mail address that the link goes to; empty: nobody is told.")
    link_life_hours: int = Field(
        default=DEFAULT_LIFE_HOURS, ge=1, le=LONGEST_LIFE_HOURS, description="How long the link works, in hours."
    )

    def texts(self) -> RequestTexts:
        """The request as it was typed."""
        return RequestTexts(
            format=self.format,
            first=self.first,
            last=self.last,
            as_of=self.as_of,
            granularity=self.granularity,
            kind=self.kind,
            texts={name: getattr(self, name) for name in ("entity", "currency", "type", "source")},
            names={name: tuple(getattr(self, name)) for name in ("customers", "products", "invoices", "credit_notes")},
            exclude_fully_recognized=self.exclude_fully_recognized,
        )


@dg.op(name=OP)
def export_op(
    context: dg.OpExecutionContext,
    config: ExportJournalsConfig,
    store: dg.ResourceParam[ObjectStore],
    lake: dg.ResourceParam[Lake],
    books: dg.ResourceParam[Books],
    policy: dg.ResourceParam[Policy],
    links: dg.ResourceParam[SignedLinks],
    mailer: dg.ResourceParam[Mailer],
) -> None:
    """Write the export, record it, and mail its link; what an earlier run of the same request has done stays done."""
    order = ExportOrder(
        # a run that is executed again keeps it
        request_id=context.run.root_run_id or context.run_id,
        request=config.texts().request(policy.time_zone),
        requested_by=config.requested_by,
        recipient=config.recipient,
        link_life=timedelta(hours=config.link_life_hours),
    )
    desk = DeliveryDesk(Places(store, lake, books, policy), links, mailer, lambda: datetime.now(UTC))
    context.add_output_metadata(_told(desk.deliver(order)))


def _told(export: RecordedRequestedExport) -> dict[str, dg.MetadataValue]:
    """What the UI shows: where the file is for those who may see the store, and never the link."""
    ledgers = {
        ledger: {
            "journals": figures["journals"],
            "debits": to_text(figures["debits_minor"], ledger.rpartition("-")[2]),
            "credits": to_text(figures["credits_minor"], ledger.rpartition("-")[2]),
        }
        for ledger, figures in export.totals.items()
    }
    return {
        "request": dg.MetadataValue.text(export.request_id),
        "object_key": dg.MetadataValue.text(export.object_key),
        "sha256": dg.MetadataValue.text(export.sha256),
        "rows": dg.MetadataValue.int(export.rows),
        "ledgers": dg.MetadataValue.json(ledgers),
        "mailed_at": dg.MetadataValue.text(export.mailed_at.isoformat() if export.mailed_at else "nobody is told"),
    }


@dg.job(name=JOB, executor_def=dg.in_process_executor)
def export_journals() -> None:
    """Export any journals in any format to one file, and mail a link to it that ends."""
    export_op()


EXPORT_JOBS = [export_journals]
