"""JSONL files: one JSON object a line, in UTF-8.

What belongs here: splitting a file into lines and lines into fields. What does not: what the fields mean.

Amounts may be JSON numbers: their digits are kept as text and never become floats. Rows are counted by line, the first
being row 1; blank lines are counted and passed over.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from resources.landing.contents import Survey, binary_column, printable
from revrec.arrays import Int64Array
from revrec.parsing import RawRows, Record, UnreadableRow
from revrec.schemas import Dataset

# Lines are read in blocks of this size; a line longer than a block is longer than any row of a billing extract.
BLOCK_BYTES = 8 * 1024 * 1024

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n"
_NESTED = frozenset({dict, list})


@dataclass(frozen=True)
class _Block:
    """Whole lines of a file, or one line cut short because it is too long."""

    first_row: int
    content: bytes
    too_long: bool = False

    @property
    def line_count(self) -> int:
        return self.content.count(b"\n") + (not self.content.endswith(b"\n"))


def read_jsonl(stream: BinaryIO, dataset: Dataset, survey: Survey) -> Iterator[RawRows]:
    """Read a JSONL file.

    Args:
        stream: the file, at its start.
        dataset: what its lines are meant to be.
        survey: what is known of its bytes.
    """
    for block in _blocks(stream):
        if block.too_long:
            reason = f"the line is longer than {BLOCK_BYTES:,} bytes"
            text = block.content.decode("utf-8", "backslashreplace")
            yield RawRows.only_unreadable((UnreadableRow(block.first_row, text, reason),))
            continue
        columns = _flat_texts(block, dataset) if survey.is_utf8 else None
        if columns is None:
            yield _line_by_line(block, dataset)
        else:
            yield RawRows(columns, np.arange(block.first_row, block.first_row + columns.num_rows, dtype=np.int64))


def _blocks(stream: BinaryIO) -> Iterator[_Block]:
    row, rest = 1, stream.read(len(_BYTE_ORDER_MARK)).removeprefix(_BYTE_ORDER_MARK)
    while chunk := stream.read(BLOCK_BYTES):
        whole, newline, rest = (rest + chunk).rpartition(b"\n")
        if newline:
            block = _Block(row, whole + newline)
            yield block
            row += block.line_count
        if len(rest) > BLOCK_BYTES:
            yield _Block(row, rest[:BLOCK_BYTES], too_long=True)
            row, rest = row + 1, _after_line(stream)
    if rest:
        yield _Block(row, rest)


def _after_line(stream: BinaryIO) -> bytes:
    """Skip the rest of the line; returns what was read of the lines after it."""
    while chunk := stream.read(BLOCK_BYTES):
        _, newline, rest = chunk.partition(b"\n")
        if newline:
            return rest
    return b""


def _flat_texts(block: _Block, dataset: Dataset) -> pa.RecordBatch | None:
    """The block's fields by pyarrow, where every line is an object of known fields that hold text or null; else None.

    pyarrow ends the process on a block that starts with null (github.com/apache/arrow/issues/47409) and does not say
    which line a row comes from. So it only gets blocks in which every line starts with a brace; it refuses nested
    values, so that no row spans two of those lines, and as many rows as lines means one row a line.
    """
    content = block.content
    if content.startswith(b"{") + content.count(b"\n{") != block.line_count:
        return None
    schema = pa.schema([(field.name, pa.string()) for field in dataset.fields])
    try:
        table = arrow_json.read_json(
            pa.BufferReader(content),
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(content) + 1),
            parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != block.line_count:
        return None
    arrays = [pc.cast(column.combine_chunks(), pa.binary()) for column in table.columns]
    return pa.RecordBatch.from_arrays(arrays, names=table.schema.names)


def _line_by_line(block: _Block, dataset: Dataset) -> RawRows:
    names = {field.name for field in dataset.fields}
    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    unreadable: list[UnreadableRow] = []
    for number, line in enumerate(block.content.split(b"\n"), block.first_row):
        text = line.strip(_BLANKS).decode("utf-8", "surrogateescape")
        if not text:
            continue
        row = _parse_line(text, names)
        if isinstance(row, str):
            unreadable.append(UnreadableRow(number, printable(text), row))
        else:
            rows.append(row)
            numbers.append(number)

    def full_records(positions: Int64Array) -> list[Record]:
        return [{printable(name): _shown(value) for name, value in rows[at].items()} for at in positions.tolist()]

    columns = {name: _text_column([row.get(name) for row in rows]) for name in names}
    return RawRows(
        pa.RecordBatch.from_pydict(columns), np.array(numbers, dtype=np.int64), tuple(unreadable), full_records
    )


def _parse_line(text: str, names: set[str]) -> dict[str, Any] | str:
    """The line's object, or what is wrong with it."""
    try:
        row = _DECODER.decode(text)
    except RecursionError:
        return "the line is nested too deeply to be a row"
    except ValueError as error:
        return f"the line is not JSON: {error}"
    if not isinstance(row, dict):
        return "the line is not a JSON object"
    if _NESTED.isdisjoint(map(type, row.values())):
        return row
    nested = sorted(name for name in names & row.keys() if type(row[name]) in _NESTED)
    return f"{', '.join(nested)} holds a list or an object where text is expected" if nested else row


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return row


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


# Numbers stay the text they are: a float would change the digits of an amount, an int refuses more than 4,300 of them.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_without_repetition, parse_float=str, parse_int=str, parse_constant=_refuse_constant
)


def _text_column(values: list[Any]) -> pa.Array:
    # true and false are the only values left that are not text
    has_boolean = any(isinstance(value, bool) for value in values)
    return binary_column([_as_text(value) for value in values] if has_boolean else values)


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None


def _shown(value: Any) -> str | None:
    try:
        text = json.dumps(value, ensure_ascii=False) if type(value) in _NESTED else _as_text(value)
    except RecursionError:  # writing may take a few levels more than reading did
        return "(nested too deeply to be shown)"
    return printable(text) if text else None
