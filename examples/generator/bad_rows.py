"""The rows that must end in quarantine, each for a reason of its own.

What belongs here: the documents that carry a defect, the defect, and the machine-readable list of where the defects
landed. What does not: good documents, and the order desk's (`bad_services`). Every defect sits on an invoice (or
customer) of its own, so what it takes with it is plain to see.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from .catalogue import CUSTOMERS, PRODUCTS, Row
from .documents import Invoice, Landed, Line, Period, days_after

INVOICES = "invoices"
LINES = "invoice_line_items"

NAMELESS_CUSTOMER: Row = {"id": "cus_041", "legal_name": None, "updated_at": "2024-12-31T18:00:00Z"}


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that must be quarantined, where it landed and why.

    Attributes:
        reason: short, its own for every bad row.
        file: path relative to the store's root.
        row: in the file as a person sees it: a CSV's header is row 1, the first record of the other formats is.
        record_id: the record's id.
        field: the field at fault.
        value: what stands there; empty where it is missing.
        document_number: the invoice or credit note quarantined with it; None where it stands alone.
    """

    reason: str
    file: str
    row: int
    record_id: str
    field: str
    value: str
    document_number: str | None

    @property
    def lost(self) -> str:
        """What is quarantined because of it: an invoice or note with a bad line is quarantined whole (SPEC 10)."""
        return f"all of {self.document_number}" if self.document_number else "this row alone"


@dataclass(frozen=True, slots=True)
class Defect:
    """A defect in the `dataset` row of an otherwise good invoice, applied by `spoil` to that invoice's landing rows."""

    reason: str
    customer_id: str
    accounting_date: date
    amounts_minor: tuple[int, ...]
    dataset: str
    field: str
    spoil: Callable[[Landed], None]


def _put(dataset: str, field: str, value: str) -> Callable[[Landed], None]:
    """Return what overwrites a field of the invoice, or of its last line."""

    def spoil(landed: Landed) -> None:
        rows = landed.invoices if dataset == INVOICES else landed.lines
        rows[-1][field] = value

    return spoil


def _land_in_july(landed: Landed) -> None:
    landed.month = "2025-07"


def _lose_the_invoice(landed: Landed) -> None:
    landed.invoices.clear()


def _repeat_the_line(landed: Landed) -> None:
    landed.lines.append(dict(landed.lines[-1]))


def _defect(
    reason: str, customer_id: str, day: date, amounts_minor: tuple[int, ...], dataset: str, field: str, value: str
) -> Defect:
    return Defect(reason, customer_id, day, amounts_minor, dataset, field, _put(dataset, field, value))


DEFECTS = (
    _defect("unknown customer", "cus_004", date(2025, 2, 18), (359_00,), INVOICES, "customer_id", "cus_999"),
    _defect("unknown product", "cus_007", date(2025, 3, 19), (330_00, 495_00), LINES, "product_id", "prod_legacy"),
    _defect("unparsable date", "cus_013", date(2025, 4, 24), (495_00,), LINES, "service_period_start", "2025-02-30"),
    _defect(
        "end before start", "cus_019", date(2025, 5, 20), (538_50, 179_50), LINES, "service_period_end", "2025-05-19"
    ),
    Defect("wrong month folder", "cus_028", date(2025, 8, 4), (718_00,), INVOICES, "accounting_date", _land_in_july),
    _defect(
        "totals do not add up", "cus_031", date(2025, 8, 21), (1_500_00, 3_000_00), INVOICES, "net_total", "5000.00"
    ),
    Defect("invoice does not exist", "cus_037", date(2025, 9, 11), (165_00,), LINES, "invoice_id", _lose_the_invoice),
    _defect("too many decimals", "cus_039", date(2025, 10, 15), (98_000,), LINES, "net_total", "98000.50"),
    Defect("duplicate id in one file", "cus_023", date(2025, 11, 18), (179_50, 359_00), LINES, "id", _repeat_the_line),
)


def carriers() -> list[Invoice]:
    """Return the invoices to be spoilt, still good, labelled with the reason."""
    return [
        Invoice(
            customer=CUSTOMERS[defect.customer_id],
            accounting_date=defect.accounting_date,
            lines=tuple(
                _line(position, amount, defect.accounting_date) for position, amount in enumerate(defect.amounts_minor)
            ),
            status="SENT",
            label=defect.reason,
        )
        for defect in DEFECTS
    ]


def spoil(documents: Iterable[Landed]) -> None:
    """Apply each defect to the rows of its carrier, in place; other documents stay as they are."""
    defects = {defect.reason: defect for defect in DEFECTS}
    for landed in documents:
        if landed.label in defects:
            defects[landed.label].spoil(landed)


def locate(documents: Iterable[Landed], files: Mapping[str, list[Row]]) -> list[BadRow]:
    """Return where the spoilt rows are.

    Args:
        documents: all documents, after `spoil`.
        files: the rows of every landing file by its path, as they will be written.

    Returns:
        One entry a defect, in the order of the months, after the nameless customer.
    """
    by_label = {landed.label: landed for landed in documents if landed.label}
    located = [_locate_one(defect, by_label[defect.reason], files) for defect in DEFECTS]
    return [_nameless_customer(files), *located]


def markdown_table(bad_rows: Iterable[BadRow]) -> str:
    """Return the bad rows as the table that the README shows."""
    header = "| Why | File in `landing/` | Row | Record | Field | Value | Quarantined with it |\n"
    return (
        header
        + "|---|---|---|---|---|---|---|\n"
        + "".join(
            f"| {bad.reason} | `{bad.file.removeprefix('landing/')}` | {bad.row} | `{bad.record_id}` | `{bad.field}` "
            f"| {f'`{bad.value}`' if bad.value else '(empty)'} | {bad.lost} |\n"
            for bad in bad_rows
        )
    )


def _line(position: int, amount_minor: int, first_day: date) -> Line:
    """A line that is good in itself: 30 days of API access, then of the sandbox."""
    product_id = ("prod_api", "prod_sandbox")[position]
    return Line(
        group=product_id,
        product_id=product_id,
        title=f"{PRODUCTS[product_id][0]}, trial",
        amount_minor=amount_minor,
        list_price_minor=amount_minor,
        period=Period(first_day, days_after(first_day, 29)),
    )


def _locate_one(defect: Defect, landed: Landed, files: Mapping[str, list[Row]]) -> BadRow:
    spoilt = (landed.invoices if defect.dataset == INVOICES else landed.lines)[-1]
    folder = f"landing/{defect.dataset}/{landed.month}/"
    file, row = last_position(spoilt["id"], {path: rows for path, rows in files.items() if path.startswith(folder)})
    number = landed.invoices[0]["invoice_number"] if landed.invoices else None
    return BadRow(defect.reason, file, row, spoilt["id"] or "", defect.field, spoilt[defect.field] or "", number)


def _nameless_customer(files: Mapping[str, list[Row]]) -> BadRow:
    customer_id = NAMELESS_CUSTOMER["id"]
    customers = {path: rows for path, rows in files.items() if path.startswith("landing/customers/")}
    file, row = last_position(customer_id, customers)
    return BadRow("required value missing", file, row, customer_id or "", "legal_name", "", None)


def last_position(record_id: str | None, files: Mapping[str, list[Row]]) -> tuple[str, int]:
    """Return the file and row of the last record with that id: of two with one id, the second is one too many."""
    return [
        (path, row)
        for path, records in files.items()
        for row, record in enumerate(records, start=2 if path.endswith(".csv") else 1)
        if record["id"] == record_id
    ][-1]
