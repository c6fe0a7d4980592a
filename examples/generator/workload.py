"""The workload W(n) of the benchmarks: n annual invoice lines, as many as wanted.

What belongs here: making many landing rows fast, month by month and chunk by chunk, so that memory does not grow with
n. What does not: believable data (`acme`), measuring (benchmarks).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from revrec.errors import RevrecError

from . import DEFAULT_SEED
from .catalogue import Row
from .landing import encode, refuse_foreign_files

CUSTOMERS = 2_000
PRODUCTS = 50
# Customer k is billed in currency k modulo 3.
CURRENCIES = ("USD", "EUR", "JPY")
# Net totals of 100.00 to 99,999.99 (JPY 10,000 to 9,999,999): a sum of 5 million stays far inside int64.
_MIN_AMOUNT_MINOR, _MAX_AMOUNT_MINOR = 10_000, 9_999_999
# The process peaks at about 190 MB for any n; chunks of 250,000 lines took 310 MB and were hardly faster.
CHUNK_LINES = 50_000
_UPDATED_AT = "2026-01-01T00:00:00Z"

Array = npt.NDArray[Any]


class WorkloadError(RevrecError, ValueError):
    """A workload that cannot be made as asked."""


@dataclass(frozen=True, slots=True)
class _Month:
    """A document month: its folder's name, how many lines it has, and how many there were before it."""

    month: np.datetime64
    lines: int
    lines_before: int

    @property
    def paths(self) -> tuple[str, str]:
        name = f"{self.month}/workload.csv"
        return f"landing/invoices/{name}", f"landing/invoice_line_items/{name}"


def write_workload(
    out: Path, lines: int, *, months: int = 24, first_month: str = "2024-01", seed: int = DEFAULT_SEED
) -> list[Path]:
    """Write W(`lines`) to `out/landing`: one line an invoice, STRAIGHT_LINE, a year from the accounting date on.

    The lines spread evenly over the document months and over each month's days; `months=1` puts all into one month.

    Args:
        out: the store's root; made where it does not exist.
        lines: number of invoices and of lines.
        months: number of document months.
        first_month: the first of them, YYYY-MM.
        seed: the same seed gives the same bytes.

    Returns:
        The files written.

    Raises:
        WorkloadError: `lines` or `months` is not positive, or `first_month` is no month.
        ForeignLandingFilesError: `out/landing` holds files of another data set; nothing is written.
    """
    plan = _plan(lines, months, first_month)
    reference = _reference_rows()
    paths = [*reference, *(path for month in plan for path in month.paths)]
    refuse_foreign_files(out, paths)
    for path in paths:
        (out / path).parent.mkdir(parents=True, exist_ok=True)
    for path, rows in reference.items():
        (out / path).write_bytes(encode(path, rows))
    # Raw output of the bit generator: its stream is kept over numpy versions, those of Generator's methods are not.
    bits = np.random.PCG64(seed)
    for month in plan:
        _write_month(out, month, bits)
    return [out / path for path in paths]


def _plan(lines: int, months: int, first_month: str) -> list[_Month]:
    if lines < 1 or months < 1:
        raise WorkloadError(f"a workload of {lines} lines in {months} months: give at least one of each")
    try:
        first = np.datetime64(date.fromisoformat(f"{first_month}-01"), "M")
    except ValueError:
        raise WorkloadError(
            f"{first_month!r} is no month: give the first one as YYYY-MM, for example 2024-01"
        ) from None
    whole, rest = divmod(lines, months)
    counts = [whole + (index < rest) for index in range(min(months, lines))]
    return [
        _Month(first + np.timedelta64(index, "M"), count, sum(counts[:index])) for index, count in enumerate(counts)
    ]


def _reference_rows() -> dict[str, list[Row]]:
    customers: list[Row] = [
        {"id": f"cus_{number:04}", "legal_name": f"Customer {number:04} Inc.", "updated_at": _UPDATED_AT}
        for number in range(CUSTOMERS)
    ]
    products: list[Row] = [
        {
            "id": f"prod_{number:02}",
            "name": f"Product {number:02}",
            "recognition_method": "STRAIGHT_LINE",
            "updated_at": _UPDATED_AT,
        }
        for number in range(PRODUCTS)
    ]
    return {"landing/customers/customers.csv": customers, "landing/products/products.csv": products}


def _write_month(out: Path, month: _Month, bits: np.random.PCG64) -> None:
    invoices_path, lines_path = (out / path for path in month.paths)
    options = pa_csv.WriteOptions(quoting_style="none", quoting_header="none", batch_size=16_384)
    chunks = _chunks(month, bits)
    invoices, lines = next(chunks)
    with (
        pa_csv.CSVWriter(invoices_path, invoices.schema, write_options=options) as invoice_writer,
        pa_csv.CSVWriter(lines_path, lines.schema, write_options=options) as line_writer,
    ):
        while True:
            invoice_writer.write_batch(invoices)
            line_writer.write_batch(lines)
            following = next(chunks, None)
            if following is None:
                break
            invoices, lines = following


def _chunks(month: _Month, bits: np.random.PCG64) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Yield the month's invoices and their lines, at most `CHUNK_LINES` at a time."""
    first_day = month.month.astype("datetime64[D]")
    days = int((month.month + 1).astype("datetime64[D]").astype(np.int64) - first_day.astype(np.int64))
    for start in range(0, month.lines, CHUNK_LINES):
        size = min(CHUNK_LINES, month.lines - start)
        numbers = np.arange(size, dtype=np.int64) + (month.lines_before + start)
        # In the order of the days, as a billing system extracts them.
        day = (np.arange(size, dtype=np.int64) + start) * days // month.lines
        yield _batches(numbers, first_day + day, bits)


def _batches(numbers: Array, starts: Array, bits: np.random.PCG64) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    size = len(numbers)
    customers, products = _draw(bits, size, CUSTOMERS), _draw(bits, size, PRODUCTS)
    amounts = _MIN_AMOUNT_MINOR + _draw(bits, size, _MAX_AMOUNT_MINOR - _MIN_AMOUNT_MINOR + 1)
    currency = customers % len(CURRENCIES)

    net_total = _decimal_texts(amounts, currency)
    start_texts = _date_texts(starts)
    invoice_ids = _labels("inv_", numbers, 9)
    invoices = {
        "id": invoice_ids,
        "invoice_number": _labels("INV-", numbers, 9),
        "customer_id": _labels("cus_", customers, 4),
        "status": _repeat("SENT", size),
        "currency": pa.array(CURRENCIES).take(pa.array(currency)),
        "accounting_date": start_texts,
        "net_total": net_total,
        "updated_at": _repeat(_UPDATED_AT, size),
    }
    lines = {
        "id": _labels("li_", numbers, 9),
        "invoice_id": invoice_ids,
        "group_id": _labels("grp_", numbers, 9),
        "product_id": _labels("prod_", products, 2),
        "title": _repeat("Annual subscription", size),
        "kind": _repeat("CHARGE", size),
        "net_total": net_total,
        "service_period_start": start_texts,
        "service_period_end": _date_texts(_a_year_less_a_day_later(starts)),
    }
    return pa.RecordBatch.from_pydict(invoices), pa.RecordBatch.from_pydict(lines)


def _draw(bits: np.random.PCG64, size: int, bound: int) -> Array:
    """Draw int64 from 0 to `bound` - 1; the modulo's bias is below 1e-12 for these bounds."""
    return (bits.random_raw(size) % np.uint64(bound)).astype(np.int64)


def _a_year_less_a_day_later(starts: Array) -> Array:
    """Return the last day of the year that begins on each start: on 28 February 2025 for 29 February 2024."""
    months = starts.astype("datetime64[M]")
    day_of_month = starts - months.astype("datetime64[D]")
    last_days: Array = (months + 12).astype("datetime64[D]") + day_of_month - np.timedelta64(1, "D")
    return last_days


def _decimal_texts(amounts_minor: Array, currency: Array) -> pa.Array:
    """Return amounts of at least 100 minor units as decimal strings: two decimals, none for JPY."""
    digits = pc.cast(pa.array(amounts_minor), pa.string())
    two_decimals = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(digits, 0, -2), pc.utf8_slice_codeunits(digits, -2), "."
    )
    return pc.if_else(pa.array(currency == CURRENCIES.index("JPY")), digits, two_decimals)


def _date_texts(days: Array) -> pa.Array:
    return pc.cast(pa.array(days, pa.date32()), pa.string())


def _labels(prefix: str, numbers: Array, width: int) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0"), "")


def _repeat(text: str, size: int) -> pa.Array:
    return pa.repeat(text, size)
