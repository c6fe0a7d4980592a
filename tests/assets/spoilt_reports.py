"""What can go wrong with a month's reports, and the figures that their checks must show of it.

What belongs here: cases on the books of `conftest.py`. What does not: the test that runs them (`test_checks.py`).
"""

from assets.report_ties import TIES
from tests.assets.spoiling import POSTING_MONTH, Spoil, cells, in_lake, less, more, without


def tie(report: str) -> tuple[str, str, str]:
    """The report's comparison with the ledger and the other reports."""
    return (report, next(name for each, name in TIES if each == report), POSTING_MONTH)


# Check, what is spoilt, and figures of a row at fault.
SPOILT_REPORTS: dict[str, tuple[tuple[str, str, str], Spoil, dict[str, str]]] = {
    "trial balance: a journal's debit was lost": (
        tie("trial_balance"),
        in_lake("trial_balance", POSTING_MONTH, cells(less, "closing_minor", row=2)),
        {"ledger": "default-JPY", "account": "deferred", "closing_minor": "-1", "schedules_minor": "0"},
    ),
    "roll-forward: a cent is unexplained": (
        ("roll_forward", "nothing_is_unexplained", POSTING_MONTH),
        in_lake("roll_forward", POSTING_MONTH, cells(more, "amount_minor", row=1)),
        {
            "ledger": "default-JPY",
            "account": "billed",
            "movements_minor": "90001",
            "opening_and_movements_minor": "90001",
            "closing_minor": "90000",
        },
    ),
    "deferred revenue: a schedule remains a cent higher": (
        tie("deferred_revenue"),
        in_lake("deferred_revenue", POSTING_MONTH, cells(more, "remaining_minor", row=-1)),
        {"ledger": "default-USD", "remaining_minor": "100001", "deferred_account_minor": "100000"},
    ),
    "deferred revenue: a schedule is missing": (
        tie("deferred_revenue"),
        in_lake("deferred_revenue", POSTING_MONTH, lambda table: table.slice(1)),
        {"ledger": "default-JPY", "invoiced_minor": "0", "billed_account_minor": "90000"},
    ),
    "totals: a customer's balance is a yen higher": (
        tie("deferred_revenue_totals"),
        in_lake("deferred_revenue_totals", POSTING_MONTH, cells(more, "balance_minor")),
        {"ledger": "default-JPY", "dimension": "CUSTOMER", "total_balance_minor": "1", "rows_balance_minor": "0"},
    ),
    "waterfall: a release is a cent higher": (
        tie("revenue_waterfall"),
        in_lake("revenue_waterfall", POSTING_MONTH, cells(more, "amount_minor", row=-7)),
        {"ledger": "default-USD", "remaining_minor": "100000", "released_later_minor": "100001"},
    ),
    "roll-forward: nothing says what is unexplained": (
        ("roll_forward", "nothing_is_unexplained", POSTING_MONTH),
        in_lake("roll_forward", POSTING_MONTH, without("line", "UNEXPLAINED")),
        {"ledger": "default-JPY", "account": "billed", "opening_and_movements_minor": "90000"},
    ),
    "totals: a dimension is missing": (
        tie("deferred_revenue_totals"),
        in_lake("deferred_revenue_totals", POSTING_MONTH, without("dimension", "METHOD")),
        {"ledger": "default-JPY", "dimension": "METHOD", "rows_schedules": "1"},
    ),
    "waterfall: a ledger is missing": (
        tie("revenue_waterfall"),
        in_lake("revenue_waterfall", POSTING_MONTH, without("currency", "USD")),
        {"ledger": "default-USD", "level": "PRODUCT", "remaining_minor": "0", "deferred_account_minor": "100000"},
    ),
    "waterfall: products are missing": (
        tie("revenue_waterfall"),
        in_lake("revenue_waterfall", POSTING_MONTH, without("level", "PRODUCT")),
        {"ledger": "default-USD", "level": "PRODUCT", "remaining_minor": "0", "deferred_account_minor": "100000"},
    ),
    "register: an obligation is missing": (
        tie("obligation_register"),
        in_lake("obligation_register", POSTING_MONTH, lambda table: table.slice(1)),
        {"ledger": "default-JPY", "expected": "1", "contracted_minor": "90000"},
    ),
    "remaining performance obligations: a band is a cent higher": (
        tie("remaining_performance_obligations"),
        in_lake("remaining_performance_obligations", POSTING_MONTH, cells(more, "billed_minor", row=7)),
        {"ledger": "default-USD", "billed_minor": "100001", "waterfall_remaining_minor": "100000"},
    ),
    "remaining performance obligations: a ledger is missing": (
        tie("remaining_performance_obligations"),
        in_lake("remaining_performance_obligations", POSTING_MONTH, without("currency", "USD")),
        {"ledger": "default-USD", "billed_minor": "0", "waterfall_remaining_minor": "100000"},
    ),
    "remaining performance obligations: a total is a cent lower": (
        tie("remaining_performance_obligations"),
        in_lake("remaining_performance_obligations", POSTING_MONTH, cells(less, "total_minor", row=7)),
        {"rpo_minor": "99999", "waterfall_and_unbilled_contracted_minor": "100000"},
    ),
    "cohorts: a month's revenue is a cent higher": (
        tie("revenue_cohorts"),
        in_lake("revenue_cohorts", POSTING_MONTH, cells(more, "recognized_minor", row=-1)),
        {"ledger": "default-USD", "cohorts_minor": "29001", "recognized_account_minor": "29000"},
    ),
    "forecast: a later month's revenue is a cent lower": (
        tie("revenue_forecast"),
        in_lake("revenue_forecast", POSTING_MONTH, cells(less, "recognized_minor", row=-1)),
        {"ledger": "default-USD", "forecast_and_recognized_minor": "128999", "booked_minor": "129000"},
    ),
}
