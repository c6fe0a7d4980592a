"""Made-up contracts, and the reports that follow from them: a pack whose figures all tie, with any names in it.

A contract is invoiced for a year on the first of its first month and earned in twelve equal months, by days inside a
month. All else is sums of that, made here in plain Python.
"""

import calendar
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from revrec import tables
from revrec.accounts import Account, Ledger
from revrec.close_pack import ClosePack, ExportedFile, ManualEntryRow, TieRow
from revrec.close_pack.extracts import extract_of, waterfall_extract
from revrec.close_pack.journal_extracts import causes, journal_extracts
from revrec.reports.schemas import MOVEMENT_CAUSES, REPORTS

MONTHS = 12
FIRST_YEAR = 2024
ACCOUNTS = ("billed", "recognized", "deferred", "unbilled")
# Each dimension adds up to the same.
COUNTED = {"deferred_revenue_totals": pc.field("dimension") == "PRODUCT"}


@dataclass(frozen=True)
class Contract:
    """Of a customer; `start` counts months from January 2024, `monthly` is in minor units."""

    number: int
    customer: str
    product: str
    start: int
    monthly: int

    @property
    def customer_id(self) -> str:
        return f"cus_{self.customer}"

    @property
    def product_id(self) -> str:
        return f"prod_{self.product}"

    @property
    def billed_minor(self) -> int:
        return self.monthly * MONTHS

    def earned_minor(self, month: int) -> int:
        """By the end of a month."""
        return self.monthly * min(max(month - self.start + 1, 0), MONTHS)

    def row(self) -> dict[str, Any]:
        first = month_start(self.start)
        return {
            "customer_id": self.customer_id,
            "customer_name": self.customer,
            "product_id": self.product_id,
            "product_name": self.product,
            "contract_id": f"ctr_{self.number:04}",
            "invoice_id": f"inv_{self.number:04}",
            "invoice_number": f"INV-{first.year}-{self.number:04}",
            "obligation_id": f"obl_{self.number:06}",
            "recognition_method": "STRAIGHT_LINE",
            "service_start": first,
            "service_end": month_start(self.start + MONTHS) - dt.timedelta(days=1),
            "accounting_date": first,
            "landed_file": f"landing/invoice_line_items/{first:%Y-%m}/lines-1.csv",
            "landed_row": self.number + 2,
        }


def month_start(month: int) -> dt.date:
    return dt.date(FIRST_YEAR + month // 12, month % 12 + 1, 1)


def key(month: int) -> str:
    return f"{month_start(month):%Y-%m}"


def contracts_of(customers: Sequence[str], products: Sequence[str], month: int) -> list[Contract]:
    """Two contracts a customer, begun in different months, the first of them in the last year and a half."""
    found = []
    for place, customer in enumerate(customers):
        for turn in range(2):
            number = 2 * place + turn
            start = month - (number * 5) % 17
            found.append(
                Contract(
                    number, customer, products[(place + turn) % len(products)], start, 41_250 + 13_777 * (number % 19)
                )
            )
    return found


def make_pack(contracts: Sequence[Contract], month: int = 23, ledger: Ledger | None = None, **more: Any) -> ClosePack:
    """The pack of a month; `more` replaces any of its parts."""
    ledger = ledger or Ledger("default", "USD")
    begun = [contract for contract in contracts if contract.start <= month]
    rows = {
        "trial_balance": _trial_balance(begun, month),
        "roll_forward": _roll_forward(begun, month),
        "deferred_revenue": list(_deferred_revenue(begun, month)),
        "deferred_revenue_totals": _deferred_totals(list(_deferred_revenue(begun, month))),
        "revenue_waterfall": _waterfall(begun, month),
        "obligation_register": list(_register(begun, month)),
        "remaining_performance_obligations": _remaining(begun, month),
        "revenue_cohorts": _cohorts(begun, month),
        "revenue_forecast": _forecast(begun, month),
    }
    report_tables = {name: table_of(rows[name], schema, ledger, month) for name, schema in REPORTS.items()}
    reports = {name: extract_of(name, table, COUNTED.get(name)) for name, table in report_tables.items()}
    waterfall = report_tables["revenue_waterfall"]
    reports["revenue_waterfall"] = waterfall_extract(
        lambda columns: waterfall.select(columns).to_batches(), waterfall.schema
    )
    papers, entries = report_tables["deferred_revenue"], _journals(begun, month, ledger)
    with duckdb.connect(":memory:") as connection:
        journals = journal_extracts(connection, lambda columns: entries.select(columns).to_batches())
        documents = papers.filter(pc.is_in(papers["obligation_id"], journals.obligations))
        cause = causes(connection, journals.embedded, documents)
    parts: dict[str, Any] = {
        "ledger": ledger,
        "month": key(month),
        "entity_name": "Acme Inc",
        "status": "Open",
        "reports": reports,
        "journals": journals,
        "embedded": journals.embedded.append_column("cause", cause),
        "documents": documents,
        "checks": (
            TieRow("trial balance adds up to nothing", True, "0.00"),
            TieRow("Remaining = waterfall = Deferred", True, "equal to the cent"),
        ),
        "previous": {
            Account(row["account"]): abs(row["debit_minor"] - row["credit_minor"])
            for row in _trial_balance(begun, month - 1)
        },
        "exports": (ExportedFile(f"exports/generic/{key(month)}/{ledger.key}.csv", 1240, 5, 5, "ab" * 32),),
        "parameters": {"As of": "all that has landed", "Policy SHA-256": "cd" * 32, "Engine": "0.1.0"},
    }
    return ClosePack(**(parts | more))


def table_of(rows: Iterable[Mapping[str, Any]], schema: pa.Schema, ledger: Ledger, month: int) -> pa.Table:
    common = {"month": key(month), "entity": ledger.entity, "currency": ledger.currency}
    return pa.Table.from_pylist([common | dict(row) for row in rows], schema=schema)


def manual_journal(name: str) -> ManualEntryRow:
    return ManualEntryRow(
        id=name,
        date=dt.date(2025, 12, 31),
        narrative=name,
        entries="DEBIT deferred 12.00; CREDIT recognized 12.00",
        prepared_by=name,
        approved_by="Robin Auditor",
    )


def _position(contracts: Sequence[Contract], month: int) -> dict[str, int]:
    """Balance of each account at the end of a month, debits less credits."""
    billed = sum(contract.billed_minor for contract in contracts if contract.start <= month)
    earned = sum(contract.earned_minor(month) for contract in contracts)
    return {"billed": billed, "recognized": -earned, "deferred": earned - billed, "unbilled": 0}


def _trial_balance(contracts: Sequence[Contract], month: int) -> list[dict[str, Any]]:
    opening, closing = _position(contracts, month - 1), _position(contracts, month)
    invoiced = sum(contract.billed_minor for contract in contracts if contract.start == month)
    earned = opening["recognized"] - closing["recognized"]
    moved = {"billed": (invoiced, 0), "recognized": (0, earned), "deferred": (earned, invoiced), "unbilled": (0, 0)}
    return [
        {
            "account": account,
            "opening_minor": opening[account],
            "debit_minor": moved[account][0],
            "credit_minor": moved[account][1],
            "closing_minor": closing[account],
        }
        for account in ACCOUNTS
    ]


def _roll_forward(contracts: Sequence[Contract], month: int) -> list[dict[str, Any]]:
    found = []
    sign = {"billed": 1, "recognized": -1, "deferred": -1, "unbilled": 1}
    for row in _trial_balance(contracts, month):
        account = row["account"]
        invoiced, earned = {
            "billed": (row["debit_minor"], 0),
            "deferred": (row["credit_minor"], -row["debit_minor"]),
            "recognized": (0, row["credit_minor"]),
            "unbilled": (0, 0),
        }[account]
        lines = {
            "OPENING": sign[account] * row["opening_minor"],
            **dict.fromkeys(MOVEMENT_CAUSES, 0),
            "INVOICED": invoiced,
            "EARNED": earned,
            "CLOSING": sign[account] * row["closing_minor"],
            "UNEXPLAINED": 0,
        }
        found += [
            {"account": account, "position": place, "line": line, "amount_minor": amount}
            for place, (line, amount) in enumerate(lines.items())
        ]
    return found


def _deferred_revenue(contracts: Sequence[Contract], month: int) -> Iterable[dict[str, Any]]:
    for contract in contracts:
        rest = contract.billed_minor - contract.earned_minor(month)
        row = contract.row()
        yield row | {
            "document": "INVOICE",
            "document_id": row["invoice_id"],
            "document_number": row["invoice_number"],
            "contracted_minor": contract.billed_minor,
            "invoiced_minor": contract.billed_minor,
            "recognized_minor": contract.earned_minor(month),
            "balance_minor": rest,
            "remaining_minor": rest,
            "unbilled_minor": 0,
            "current_minor": rest,
            "non_current_minor": 0,
            "age_days": 30 * (month - contract.start),
            "ageing": "0-30 days" if rest else "",
            "run_id": "run-1",
        }


def _deferred_totals(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for dimension, (column, name) in {
        "CUSTOMER": ("customer_id", "customer_name"),
        "PRODUCT": ("product_id", "product_name"),
        "INVOICE": ("invoice_id", "invoice_number"),
        "METHOD": ("recognition_method", "recognition_method"),
    }.items():
        for value in sorted({row[column] for row in rows}):
            own = [row for row in rows if row[column] == value]
            amounts = [each for each in own[0] if each.endswith("_minor")]
            sums = {each: sum(row[each] for row in own) for each in amounts}
            found.append({"dimension": dimension, "key": value, "name": own[0][name], "schedules": len(own)} | sums)
    return found


def _waterfall(contracts: Sequence[Contract], month: int) -> list[dict[str, Any]]:
    amounts: Counter[tuple[str, ...]] = Counter()
    for contract in contracts:
        for level, product, name in (("CUSTOMER", "", ""), ("PRODUCT", contract.product_id, contract.product)):
            prefix = (contract.customer_id, level, contract.customer, product, name)
            amounts[*prefix, "BOOKED", ""] += contract.billed_minor
            amounts[*prefix, "RECOGNIZED", ""] += contract.earned_minor(month)
            amounts[*prefix, "REMAINING", ""] += contract.billed_minor - contract.earned_minor(month)
            for later in range(month + 1, contract.start + MONTHS):
                amounts[*prefix, "RELEASE", key(later)] += contract.monthly
    names = ("customer_id", "level", "customer_name", "product_id", "product_name", "figure", "release_month")
    rows = [dict(zip(names, prefix, strict=True)) for prefix in sorted(amounts)]
    return [
        row | {"release_month": row["release_month"] or None, "amount_minor": amounts[prefix]}
        for prefix, row in zip(sorted(amounts), rows, strict=True)
    ]


def _register(contracts: Sequence[Contract], month: int) -> Iterable[dict[str, Any]]:
    for contract in contracts:
        rest = contract.billed_minor - contract.earned_minor(month)
        yield contract.row() | {
            "source": "INVOICE",
            "original_minor": contract.billed_minor,
            "total_minor": contract.billed_minor,
            "earned_minor": contract.earned_minor(month),
            "billed_minor": contract.billed_minor,
            "remaining_minor": rest,
            "deferred_minor": rest,
            "unbilled_minor": 0,
            "status": "IN_PROGRESS" if rest else "SATISFIED",
        }


def _releases(contracts: Sequence[Contract], month: int) -> Iterable[tuple[Contract, int]]:
    for contract in contracts:
        for later in range(month + 1, contract.start + MONTHS):
            yield contract, later


def _remaining(contracts: Sequence[Contract], month: int) -> list[dict[str, Any]]:
    bands = Counter({"0-3 months": 0, "3-6 months": 0, "6-12 months": 0})
    for contract, later in _releases(contracts, month):
        ahead = later - month
        bands["0-3 months" if ahead <= 3 else "3-6 months" if ahead <= 6 else "6-12 months"] += contract.monthly
    return [
        {"position": place, "band": band, "billed_minor": amount, "unbilled_minor": 0, "total_minor": amount}
        for place, (band, amount) in enumerate(bands.items())
    ]


def _cohorts(contracts: Sequence[Contract], month: int) -> list[dict[str, Any]]:
    first: dict[str, int] = {}
    for contract in contracts:
        first[contract.customer] = min(first.get(contract.customer, month), contract.start)
    amounts: Counter[tuple[int, int]] = Counter()
    customers: dict[tuple[int, int], set[str]] = {}
    for contract in contracts:
        for earned in range(contract.start, min(contract.start + MONTHS, month + 1)):
            amounts[first[contract.customer], earned] += contract.monthly
            customers.setdefault((first[contract.customer], earned), set()).add(contract.customer)
    return [
        {
            "cohort_month": key(cohort),
            "revenue_month": key(earned),
            "customers": len(customers[cohort, earned]),
            "recognized_minor": amount,
        }
        for (cohort, earned), amount in sorted(amounts.items())
    ]


def _forecast(contracts: Sequence[Contract], month: int) -> list[dict[str, Any]]:
    amounts: Counter[tuple[str, int]] = Counter()
    for contract, later in _releases(contracts, month):
        amounts[contract.product, later] += contract.monthly
    return [
        {
            "product_id": f"prod_{product}",
            "product_name": product,
            "recognition_method": "STRAIGHT_LINE",
            "revenue_month": key(later),
            "billed_minor": amount,
            "unbilled_minor": 0,
            "recognized_minor": amount,
        }
        for (product, later), amount in sorted(amounts.items())
    ]


def _journals(contracts: Sequence[Contract], month: int, ledger: Ledger) -> pa.Table:
    first = month_start(month)
    days = calendar.monthrange(first.year, first.month)[1]
    rows: list[dict[str, Any]] = []
    number = 0
    for contract in contracts:
        if not contract.start <= month < contract.start + MONTHS:
            continue
        number += 1
        of_contract = {name: value for name, value in contract.row().items() if name in tables.DAILY_JOURNALS.names}
        common = of_contract | {
            "entity": ledger.entity,
            "currency": ledger.currency,
            "journal_number": f"RR-{first:%Y%m}-{number:06}",
            **dict.fromkeys(("credit_note_id", "credit_note_number", "manual_journal_id"), ""),
            "source": "INVOICE",
            "type": "SYSTEM",
            "first_day": first,
            "effective_first_day": first,
            "run_id": "run-1",
        }
        if contract.start == month:
            amount = contract.billed_minor
            rows.append(common | _stretch("BILLED_DEFERRED", "billed", "deferred", "Invoiced", first, 1, 0, amount))
        a_day = contract.monthly // days
        last = contract.monthly - a_day * (days - 1)
        rows.append(common | _stretch("EARNED_DEFERRED", "deferred", "recognized", "Earned", first, days, a_day, last))
    return pa.Table.from_pylist(rows, schema=tables.DAILY_JOURNALS)


def _stretch(
    kind: str, debit: str, credit: str, narrative: str, first: dt.date, days: int, a_day: int, last: int
) -> dict[str, Any]:
    return {
        "kind": kind,
        "debit_account": debit,
        "credit_account": credit,
        "narrative": narrative,
        "days": days,
        "amount_a_day_minor": a_day,
        "amount_last_day_minor": last,
        "amount_minor": a_day * (days - 1) + last,
        "effective_last_day": first + dt.timedelta(days=days - 1),
    }
