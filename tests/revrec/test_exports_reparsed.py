"""Months larger than the general ledgers' caps, read back by re-parsers that know SPEC 9 alone (tests/reparsers)."""

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.reparsers import netsuite, quickbooks, xero
from tests.reparsers.rules import SPREADSHEET_ROWS, Journal, LedgerMonth
from tests.reparsers.sound_files import OF

TEMPLATE = """
journal          | first_day  | days | a_day | last_day
RR-202502-000001 | 2025-02-01 | {}   | 0.01  | 0.01
"""


def many(journals: Callable[..., pa.RecordBatch], count: int, days: int = 1, customer: str = "Acme") -> pa.RecordBatch:
    """So many journals with one movement a day each."""
    one = journals(TEMPLATE.format(days), customer=customer)
    batch = one.take(pa.array([0] * count))
    numbers = pc.binary_join_element_wise(
        "RR-202502-", pc.utf8_lpad(pc.cast(pa.array(range(1, count + 1)), pa.string()), 6, "0"), ""
    )
    place = batch.schema.get_field_index("journal_number")
    return batch.set_column(place, batch.schema.field(place), numbers.cast(batch.schema.field(place).type))


@pytest.mark.parametrize(
    ("name", "suffix", "reparse", "count", "files"),
    [
        pytest.param("xero", "-import", xero.reparse_import, 151, 2, id="xero: 300 lines"),
        pytest.param("xero", "-import", xero.reparse_import, 1_000, 7, id="xero: many files"),
        pytest.param("quickbooks", "", quickbooks.reparse, 500, 2, id="quickbooks: 1,000 rows with the header"),
        pytest.param("quickbooks", "", quickbooks.reparse, 2_000, 5, id="quickbooks: many files"),
        pytest.param("netsuite", "", netsuite.reparse, 12_501, 2, id="netsuite: 25,000 records"),
    ],
)
def test_a_month_over_the_cap_is_several_files_of_whole_journals(
    name: str,
    suffix: str,
    reparse: Callable[[dict[str, bytes], LedgerMonth], list[Journal]],
    count: int,
    files: int,
    export: Callable[..., Any],
    journals: Callable[..., pa.RecordBatch],
) -> None:
    exported = export(name, many(journals, count), suffix=suffix)
    assert len(exported.files) == files
    found = reparse(exported.delivered("2025-02"), OF)
    assert [journal.number for journal in found] == [f"RR-202502-{number:06}" for number in range(1, count + 1)]
    assert {tuple((line.account, line.minor) for line in journal.lines) for journal in found} == {
        (("deferred", 1), ("recognized", -1))
    }


def test_a_netsuite_file_has_at_most_50_megabytes(
    export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    """A file of few records that are long."""
    exported = export("netsuite", many(journals, 30, customer="A" * 1_000_000))
    assert [len(content) <= netsuite.MOST_BYTES for content in exported.files.values()] == [True, True]
    assert sum(map(len, exported.files.values())) > netsuite.MOST_BYTES
    assert len(netsuite.reparse(exported.delivered("2025-02"), OF)) == 30


@pytest.mark.parametrize("name", ["generic", "xero"])
def test_a_report_over_a_worksheets_rows_is_two_files_of_whole_journals(
    name: str, export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    """Half a million movements: read as text, for no cell here has a line end; the first and last journals in full."""
    count, days = 18_750, 28
    exported = export(name, many(journals, count, days))
    contents = list(exported.files.values())
    assert 1 + 18_724 * days * 2 <= SPREADSHEET_ROWS < 1 + 18_725 * days * 2
    assert [content.count(b"\n") for content in contents] == [1 + 18_724 * days * 2, 1 + 26 * days * 2]
    assert sum(content.count(b"\n") - 1 for content in contents) == count * days * 2
    ends = [number for content in contents for number in first_and_last_number(content)]
    assert ends == [1, 18_724, 18_725, 18_750]


def first_and_last_number(content: bytes) -> Iterator[int]:
    lines = content.split(b"\n", 2)[1], content[:-1].rpartition(b"\n")[2]
    return (int(line.partition(b",")[0].rpartition(b"-")[2]) for line in lines)
