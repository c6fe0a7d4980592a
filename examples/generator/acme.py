"""Acme Inc's year 2025 as landing files.

What belongs here: putting the parts together and laying them out in files and formats. What does not: the parts.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from . import DEFAULT_SEED
from .bad_rows import NAMELESS_CUSTOMER, BadRow, carriers, locate, spoil
from .bad_services import locate_faults
from .catalogue import Row, customer_rows, product_rows
from .chance import Chance
from .documents import Landed, number_documents
from .landing import SUFFIX_OF_MONTH, encode, files_of, write_files
from .one_offs import CORRECTED, corrected, one_off_invoices
from .services import build_services
from .subscriptions import subscription_invoices


@dataclass(frozen=True, slots=True)
class ExampleYear:
    """The landing files by path relative to the store's root, and the rows in them that must be quarantined."""

    files: dict[str, bytes]
    bad_rows: tuple[BadRow, ...]


def build_acme(seed: int = DEFAULT_SEED) -> ExampleYear:
    """Return the year's landing files.

    The same seed gives the same bytes; the Parquet files also follow the pyarrow version, which they name inside.
    """
    chance = Chance(seed)
    documents = number_documents([*subscription_invoices(chance), *one_off_invoices(chance), *carriers()])
    first_extract = [document.landed() for document in documents]
    spoil(first_extract)
    second_extract = [corrected(document) for document in documents if document.invoice.label == CORRECTED]

    services = build_services(documents)

    rows: dict[str, list[Row]] = {
        "landing/customers/customers.csv": [*customer_rows(), NAMELESS_CUSTOMER],
        "landing/products/products.csv": product_rows(),
        **_lay_out(first_extract, extract=1),
        **_lay_out(second_extract, extract=2),
        **files_of(services.rows),
    }
    files = {path: encode(path, records) for path, records in rows.items()}
    faults = locate_faults(rows, services.order_numbers, services.note_numbers)
    return ExampleYear(files, (*locate(first_extract, rows), *faults))


def write_acme(out: Path, seed: int = DEFAULT_SEED) -> ExampleYear:
    """Write the year to `out/landing` and return it.

    Raises:
        ForeignLandingFilesError: `out/landing` holds files of another data set; nothing is written.
    """
    year = build_acme(seed)
    write_files(out, year.files)
    return year


def _lay_out(documents: list[Landed], extract: int) -> dict[str, list[Row]]:
    """Return the rows of each month's invoices file and line items file; later extracts sort after earlier ones."""
    files: defaultdict[str, list[Row]] = defaultdict(list)
    for landed in documents:
        name = f"{landed.month}/extract-{extract}.{SUFFIX_OF_MONTH.get(landed.month, 'csv')}"
        files[f"landing/invoices/{name}"] += landed.invoices
        files[f"landing/invoice_line_items/{name}"] += landed.lines
    return dict(files)
