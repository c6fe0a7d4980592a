"""Reading and writing the books: one suite over SQLite and a real PostgreSQL."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from resources.books import (
    Activity,
    Books,
    BooksUnavailableError,
    ExportFile,
    ForeignExportFileError,
    LandedFile,
    migrations,
    open_engine,
)
from resources.books.column_types import InexactIntegerError
from resources.books.migrations import VERSION_TABLE

NEWEST = max(path.name[:4] for path in (Path(migrations.__file__).parent / "versions").glob("0*.py"))
NOON = datetime(2025, 2, 3, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOON + timedelta(hours=5)

INVOICES = LandedFile(
    object_key="landing/invoices/2025-01/a.csv",
    sha256="a" * 64,
    dataset="invoices",
    month="2025-01",
    size_bytes=120,
    etag="120-1",
    rows_kept=9,
    rows_quarantined=1,
)
CUSTOMERS = replace(INVOICES, object_key="landing/customers/c.csv", dataset="customers", month=None)

XERO_1 = ExportFile(
    object_key="exports/xero/2025-01/default-USD-001.csv",
    format="xero",
    month="2025-01",
    entity="default",
    currency="USD",
    rows=300,
    total_debits_minor=12_345,
    total_credits_minor=12_345,
    sha256="1" * 64,
    policy_sha256="p" * 64,
    engine_version="0.1.0",
)
XERO_2 = replace(XERO_1, object_key="exports/xero/2025-01/default-USD-002.csv", sha256="2" * 64)
XERO_EUR = replace(XERO_1, object_key="exports/xero/2025-01/default-EUR-001.csv", currency="EUR")
XERO_FEBRUARY = replace(XERO_1, object_key="exports/xero/2025-02/default-USD-001.csv", month="2025-02")
GENERIC = replace(XERO_1, object_key="exports/generic/2025-01/default-USD.csv", format="generic")

RECOGNIZED = Activity(
    actor="revrec",
    activity="recognized",
    subject="INV-1",
    month="2025-01",
    details={"amount_minor": 100, "runs": [1, 2]},
)

RECORDER = """
import sys
from datetime import UTC, datetime
from resources.books import Activity, Books, ExportFile, LandedFile, open_engine, upgrade
engine = open_engine(sys.argv[1])
books = Books(engine)
number = int(sys.argv[2])
now = datetime(2025, 2, 3, number, tzinfo=UTC)
landed = [
    LandedFile(object_key=f"f{i:03}", sha256="a", dataset="usage", month="2025-01", size_bytes=i, etag="e", rows_kept=i,
    rows_quarantined=0) for i in range(200)
]
activities = [Activity(actor=str(number), activity="recognized", subject=f"INV-{i:03}") for i in range(200)]
exports = [
    ExportFile(object_key=f"e{number}-{i}", format="xero", month="2025-01", entity="default", currency="USD", rows=i,
               total_debits_minor=i, total_credits_minor=i, sha256="s", policy_sha256="p", engine_version="0")
    for i in range(number)
]
if number % 2:
    landed.reverse()
    activities.reverse()
print("ready", flush=True)
sys.stdin.readline()
upgrade(engine)
for _ in range(5):
    books.record_landed_files(landed, now=now)
    books.record_activity(activities, now=now)
    books.replace_export_files("xero", "2025-01", "default", "USD", exports, now=now)
"""


def put_exports(books: Books, files: Sequence[ExportFile], now: datetime = NOON) -> None:
    books.replace_export_files("xero", "2025-01", "default", "USD", files, now=now)


def test_landed_files_are_read_back_as_recorded(books: Books) -> None:
    books.record_landed_files([INVOICES, CUSTOMERS], now=NOON)
    first, second = books.landed_files()
    assert vars(first) == {**vars(CUSTOMERS), "first_seen_at": NOON}
    assert vars(second) == {**vars(INVOICES), "first_seen_at": NOON}


def test_recording_a_landed_file_again_renews_its_counts_and_keeps_when_it_was_first_seen(books: Books) -> None:
    books.record_landed_files([INVOICES], now=NOON)
    books.record_landed_files([INVOICES, replace(INVOICES, rows_kept=10, rows_quarantined=0)], now=LATER)
    (found,) = books.landed_files()
    assert (found.rows_kept, found.rows_quarantined, found.first_seen_at) == (10, 0, NOON)


def test_every_version_of_a_landed_file_stays_on_record(books: Books) -> None:
    books.record_landed_files([INVOICES], now=NOON)
    books.record_landed_files([replace(INVOICES, sha256="0" * 64, etag="121-2")], now=LATER)
    assert [(found.sha256[0], found.first_seen_at) for found in books.landed_files()] == [("a", NOON), ("0", LATER)]


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ({}, ["c", "i1", "i2", "u1"]),
        ({"dataset": "invoices"}, ["i1", "i2"]),
        ({"month": "2025-01"}, ["i1", "u1"]),
        ({"dataset": "invoices", "month": "2025-02"}, ["i2"]),
        ({"dataset": "milestones"}, []),
    ],
    ids=["all", "dataset", "month", "both", "none"],
)
def test_landed_files_are_found_by_dataset_and_month(books: Books, wanted: dict[str, str], keys: list[str]) -> None:
    files = [
        replace(INVOICES, object_key="i1"),
        replace(INVOICES, object_key="i2", month="2025-02"),
        replace(INVOICES, object_key="u1", dataset="usage"),
        replace(CUSTOMERS, object_key="c"),
    ]
    books.record_landed_files(files, now=NOON)
    assert [found.object_key for found in books.landed_files(**wanted)] == keys


def test_an_export_is_replaced_as_a_whole_and_others_stay(books: Books) -> None:
    books.replace_export_files("xero", "2025-01", "default", "EUR", [XERO_EUR], now=NOON)
    books.replace_export_files("xero", "2025-02", "default", "USD", [XERO_FEBRUARY], now=NOON)
    books.replace_export_files("generic", "2025-01", "default", "USD", [GENERIC], now=NOON)
    put_exports(books, [XERO_1, XERO_2])
    put_exports(books, [XERO_2])
    kept = {file.object_key for file in (XERO_EUR, XERO_FEBRUARY, GENERIC)}
    assert {found.object_key for found in books.export_files()} == kept | {XERO_2.object_key}
    put_exports(books, [])
    assert {found.object_key for found in books.export_files()} == kept
    assert [found.object_key for found in books.export_files("xero", month="2025-01", currency="EUR")] == [
        XERO_EUR.object_key
    ]
    assert [found.object_key for found in books.export_files("generic")] == [GENERIC.object_key]
    assert books.export_files(entity="other") == []


def test_an_unchanged_export_file_keeps_the_time_it_was_written_and_a_changed_one_does_not(books: Books) -> None:
    put_exports(books, [XERO_1, XERO_2])
    changed = replace(XERO_2, sha256="3" * 64, total_debits_minor=1, total_credits_minor=1)
    put_exports(books, [replace(XERO_1, engine_version="0.2.0"), changed], now=LATER)
    first, second = books.export_files("xero")
    assert vars(first) == {**vars(XERO_1), "engine_version": "0.2.0", "written_at": NOON}
    assert vars(second) == {**vars(changed), "written_at": LATER}


@pytest.mark.parametrize("foreign", [XERO_EUR, XERO_FEBRUARY, GENERIC], ids=["currency", "month", "format"])
def test_a_file_of_another_export_is_refused(books: Books, foreign: ExportFile) -> None:
    put_exports(books, [XERO_1])
    with pytest.raises(ForeignExportFileError, match=r"belongs to .*, not to xero 2025-01 default USD") as caught:
        put_exports(books, [foreign])
    assert isinstance(caught.value, ValueError)
    assert [found.object_key for found in books.export_files()] == [XERO_1.object_key]


def test_a_replacement_that_fails_half_way_leaves_the_export_as_it_was(books: Books) -> None:
    put_exports(books, [XERO_1, XERO_2])
    before = books.export_files()
    with pytest.raises(InexactIntegerError):
        put_exports(books, [replace(XERO_2, sha256="4" * 64), replace(XERO_1, rows=1.5)], now=LATER)  # type: ignore[arg-type]  # meant
    with pytest.raises(IntegrityError):
        put_exports(books, [replace(XERO_2, sha256=None)], now=LATER)  # type: ignore[arg-type]  # meant
    assert books.export_files() == before


def test_a_batch_of_landed_files_is_recorded_whole_or_not_at_all(books: Books) -> None:
    with pytest.raises(IntegrityError):
        books.record_landed_files([INVOICES, replace(CUSTOMERS, etag=None)], now=NOON)  # type: ignore[arg-type]  # meant
    assert books.landed_files() == []


def test_the_same_occurrence_is_recorded_once(books: Books) -> None:
    assert books.record_activity([RECOGNIZED, RECOGNIZED], now=NOON) == 1
    assert books.record_activity([RECOGNIZED], now=LATER) == 0
    again = replace(RECOGNIZED, actor="someone else", details={"runs": [1, 2], "amount_minor": 100}, fingerprint="")
    assert books.record_activity([again], now=LATER) == 0
    (found,) = books.activities()
    assert vars(found) == {**vars(RECOGNIZED), "id": found.id, "occurred_at": NOON}


@pytest.mark.parametrize(
    "change",
    [{"activity": "voided"}, {"subject": "INV-2"}, {"month": "2025-02"}, {"month": None}, {"details": {}}],
    ids=["activity", "subject", "month", "no month", "details"],
)
def test_what_differs_in_substance_is_another_occurrence(books: Books, change: dict[str, Any]) -> None:
    other = replace(RECOGNIZED, fingerprint="", **change)
    assert books.record_activity([RECOGNIZED, other], now=NOON) == 2


def test_an_occurrence_may_have_a_fingerprint_of_its_own(books: Books) -> None:
    closings = [
        Activity(actor="ana", activity="closed", subject="default USD", month="2025-01", fingerprint=fingerprint)
        for fingerprint in ("closing 1", "closing 2", "closing 1")
    ]
    assert books.record_activity(closings, now=NOON) == 2


def test_the_log_is_in_the_order_of_what_happened_and_found_by_what_and_when(books: Books) -> None:
    log = [
        Activity(actor="ana", activity="recognized", subject=f"INV-{number:04}", month=f"2025-{1 + number % 2:02}")
        for number in reversed(range(2500))
    ]
    assert books.record_activity(log, now=NOON) == 2500
    books.record_activity([Activity(actor="ana", activity="closed", subject="default USD", month="2025-01")], now=LATER)
    assert [found.subject for found in books.activities()] == [*(entry.subject for entry in log), "default USD"]
    assert [found.activity for found in books.activities(subject="INV-0003")] == ["recognized"]
    assert len(books.activities(month="2025-01")) == 1251
    assert [found.occurred_at for found in books.activities("closed", "2025-01")] == [LATER]
    assert books.activities(month="2030-01") == []


def test_recording_nothing_is_no_error(books: Books) -> None:
    books.record_landed_files([], now=NOON)
    assert books.record_activity([], now=NOON) == 0
    assert (books.landed_files(), books.activities()) == ([], [])


def test_processes_that_upgrade_and_record_at_once_do_not_lose_or_mix_anything(
    books_url: str, empty_books_engine: Engine, start_together: Any
) -> None:
    with start_together([RECORDER, books_url, str(number)] for number in (2, 3)) as recorders:
        pass
    assert [recorder.returncode for recorder in recorders] == [0, 0]
    with empty_books_engine.connect() as connection:
        assert list(connection.scalars(text(f"SELECT version_num FROM {VERSION_TABLE}"))) == [NEWEST]
    books = Books(empty_books_engine)
    assert [found.rows_kept for found in books.landed_files("usage")] == list(range(200))
    assert sorted(found.subject for found in books.activities("recognized")) == [
        f"INV-{number:03}" for number in range(200)
    ]
    exported = [found.object_key for found in books.export_files()]
    assert exported in (["e2-0", "e2-1"], ["e3-0", "e3-1", "e3-2"])


def test_books_that_were_not_upgraded_say_what_is_missing(books_url: str) -> None:
    engine = open_engine(books_url)
    with pytest.raises(BooksUnavailableError, match=r"landed_files.*; run the migrations"):
        Books(engine).landed_files()
    engine.dispose()
