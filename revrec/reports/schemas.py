"""Columns of the monthly reports (SPEC 8), as lake tables, CSV files and tables of the books have them.

What belongs here: one Arrow schema per report, with the meaning of a row. What does not: computing rows (a module per
report), and the tables of the chain (`revrec.tables`).

Every table begins with month, entity and currency: the posting month (e.g. 2025-01) and the ledger. Amounts are minor
units of the currency at the end of that month; balances have the sign of the account's normal side (SPEC 1), so that
billed + unbilled = recognized + deferred. A row's sums over `PRODUCT` rows or schedules equal the accounts' balances.
"""

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa

TEXT, DATE, MINOR, COUNT = pa.string(), pa.date32(), pa.int64(), pa.int64()

_KEY = (("month", TEXT), ("entity", TEXT), ("currency", TEXT))
_CUSTOMER = (("customer_id", TEXT), ("customer_name", TEXT))
_PRODUCT = (("product_id", TEXT), ("product_name", TEXT))


def _report(*fields: tuple[str, pa.DataType], optional: tuple[str, ...] = ()) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable=name in optional) for name, kind in (*_KEY, *fields)])


# One row per schedule: an obligation, a credit note or void that lowers one (negative), or a manual journal.
# `document` is INVOICE, BILLING_SCHEDULE (or usage without an invoice yet), CREDIT_NOTE, VOID or MANUAL.
# `contracted_minor` is the schedule's amount, `invoiced_minor` what of it is billed by the month's end.
# Balance = contracted - recognized: what is still to be earned. Remaining: the net movement on the Deferred account;
# it is `current_minor` as far as it leaves Deferred within 12 months or has no date yet, else `non_current_minor`.
# `age_days` counts from the accounting date to the month's end; `ageing` is its band where something remains, else "".
DEFERRED_REVENUE = _report(
    *_CUSTOMER,
    *_PRODUCT,
    ("contract_id", TEXT),
    ("document", TEXT),
    ("document_id", TEXT),
    ("document_number", TEXT),
    ("invoice_id", TEXT),
    ("invoice_number", TEXT),
    ("obligation_id", TEXT),
    ("recognition_method", TEXT),
    ("service_start", DATE),
    ("service_end", DATE),
    ("accounting_date", DATE),
    ("contracted_minor", MINOR),
    ("invoiced_minor", MINOR),
    ("recognized_minor", MINOR),
    ("balance_minor", MINOR),
    ("remaining_minor", MINOR),
    ("unbilled_minor", MINOR),
    ("current_minor", MINOR),
    ("non_current_minor", MINOR),
    ("age_days", COUNT),
    ("ageing", TEXT),
    ("run_id", TEXT),
    ("landed_file", TEXT),
    ("landed_row", COUNT),
    optional=("service_start", "service_end", "accounting_date", "age_days", "landed_row"),
)

# What the schedules of DEFERRED_REVENUE do in each month of their lives, per customer, product and method: what the
# reports of past and future months are added up from. `is_billed`: whether their invoice is dated by the month's end.
# The row without a `movement_month` has what is contracted; the others have what moves the four accounts, signed by
# their normal sides.
MONTHLY_MOVEMENTS = _report(
    *_CUSTOMER,
    *_PRODUCT,
    ("recognition_method", TEXT),
    ("is_billed", pa.bool_()),
    ("movement_month", TEXT),
    ("contracted_minor", MINOR),
    ("billed_minor", MINOR),
    ("recognized_minor", MINOR),
    ("deferred_minor", MINOR),
    ("unbilled_minor", MINOR),
    optional=("movement_month",),
)

# The rows of DEFERRED_REVENUE added up by `dimension`: CUSTOMER, PRODUCT, INVOICE, METHOD or SERVICE_PERIOD (e.g.
# "2025-01-01 to 2025-12-31"; empty where there is none). Each dimension adds up to the same totals.
DEFERRED_REVENUE_TOTALS = _report(
    ("dimension", TEXT),
    ("key", TEXT),
    ("name", TEXT),
    ("schedules", COUNT),
    ("contracted_minor", MINOR),
    ("invoiced_minor", MINOR),
    ("recognized_minor", MINOR),
    ("balance_minor", MINOR),
    ("remaining_minor", MINOR),
    ("unbilled_minor", MINOR),
    ("current_minor", MINOR),
    ("non_current_minor", MINOR),
)

# Long: one row per customer (level CUSTOMER, empty product), and per product below it (PRODUCT), and figure: BOOKED
# (invoiced, net of credit notes), RECOGNIZED, UNBILLED (earned, not yet invoiced), REMAINING (the Deferred balance),
# RELEASE (what leaves Deferred in `release_month`, a later month; negative where a known credit note takes it back) and
# UNSCHEDULED (what is deferred without a date: milestones, credit grants, manual journals).
# BOOKED + UNBILLED = RECOGNIZED + REMAINING, and REMAINING = all RELEASE + UNSCHEDULED. The CSV file is wide: a row per
# customer or product, a column per figure and per month.
REVENUE_WATERFALL = _report(
    ("level", TEXT),
    *_CUSTOMER,
    *_PRODUCT,
    ("figure", TEXT),
    ("release_month", TEXT),
    ("amount_minor", MINOR),
    optional=("release_month",),
)

# Per account, in order of `position`: OPENING, one line per cause of movement (`MOVEMENT_CAUSES`), CLOSING and
# UNEXPLAINED, which is closing - opening - movements. Signed by the account's normal side.
ROLL_FORWARD = _report(
    ("account", TEXT),
    ("position", COUNT),
    ("line", TEXT),
    ("amount_minor", MINOR),
)
MOVEMENT_CAUSES = ("INVOICED", "EARNED", "CREDITED", "VOIDED", "CAUGHT_UP", "MANUAL")

# One row per obligation id: what invoice, credit notes and voids leave of it. `status` is NOT_STARTED, IN_PROGRESS,
# SATISFIED (all earned) or CANCELLED (credited or voided whole). `remaining_minor` = total - earned.
OBLIGATION_REGISTER = _report(
    ("obligation_id", TEXT),
    *_CUSTOMER,
    *_PRODUCT,
    ("contract_id", TEXT),
    ("source", TEXT),
    ("invoice_id", TEXT),
    ("invoice_number", TEXT),
    ("recognition_method", TEXT),
    ("service_start", DATE),
    ("service_end", DATE),
    ("accounting_date", DATE),
    ("original_minor", MINOR),
    ("total_minor", MINOR),
    ("earned_minor", MINOR),
    ("billed_minor", MINOR),
    ("remaining_minor", MINOR),
    ("deferred_minor", MINOR),
    ("unbilled_minor", MINOR),
    ("status", TEXT),
    ("landed_file", TEXT),
    ("landed_row", COUNT),
    optional=("service_start", "service_end", "accounting_date", "landed_row"),
)

# One row per account. Balances are debits less credits, whatever the normal side: closing = opening + debit - credit,
# and the accounts of a ledger add up to 0.
TRIAL_BALANCE = _report(
    ("account", TEXT),
    ("opening_minor", MINOR),
    ("debit_minor", MINOR),
    ("credit_minor", MINOR),
    ("closing_minor", MINOR),
)

# One row per time band from the month's end on, in order of `position`, and UNSCHEDULED. Billed: what is in Deferred;
# unbilled: contracted (billing schedules), neither invoiced nor earned yet.
REMAINING_PERFORMANCE_OBLIGATIONS = _report(
    ("position", COUNT),
    ("band", TEXT),
    ("billed_minor", MINOR),
    ("unbilled_minor", MINOR),
    ("total_minor", MINOR),
)

# Recognized revenue of the customers whose first revenue fell into `cohort_month`, by the month it was earned in.
# `customers` counts those with revenue in `revenue_month`. All rows add up to the Recognized balance.
REVENUE_COHORTS = _report(
    ("cohort_month", TEXT),
    ("revenue_month", TEXT),
    ("customers", COUNT),
    ("recognized_minor", MINOR),
)

# What the schedules will recognize in later months, per product and method; `revenue_month` is null for what has no
# date yet. `billed_minor` is earned out of what is invoiced by the month's end, `unbilled_minor` out of contracts that
# are not. All rows + recognized to date = booked (all that is contracted).
REVENUE_FORECAST = _report(
    *_PRODUCT,
    ("recognition_method", TEXT),
    ("revenue_month", TEXT),
    ("billed_minor", MINOR),
    ("unbilled_minor", MINOR),
    ("recognized_minor", MINOR),
    optional=("revenue_month",),
)

# Every report of SPEC 8 by the name of its asset, in the order of the chain.
REPORTS: Mapping[str, pa.Schema] = MappingProxyType(
    {
        "trial_balance": TRIAL_BALANCE,
        "roll_forward": ROLL_FORWARD,
        "deferred_revenue": DEFERRED_REVENUE,
        "deferred_revenue_totals": DEFERRED_REVENUE_TOTALS,
        "revenue_waterfall": REVENUE_WATERFALL,
        "obligation_register": OBLIGATION_REGISTER,
        "remaining_performance_obligations": REMAINING_PERFORMANCE_OBLIGATIONS,
        "revenue_cohorts": REVENUE_COHORTS,
        "revenue_forecast": REVENUE_FORECAST,
    }
)
