"""The tables of a pack, one per report: which columns a reader sees of it.

What belongs here: columns, totals and ways down to journals of the reports that are shown row by row. What does not:
reports with a column per month (`month_views.py`), and journals and lists (`list_views.py`).
"""

from collections.abc import Mapping
from typing import Any

from revrec.accounts import Account
from revrec.close_pack.charts import CAUSE_NAMES
from revrec.close_pack.pack import ClosePack
from revrec.close_pack.views import Column, Kind, Row, TableView, cells_of, leads_to, rows_of, total_cells
from revrec.reports.schemas import MOVEMENT_CAUSES

_CUSTOMER = Column("Customer", Kind.NAME, "customer_name")
_PRODUCT = Column("Product", Kind.NAME, "product_name")
_METHOD = Column("Method", Kind.LABEL, "recognition_method")


def amount(label: str, source: str) -> Column:
    """A column of minor units."""
    return Column(label, Kind.AMOUNT, source)


def trial_balance(pack: ClosePack) -> TableView:
    """The four accounts."""
    extract = pack.reports["trial_balance"]
    columns = [
        Column("Account", Kind.LABEL, "account"),
        amount("Opening", "opening_minor"),
        amount("Debits", "debit_minor"),
        amount("Credits", "credit_minor"),
        amount("Closing", "closing_minor"),
    ]
    return TableView(
        name="trial_balance",
        title="Trial balance",
        intro="Debits less credits, whatever an account's normal side: the accounts add up to nothing.",
        columns=columns,
        rows=rows_of(extract, columns, pack.currency, leads_to(account="account")),
        total=total_cells(columns, extract.totals, pack.currency, "Total"),
        of=extract.of,
        file=pack.file_of("trial_balance"),
    )


def roll_forward(pack: ClosePack) -> TableView:
    """Opening to closing, a column per account."""
    by_line: dict[str, dict[str, Any]] = {}
    for row in pack.report("roll_forward").sort_by("position").to_pylist():
        by_line.setdefault(row["line"], {"line": row["line"]})[row["account"]] = row["amount_minor"]
    columns = [
        Column("Movement", Kind.LABEL, value=lambda row: CAUSE_NAMES[row["line"]]),
        *(Column(account.value.capitalize(), Kind.AMOUNT, account.value) for account in Account),
    ]
    rows = [
        Row(
            cells_of(row, columns, pack.currency),
            {"cause": line} if line in MOVEMENT_CAUSES else {},
            tone="" if line in MOVEMENT_CAUSES else "balance",
        )
        for line, row in by_line.items()
    ]
    return TableView(
        name="roll_forward",
        title="Roll-forward",
        intro="Opening balance, what moved it and closing balance, in the sign of each account's normal side. "
        "Unexplained must be nothing.",
        columns=columns,
        rows=rows,
        of=len(rows),
        file=pack.file_of("roll_forward"),
    )


def deferred_revenue(pack: ClosePack) -> TableView:
    """Every schedule."""
    columns = [
        _CUSTOMER,
        _PRODUCT,
        Column("Document", Kind.LABEL, "document"),
        Column("Number", Kind.ID, "document_number"),
        Column("Service period", Kind.DATE, value=_period),
        _METHOD,
        amount("Invoiced", "invoiced_minor"),
        amount("Recognized", "recognized_minor"),
        amount("Balance", "balance_minor"),
        amount("Remaining", "remaining_minor"),
        amount("Current", "current_minor"),
        amount("Non-current", "non_current_minor"),
        Column("Age", Kind.LABEL, "ageing"),
    ]
    return _schedules(
        pack,
        "deferred_revenue",
        "Deferred revenue",
        "One row per schedule, the largest first. Balance is what is still to be earned, Remaining what it left on the "
        "Deferred account.",
        columns,
        ["remaining_minor", "balance_minor", "invoiced_minor"],
    )


def obligation_register(pack: ClosePack) -> TableView:
    """Every performance obligation."""
    columns = [
        _CUSTOMER,
        _PRODUCT,
        Column("Obligation", Kind.NAME, "obligation_id"),
        Column("Contract", Kind.ID, "contract_id"),
        Column("Invoice", Kind.ID, "invoice_number"),
        _METHOD,
        amount("Total", "total_minor"),
        amount("Earned", "earned_minor"),
        amount("Billed", "billed_minor"),
        amount("Remaining", "remaining_minor"),
        amount("Deferred", "deferred_minor"),
        amount("Unbilled", "unbilled_minor"),
        Column("Status", Kind.LABEL, "status"),
    ]
    return _schedules(
        pack,
        "obligation_register",
        "Obligation register",
        "One row per performance obligation, the largest first: what invoice, credit notes and voids leave of it.",
        columns,
        ["remaining_minor", "total_minor"],
    )


def deferred_revenue_totals(pack: ClosePack) -> TableView:
    """The deferred revenue report added up in five ways."""
    extract = pack.reports["deferred_revenue_totals"]
    columns = [
        Column("By", Kind.LABEL, "dimension"),
        Column("Name", Kind.NAME, value=lambda row: row["name"] or row["key"] or "(none)"),
        Column("Schedules", Kind.COUNT, "schedules"),
        amount("Contracted", "contracted_minor"),
        amount("Invoiced", "invoiced_minor"),
        amount("Recognized", "recognized_minor"),
        amount("Balance", "balance_minor"),
        amount("Remaining", "remaining_minor"),
        amount("Unbilled", "unbilled_minor"),
        amount("Current", "current_minor"),
        amount("Non-current", "non_current_minor"),
    ]
    return TableView(
        name="deferred_revenue_totals",
        title="Deferred revenue, totals",
        intro="The schedules of the deferred revenue report added up by customer, product, invoice, method and service "
        "period; each way adds up to the same.",
        columns=columns,
        rows=rows_of(extract, columns, pack.currency, lambda row: {_DIMENSION_DRILL[row["dimension"]]: row["key"]}),
        total=total_cells(columns, extract.totals, pack.currency, "Total of each"),
        of=extract.of,
        file=pack.file_of("deferred_revenue_totals"),
        facets="Product",
    )


_DIMENSION_DRILL = {
    "CUSTOMER": "customer",
    "PRODUCT": "product",
    "INVOICE": "invoice",
    "METHOD": "method",
    "SERVICE_PERIOD": "period",
}


def remaining_performance_obligations(pack: ClosePack) -> TableView:
    """Time bands."""
    extract = pack.reports["remaining_performance_obligations"]
    columns = [
        Column("Time band", Kind.ID, "band"),
        amount("Invoiced", "billed_minor"),
        amount("Contracted, not invoiced", "unbilled_minor"),
        amount("Total", "total_minor"),
    ]
    return TableView(
        name="remaining_performance_obligations",
        title="Remaining performance obligations",
        intro="What is still to be earned, by when: out of the Deferred balance and of contracts not invoiced yet.",
        columns=columns,
        rows=rows_of(extract, columns, pack.currency),
        total=total_cells(columns, extract.totals, pack.currency, "Total"),
        of=extract.of,
        file=pack.file_of("remaining_performance_obligations"),
    )


def _schedules(
    pack: ClosePack, name: str, title: str, intro: str, columns: list[Column], by_size_of: list[str]
) -> TableView:
    """A report with a row per schedule, the largest open ones first: those are what a page and a print must not cut."""
    extract = pack.reports[name]
    return TableView(
        name=name,
        title=title,
        intro=intro,
        columns=columns,
        rows=rows_of(extract, columns, pack.currency, _schedule, by_size_of),
        total=total_cells(columns, extract.totals, pack.currency, "Total"),
        of=extract.of,
        file=pack.file_of(name),
    )


def _schedule(row: Mapping[str, Any]) -> Mapping[str, str]:
    """A manual journal is a schedule of its own, and no obligation."""
    is_manual = row.get("document") == "MANUAL"
    return {"manual": row["document_id"]} if is_manual else {"obligation": row["obligation_id"]}


def _period(row: Mapping[str, Any]) -> str:
    if row["service_start"] is None:
        return ""
    return f"{row['service_start']} – {row['service_end'] or ''}"
