"""Sound landed files of every dataset and format, and what may happen to one on its way.

What belongs here: writing sound rows, spoiling bytes, values that no field expects, and counting a file's rows without
revrec. What does not: reading with revrec, and judging what it made of a file (`test_fuzz`).
"""

import csv
import datetime as dt
import decimal
import io
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from revrec.schemas import Dataset
from tests.revrec.parsing.conftest import good_row

# A little more than the longest record that a CSV file may have.
_HUGE = 140_000
_EXACT = decimal.Context(prec=60)


def sound_rows(dataset: Dataset, count: int) -> list[dict[str, str]]:
    """Rows of January 2025 that differ in their ids alone: r1, r2, ..."""
    row = {name: str(value) for name, value in good_row(dataset).items()}
    return [row | {"id": f"r{number}"} for number in range(1, count + 1)]


def table_of(dataset: Dataset, rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows as columns of text."""
    return pa.table({field.name: pa.array([row[field.name] for row in rows], pa.string()) for field in dataset.fields})


def parquet_bytes(table: pa.Table) -> bytes:
    """A table as a Parquet file."""
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def _csv_bytes(dataset: Dataset, rows: Sequence[dict[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    # of its own accord the writer leaves half a line end bare
    dialect = "unix" if any("\r" in value for row in rows for value in row.values()) else "excel"
    writer = csv.DictWriter(text, [field.name for field in dataset.fields], dialect=dialect, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _jsonl_bytes(_: Dataset, rows: Sequence[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _parquet_bytes(dataset: Dataset, rows: Sequence[dict[str, Any]]) -> bytes:
    return parquet_bytes(table_of(dataset, rows))


FORMAT_WRITERS: dict[str, Callable[[Dataset, Sequence[dict[str, Any]]], bytes]] = {
    "csv": _csv_bytes,
    "jsonl": _jsonl_bytes,
    "parquet": _parquet_bytes,
}


def rows_in(content: bytes, ending: str) -> int | None:
    """Rows of a file, blank ones aside, counted by Python's csv and json or from Parquet's footer.

    Returns:
        None where the file says nothing certain: CSV that breaks RFC 4180, Parquet that cannot be opened.
    """
    if ending == "parquet":
        return _rows_of_parquet(content)
    if ending == "jsonl":
        return sum(bool(line.strip(b" \t\r")) for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n"))
    text = content.decode("utf-8-sig", "surrogateescape")
    try:
        header, *records = csv.reader(io.StringIO(text, newline=""), strict=True)
    except (csv.Error, ValueError):
        return None
    return sum(any(record) or len(record) not in (0, len(header)) for record in records)


def _rows_of_parquet(content: bytes) -> int | None:
    try:
        return int(pq.read_metadata(io.BytesIO(content)).num_rows)
    except (pa.ArrowException, OSError, ValueError):
        return None


def intact_ids(sound: bytes, spoilt: bytes, ending: str) -> set[str]:
    """Ids of the sound lines that still stand in a spoilt text file, each as a line of its own.

    In a CSV file no line is beyond doubt once there are quotes, another header, or half of a line end.
    """
    lines = sound.split(b"\n")[:-1]
    standing = {line.removesuffix(b"\r") for line in spoilt.removeprefix(b"\xef\xbb\xbf").split(b"\n")}
    if ending == "csv":
        lines = lines[1:]
        header = spoilt.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].removesuffix(b"\r")
        if b'"' in spoilt or b"\r" in spoilt.replace(b"\r\n", b"\n") or header != sound.partition(b"\n")[0]:
            return set()
        return {line.partition(b",")[0].decode() for line in lines if line in standing}
    return {str(json.loads(line)["id"]) for line in lines if line in standing}


def _huge_text() -> str:
    """Made on demand: a failure would print a constant in full."""
    return "x" * _HUGE


PIECES = [b"\x00", b"\xef\xbb\xbf", b'"', b'""', b",", b";", b"\t", b"\r", b"\r\n", b"\n", b"\n\n", b"\\", b"{", b"}"]
PIECES += [b"[1]", b"null", b"NaN", b"\xff", b"\xed\xa0\x80", b"\xc3", "é\u2028\u202e\U0001f4b6".encode()]
PIECES += [b"\x1a", b"PAR1", b"," * 50, b"[" * 200]

Spoil = Callable[[bytes], bytes]


def _at(share: float, content: bytes) -> int:
    return int(share * len(content))


def _insert(share: float, piece: bytes) -> Spoil:
    return lambda content: content[: _at(share, content)] + piece + content[_at(share, content) :]


def _insert_huge(share: float) -> Spoil:
    return _insert(share, _huge_text().encode())


def _flip(share: float, mask: int) -> Spoil:
    def flip(content: bytes) -> bytes:
        at = _at(share, content)
        return content[:at] + bytes(byte ^ mask for byte in content[at : at + 1]) + content[at + 1 :]

    return flip


def _cut(share: float, length: int) -> Spoil:
    return lambda content: content[: _at(share, content)] + content[_at(share, content) + length :]


def _repeat_line(share: float, _: int) -> Spoil:
    def repeat(content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        at = int(share * len(lines))
        return b"".join([*lines[:at], *lines[at : at + 1], *lines[at:]])

    return repeat


WHOLE_FILE: list[Spoil] = [
    lambda content: content.replace(b",", b";"),
    lambda content: content.replace(b",", b"\t"),
    lambda content: content.replace(b"\n", b"\r\n"),
    lambda content: content.replace(b"\n", b"\r"),
    lambda content: b"\xef\xbb\xbf" + content,
    lambda content: b"\n" + content,
    lambda content: content.decode("latin-1").encode("utf-16"),
    lambda content: content.upper(),
    lambda content: content + content,
    lambda content: content[:-1],
]
_SHARES = st.floats(0, 0.999)
SPOILS: st.SearchStrategy[Spoil] = st.one_of(
    st.builds(_insert, _SHARES, st.sampled_from(PIECES)),
    st.builds(_insert_huge, _SHARES),
    st.builds(_flip, _SHARES, st.integers(1, 255)),
    st.builds(_cut, _SHARES, st.integers(1, 300)),
    st.builds(_cut, _SHARES, st.just(1 << 30)),
    st.builds(_repeat_line, _SHARES, st.just(0)),
    st.sampled_from(WHOLE_FILE),
)

# Values near or far beyond what a field may hold, whatever its type.
TEXTS = [
    "",
    " ",
    "r1",
    " r1",
    "a\x00b",
    "a\nb",
    "a\rb",
    "\ufeff",
    "\u2028",
    "\u202e",
    "x" * 1001,
    "x" * _HUGE,
    '"',
    "'",
]
TEXTS += ["=1+1", "null", "None", "true", "[]", "{}", '{"id": 1}', "é", "e\u0301", "\U0001f4b6", "\uffff", ","]
DATES = ["0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "-0001-01-01", "2025-02-29", "2024-02-29"]
DATES += ["2025-1-5", "05/01/2025", "20250105", "2025-01-15T00:00:00Z", "9999-12-31T23:59:59Z", "2025-01-15T24:00:00Z"]
DATES += ["2016-12-31T23:59:60Z", "0001-01-01T00:00:00+23:59", "2025-01-15", "1899-12-31", "2025-01-31T13:45:00.1Z"]
NUMBERS = [
    "0",
    "-0",
    "1.5",
    "12.345",
    "1e5",
    "1E-400",
    "NaN",
    "-Infinity",
    "0x10",
    "1,200.00",
    "1_000",
    "+5",
    ".5",
    "5.",
]
NUMBERS += ["9" * 18, "9" * 19, "9" * 400, "0." + "0" * 60, "-9223372036854775808", "9223372036854775807", "１２", "٣"]
CODES = ["USD", "JPY", "KWD", "XXX", "usd", "US", "SENT", "sent", "CHARGE", "DEBIT", "MILESTONE"]
ODD_TEXTS: st.SearchStrategy[str] = st.sampled_from([*TEXTS, *DATES, *NUMBERS, *CODES]) | st.text(max_size=6)
_HUGE_TEXTS = st.builds(_huge_text)

# What JSON can say where text is expected.
_ODD_JSON: st.SearchStrategy[Any] = st.one_of(
    ODD_TEXTS,
    _HUGE_TEXTS,
    st.sampled_from([None, True, False, 0, -1, 1.5, 10**400, [], {}, [[1]], {"id": None}, "\ud800", "\udfff\ud800"]),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.recursive(st.none() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=2), max_leaves=4),
)

# A record of CSV that is huge and has several lines counts as so many rows: its quote may have been left open.
ODD_VALUES = {"csv": ODD_TEXTS, "jsonl": _ODD_JSON, "parquet": ODD_TEXTS | _HUGE_TEXTS}

_INT64 = st.integers(-(2**63), 2**63 - 1)
_DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**28), max_value=10**28, places=9)


def _scaled(value: Decimal) -> Decimal:
    return value.quantize(Decimal("1e-9"), context=_EXACT)


# Types that a writer of Parquet may give a column, with any of their values.
COLUMN_TYPES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.large_string(), ODD_TEXTS),
    (pa.string_view(), ODD_TEXTS),
    (pa.dictionary(pa.int8(), pa.string()), ODD_TEXTS),
    (pa.binary(), st.binary(max_size=5)),
    (pa.large_binary(), st.binary(max_size=5)),
    (pa.binary(3), st.binary(min_size=3, max_size=3)),
    (pa.int8(), st.integers(-128, 127)),
    (pa.int64(), _INT64),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.bool_(), st.booleans()),
    (pa.null(), st.none()),
    (pa.float32(), st.floats(width=32)),
    (pa.float64(), st.floats() | st.just(float("nan"))),
    (pa.decimal128(38, 9), _DECIMALS.map(_scaled)),
    (pa.decimal256(60, 9), _DECIMALS.map(_scaled)),
    (pa.decimal128(9, 9), st.integers(-(10**9) + 1, 10**9 - 1).map(lambda value: Decimal(value).scaleb(-9))),
    (pa.date32(), st.integers(-(2**31), 2**31 - 1)),
    (pa.date32(), st.dates()),
    (pa.date64(), st.dates()),
    (pa.timestamp("s"), st.integers(-(2**53), 2**53)),  # Parquet has milliseconds at least
    (pa.timestamp("ms", tz="UTC"), _INT64),
    (pa.timestamp("us", tz="Europe/Berlin"), _INT64),
    (pa.timestamp("ns"), _INT64),
    (pa.timestamp("ns", tz="+05:30"), _INT64),
    (pa.timestamp("us", tz="UTC"), st.datetimes(timezones=st.just(dt.UTC))),
    (pa.time32("s"), st.integers(0, 86_399)),
    (pa.duration("us"), _INT64),
    (pa.list_(pa.string()), st.lists(st.text(max_size=2), max_size=2)),
    (pa.struct([("id", pa.string())]), st.fixed_dictionaries({"id": st.text(max_size=2)})),
    (pa.map_(pa.string(), pa.int64()), st.just([("a", 1)])),
]
