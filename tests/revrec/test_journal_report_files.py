"""The journal report of any range as files: what it lists, its totals, and where it is cut."""

import contextlib
import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pytest

from revrec.accounts import Ledger
from revrec.exports.caps import Caps, ExportLimitError
from revrec.exports.files import FileTotals, JournalsChangedError
from revrec.policy import Granularity, Policy
from revrec.reports.journal_report_files import JournalReportLayout, journal_report_files
from revrec.reports.monthly_journal_report import HEADER

# Three days of January in two obligations, one day of February.
JOURNALS = """
journal          | first_day  | days | a_day | last_day | obligation
RR-202501-000001 | 2025-01-30 | 2    | 1.00  | 1.50     | ob-1
RR-202501-000001 | 2025-01-31 | 1    | 0.00  | 7.00     | ob-2
RR-202501-000002 | 2025-01-05 | 1    | 0.00  | 3.00     | ob-3
RR-202502-000001 | 2025-02-01 | 1    | 0.00  | 4.00     | ob-1
"""


class Written(dict[str, bytes]):
    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        assert name not in self
        buffer = io.BytesIO()
        yield buffer
        self[name] = buffer.getvalue()

    def rows(self) -> list[dict[str, str]]:
        texts = (io.StringIO(self[name].decode(), newline="") for name in sorted(self))
        return [row for text in texts for row in csv.DictReader(text, strict=True)]


def report(
    batches: list[pa.RecordBatch], granularity: Granularity, rows: int = 1_048_576
) -> tuple[Written, list[FileTotals]]:
    caps = Caps("a small sheet", rows=rows, header_counts=True)
    layout = JournalReportLayout(Ledger("default", "USD"), Policy().accounts, granularity, caps)
    written = Written()
    return written, journal_report_files(layout, lambda: iter(batches), written.open)


def told(rows: list[dict[str, str]]) -> list[str]:
    return [f"{row['date']} {row['obligation_id']} {row['direction']} {row['amount']}" for row in rows]


def test_by_day_it_lists_every_day_of_every_month(journals: Callable[..., pa.RecordBatch]) -> None:
    written, [totals] = report([journals(JOURNALS)], Granularity.DAILY)
    assert written["default-USD.csv"].decode().splitlines()[0] == ",".join(HEADER)
    assert told(written.rows())[::2] == [
        "2025-01-30 ob-1 DEBIT 1.00",
        "2025-01-31 ob-1 DEBIT 1.50",
        "2025-01-31 ob-2 DEBIT 7.00",
        "2025-01-05 ob-3 DEBIT 3.00",
        "2025-02-01 ob-1 DEBIT 4.00",
    ]
    assert (totals.rows, totals.journals, totals.debit_minor, totals.credit_minor) == (10, 3, 1650, 1650)


def test_by_month_it_adds_up_each_month(journals: Callable[..., pa.RecordBatch]) -> None:
    written, [totals] = report([journals(JOURNALS)], Granularity.MONTHLY)
    assert told(written.rows())[1::2] == [
        "2025-01-31 ob-1 CREDIT 2.50",
        "2025-01-31 ob-2 CREDIT 7.00",
        "2025-01-31 ob-3 CREDIT 3.00",
        "2025-02-28 ob-1 CREDIT 4.00",
    ]
    assert (totals.rows, totals.journals, totals.debit_minor, totals.credit_minor) == (8, 3, 1650, 1650)


@pytest.mark.parametrize("granularity", Granularity)
def test_totals_and_checksums_are_those_of_the_files(
    journals: Callable[..., pa.RecordBatch], granularity: Granularity
) -> None:
    written, files = report([journals(JOURNALS)], granularity, rows=7)
    assert [(file.name, file.part, file.parts) for file in files] == [
        ("default-USD-001.csv", 1, 2),
        ("default-USD-002.csv", 2, 2),
    ]
    for file in files:
        content = written[file.name]
        assert (file.size_bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert file.rows == content.count(b"\n") - 1 <= 6
    whole, _ = report([journals(JOURNALS)], granularity)
    assert written.rows() == whole.rows()


@pytest.mark.parametrize("rows", range(7, 13))
def test_no_journal_is_split_and_each_file_takes_as_many_as_fit(
    journals: Callable[..., pa.RecordBatch], rows: int
) -> None:
    written, files = report([journals(JOURNALS)], Granularity.DAILY, rows=rows)
    # 6, 2 and 2 lines, and a header
    assert [file.rows for file in files] == {7: [6, 4], 8: [6, 4], 9: [8, 2], 10: [8, 2], 11: [10], 12: [10]}[rows]
    of_file = [{row["journal_number"] for row in Written({name: written[name]}).rows()} for name in sorted(written)]
    assert sum(map(len, of_file)) == 3


def test_a_journal_that_fits_no_file_is_told_before_one_is_opened(journals: Callable[..., pa.RecordBatch]) -> None:
    layout = JournalReportLayout(
        Ledger("default", "USD"), Policy().accounts, Granularity.DAILY, Caps("a small sheet", rows=5)
    )
    written = Written()
    with pytest.raises(ExportLimitError, match="RR-202501-000001 has 6 lines, a small sheet takes at most 5"):
        journal_report_files(layout, lambda: iter([journals(JOURNALS)]), written.open)
    assert written == {}


def test_how_the_stream_was_cut_makes_no_difference(journals: Callable[..., pa.RecordBatch]) -> None:
    batch = journals(JOURNALS)
    pieces = [batch.slice(row, 1) for row in range(len(batch))]
    for granularity in Granularity:
        assert report(pieces, granularity, rows=8)[0] == report([batch], granularity, rows=8)[0]


def test_without_a_journal_there_is_one_file_with_a_header() -> None:
    written, [totals] = report([], Granularity.DAILY)
    assert written == {"default-USD.csv": (",".join(HEADER) + "\n").encode()}
    assert (totals.rows, totals.journals, totals.debit_minor) == (0, 0, 0)


def test_journals_that_change_between_the_readings_are_noticed(journals: Callable[..., pa.RecordBatch]) -> None:
    batch = journals(JOURNALS)
    readings: Iterator[Any] = iter([[batch], [batch.slice(0, 3)]])
    layout = JournalReportLayout(Ledger("default", "USD"), Policy().accounts, Granularity.DAILY)
    with pytest.raises(JournalsChangedError, match="run the export again"):
        journal_report_files(layout, lambda: next(readings), Written().open)
