"""The Xero exports: the journal report and the manual journal import (SPEC 9).

What belongs here: the columns of both, and Xero's rules for imports. What does not: how files are written
(`revrec.exports.files`).

The import follows Xero's own template (Xero Central, "Add, import and post manual journals"): columns with a star are
mandatory; rows of equal narration and date become one journal, so the narration holds ledger and number; a positive
amount debits and a negative one credits, whatever the account; dates are dd/mm/yyyy; a file holds at most 300 lines;
imported journals are drafts until someone posts them.
"""

from revrec.accounts import Ledger
from revrec.exports import columns
from revrec.exports.caps import Caps
from revrec.exports.generic import SPREADSHEET, report_columns
from revrec.exports.layout import Column, ExportFormat, FileLayout
from revrec.policy import Granularity, Policy

_IMPORT_CAPS = Caps("a Xero manual journal import", rows=300)

# Xero knows two tracking categories.
_TRACKING_CATEGORIES = 2


def _journal_report(policy: Policy, ledger: Ledger) -> FileLayout:
    return FileLayout(
        format="xero",
        ledger=ledger,
        chart=policy.accounts,
        accounts=("name", "xero"),
        granularity=policy.exports.xero.granularity,
        journal_header="Journal Number",
        date_header="Date",
        columns=report_columns(columns.normal_positive_amount, with_xero_code=True),
        caps=SPREADSHEET,
    )


def _manual_journal_import(policy: Policy, ledger: Ledger) -> FileLayout:
    settings = policy.exports.xero
    return FileLayout(
        format="xero",
        suffix="-import",
        ledger=ledger,
        chart=policy.accounts,
        accounts=("xero",),
        granularity=Granularity.MONTHLY,
        journal_header="*Narration",
        journal_suffix=f" Revenue recognition {ledger.key}",
        date_header="*Date",
        date_format=settings.date_format,
        columns=(
            Column("Description", columns.text("narrative")),
            Column("*AccountCode", columns.account("xero")),
            Column("*TaxRate", columns.constant(settings.tax_rate)),
            Column("*Amount", columns.debit_positive_amount),
            *_tracking_columns(settings.tracking),
        ),
        caps=_IMPORT_CAPS,
    )


def _tracking_columns(tracking: dict[str, str]) -> list[Column]:
    """Name and option of each tracking category, in the policy's order; blank where it has fewer."""
    categories = [*tracking.items(), *[("", "")] * _TRACKING_CATEGORIES][:_TRACKING_CATEGORIES]
    return [
        Column(f"Tracking{part}{number}", columns.constant(value))
        for number, category in enumerate(categories, start=1)
        for part, value in zip(("Name", "Option"), category, strict=True)
    ]


XERO = ExportFormat(
    "xero",
    enabled=lambda policy: policy.exports.xero.enabled,
    layouts=lambda policy, ledger: (_journal_report(policy, ledger), _manual_journal_import(policy, ledger)),
)
