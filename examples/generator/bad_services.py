"""The rows of the order desk's datasets that must end in quarantine, each for a reason of its own.

What belongs here: these rows, wrong from the start, and the machine-readable list of them. What does not: good rows,
and the defects of subscriptions (`bad_rows`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from .bad_rows import BadRow, last_position
from .catalogue import Row
from .credit_notes import CreditNote, NoteLine
from .documents import Period
from .landing import Placed
from .metered import usage_row
from .orders import Order, charge, line_id, order
from .prepaid import grant_row, transaction_row
from .projects import milestone_row
from .scheduled import schedule_row


@dataclass(frozen=True, slots=True)
class Fault:
    """A wrong field of a row; `label` is that of the order or credit note that is quarantined with it."""

    reason: str
    dataset: str
    record_id: str
    field: str
    label: str | None = None


FAULTS = (
    Fault("unknown entity", "invoices", "inv_bad_entity", "entity_id", "bad_entity"),
    Fault("void without a date", "invoices", "inv_bad_void", "voided_at", "bad_void"),
    Fault(
        "bundle without selling price",
        "invoice_line_items",
        "li_bad_bundle_1",
        "standalone_selling_price",
        "bad_bundle",
    ),
    Fault("grant of another customer", "invoice_line_items", "li_bad_grant_1", "credit_grant_id", "bad_grant"),
    Fault("more than was invoiced", "credit_notes", "cn_bad_amount", "net_total", "bad_amount"),
    Fault("credited invoice does not exist", "credit_notes", "cn_bad_invoice", "invoice_id", "bad_invoice"),
    Fault("credited invoice is void", "credit_notes", "cn_bad_target", "invoice_id", "bad_target"),
    Fault(
        "credited line does not exist",
        "credit_note_line_items",
        "cnl_bad_line_1",
        "invoice_line_item_id",
        "bad_line",
    ),
    Fault("more than the whole line", "milestones", "ms_bad_percent", "percent"),
    Fault("amount beside percent", "milestones", "ms_bad_amount", "amount"),
    Fault("line without milestones", "milestones", "ms_bad_line", "invoice_line_item_id"),
    Fault("usage of an unknown product", "usage", "use_bad_product", "product_id"),
    Fault("usage that ends before it starts", "usage", "use_bad_period", "period_end"),
    Fault("yen with decimals", "usage", "use_bad_amount", "amount"),
    Fault("unknown frequency", "billing_schedules", "bs_bad_frequency", "frequency"),
    Fault("schedule of an unknown customer", "billing_schedules", "bs_bad_customer", "customer_id"),
    Fault("expires before it starts", "credit_grants", "cg_bad_expiry", "expiry_date"),
    Fault("grants nothing", "credit_grants", "cg_bad_amount", "amount"),
    Fault("transaction in the folder of another month", "credit_grant_transactions", "cgt_bad_month", "date"),
    Fault("more than the grant has left", "credit_grant_transactions", "cgt_bad_amount", "amount"),
)


def bad_orders() -> Iterator[Order]:
    """Yield the orders with a fault; they take numbers of the order desk's series."""
    gateway = charge("prod_gateway", "one", 700_00)
    yield order("bad_entity", "cus_004", date(2025, 5, 13), gateway, entity_id="asia")
    yield order("bad_void", "cus_004", date(2025, 6, 17), gateway, status="VOIDED")
    yield order("bad_bundle", "cus_002", date(2025, 7, 15), replace(gateway, bundle_id="no_prices"))
    paid = replace(gateway, credit_grant_id="cg_volume", credit_grant_minor=100_00)
    yield order("bad_grant", "cus_036", date(2025, 8, 19), paid)


def bad_credit_notes() -> list[CreditNote]:
    """Return the notes with a fault; they take numbers of the notes' series."""
    return [
        _note("bad_amount", "cus_001", date(2025, 6, 24), "starter_may", 5_000_00),
        _note("bad_target", "cus_011", date(2025, 6, 11), "withdrawn", 10_000),
        replace(_note("bad_invoice", "cus_012", date(2025, 7, 21), "migration", 100_00), invoice_id="inv_9999"),
        replace(
            _note("bad_line", "cus_022", date(2025, 8, 26), "warehouse", 100_00),
            lines=(NoteLine(title="Credit", amount_minor=100_00, of_line="li_99999"),),
        ),
    ]


def bad_rows_alone() -> Iterator[Placed]:
    """Yield the faulty rows that take nothing with them."""
    signing_on = line_id("sign_on", 1)
    yield milestone_row("ms_bad_percent", signing_on, date(2025, 12, 19), None, "50")
    yield milestone_row("ms_bad_amount", signing_on, date(2025, 10, 20), "100.00", "1")
    yield milestone_row("ms_bad_line", line_id("europe_trial", 1), date(2025, 9, 19), None, "10")
    november = Period(date(2025, 11, 1), date(2025, 11, 30))
    yield usage_row("use_bad_product", ("cus_017", "prod_fax", "USD"), november, "12.00")
    october = Period(date(2025, 10, 31), date(2025, 10, 1))
    yield usage_row("use_bad_period", ("cus_017", "prod_compute", "USD"), october, "30.00")
    yield usage_row("use_bad_amount", ("cus_018", "prod_compute", "JPY"), november, "1200.50")
    rest = Period(date(2025, 9, 1), date(2025, 12, 31))
    hosting = ("cus_010", "prod_hosting", "price_hosting_usd")
    yield schedule_row("bs_bad_frequency", hosting, 90_00, "WEEKLY", rest, "IN_ARREARS")
    known = schedule_row("bs_bad_customer", hosting, 90_00, "MONTHLY", rest, "IN_ARREARS")
    yield known._replace(row=known.row | {"customer_id": "cus_998"})
    yield grant_row("cg_bad_expiry", "cus_010", "Autumn credits", 300_00, date(2025, 9, 1), date(2025, 8, 1))
    yield grant_row("cg_bad_amount", "cus_010", "No credits", 0, date(2025, 9, 1), None)
    elsewhere = transaction_row("cgt_bad_month", "cg_volume", "DEBIT", "10.00", date(2025, 9, 30), None)
    yield elsewhere._replace(month="2025-10")
    yield transaction_row("cgt_bad_amount", "cg_open", "DEBIT", "600000", date(2025, 12, 20), None)


def locate_faults(
    files: Mapping[str, list[Row]], order_numbers: Mapping[str, str], note_numbers: Mapping[str, str]
) -> list[BadRow]:
    """Return where the faulty rows are.

    Args:
        files: the rows of every landing file by its path, as they will be written.
        order_numbers: invoice number by the order's label.
        note_numbers: credit note number by the note's label.
    """
    numbers = {**order_numbers, **note_numbers}
    return [_locate(fault, files, numbers) for fault in FAULTS]


def _locate(fault: Fault, files: Mapping[str, list[Row]], numbers: Mapping[str, str]) -> BadRow:
    folder = f"landing/{fault.dataset}/"
    file, row = last_position(fault.record_id, {path: rows for path, rows in files.items() if path.startswith(folder)})
    record = next(record for record in files[file] if record["id"] == fault.record_id)
    number = numbers[fault.label] if fault.label else None
    return BadRow(fault.reason, file, row, fault.record_id, fault.field, record[fault.field] or "", number)


def _note(label: str, customer_id: str, dated: date, of_order: str, amount_minor: int) -> CreditNote:
    line = NoteLine(title="Credit", amount_minor=amount_minor, of_line=line_id(of_order, 1))
    return CreditNote(
        label=label, customer_id=customer_id, accounting_date=dated, lines=(line,), invoice_id=f"inv_{of_order}"
    )
