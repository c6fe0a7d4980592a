"""A report's rows as lines of CSV: UTF-8, comma, LF, quoted by RFC 4180, nothing a spreadsheet would run.

What belongs here: writing columns as they are. What does not: which columns a report has.
"""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from revrec.columns import integers
from revrec.exports.cells import header_line, text_cells
from revrec.money import amount_texts, currency_exponent


def report_header(schema: pa.Schema) -> tuple[str, ...]:
    """Names of a report's columns: of an amount, without its unit, as it is written as a decimal."""
    return tuple(name.removesuffix("_minor") for name in schema.names)


def table_lines(batches: Iterable[pa.RecordBatch], schema: pa.Schema, currency: str) -> Iterator[bytes]:
    """One ledger's report as a CSV file, in chunks.

    Args:
        batches: of the schema; columns of minor units end with `_minor`.
        schema: of the report.
        currency: the ledger's.
    """
    yield header_line(report_header(schema))
    for batch in batches:
        if batch.num_rows:
            yield joined([report_cells(batch, name, currency) for name in schema.names])


def report_cells(batch: pa.RecordBatch, name: str, currency: str) -> pa.Array:
    """Cells of one column: amounts as decimals of the currency, dates in ISO 8601, all else as text; empty without a
    value."""
    column = batch[name]
    if name.endswith("_minor"):
        return amount_texts(integers(column), currency_exponent(currency))
    texts = pc.fill_null(column.cast(pa.string()), "")
    if pa.types.is_date32(column.type) or pa.types.is_integer(column.type):
        return texts
    return text_cells(texts)


def joined(cells: Sequence[pa.Array]) -> bytes:
    """Lines of cells, one after the other.

    Raises:
        ArrowInvalid: a cell is missing: its line would be, too.
    """
    ends = pc.binary_join_element_wise(cells[-1], "\n", "", null_handling="emit_null")
    lines = pc.binary_join_element_wise(*cells[:-1], ends, ",", null_handling="emit_null")
    if lines.null_count:
        raise pa.ArrowInvalid(f"{lines.null_count} line(s) of a report lack a cell: report this")
    # copied into an array of its own first: a slice would share a larger buffer
    return bytes(pa.concat_arrays([lines.cast(pa.large_string())]).buffers()[2])
