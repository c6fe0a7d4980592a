"""What the books tell the activity log of exports, and what follows from the last activity of its kind: one suite over
SQLite and a real PostgreSQL.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from resources.books import Activity, Books, ExportFile, upgrade

NOON = datetime(2025, 2, 3, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=5)

RUN = Activity(actor="revrec", activity="recognized", subject="2025-01", month="2025-01", details={"run_id": "a"})
FIRST = ExportFile(
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
SECOND = replace(FIRST, object_key="exports/xero/2025-01/default-USD-002.csv", sha256="2" * 64)
OTHER = replace(FIRST, sha256="3" * 64)

# Both try to be the one that follows; who is not looks again.
RECORDER = """
import sys
from datetime import UTC, datetime
from resources.books import Activity, Books, open_engine
books = Books(open_engine(sys.argv[1]))
now = datetime(2025, 2, 3, tzinfo=UTC)
print("ready", flush=True)
sys.stdin.readline()
for number in range(15):
    run = Activity(actor=sys.argv[2], activity="recognized", subject="2025-01", month="2025-01", details={"n": number})
    while True:
        found = books.activities("recognized", "2025-01")
        if books.record_next_activity(run, after=found[-1].id if found else None, now=now):
            break
"""


def put(books: Books, files: Sequence[ExportFile], now: datetime = NOON) -> None:
    books.replace_export_files("xero", "2025-01", "default", "USD", files, now=now)


def told(books: Books) -> list[tuple[str, list[str]]]:
    """Each activity, with the first digit of each file's sha256, or what the file was called."""
    return [
        (each.activity, [file["sha256"][0] if isinstance(file, dict) else file for file in files])
        for each in books.activities()
        for files in [each.details["files"]]
        if isinstance(files, list)
    ]


def test_new_files_of_an_export_are_told_with_what_they_hold(books: Books) -> None:
    put(books, [SECOND, FIRST])
    (found,) = books.activities("exported", "2025-01", "xero default-USD")
    assert (found.actor, found.occurred_at) == ("revrec", NOON)
    assert found.details == {
        "format": "xero",
        "entity": "default",
        "currency": "USD",
        "files": [
            {
                "object_key": file.object_key,
                "sha256": file.sha256,
                "rows": 300,
                "debits_minor": 12_345,
                "credits_minor": 12_345,
            }
            for file in (FIRST, SECOND)
        ],
        "policy_sha256": "p" * 64,
        "engine_version": "0.1.0",
    }


def test_writing_the_same_files_again_tells_nothing(books: Books) -> None:
    put(books, [FIRST, SECOND])
    put(books, [SECOND, replace(FIRST, rows=299)], now=LATER)
    assert told(books) == [("exported", ["1", "2"])]


def test_changed_and_fewer_files_are_told_and_so_are_old_ones_that_come_back(books: Books) -> None:
    for files in ([FIRST], [OTHER], [FIRST], [FIRST, SECOND], [FIRST], [], [FIRST], []):
        put(books, files)
    withdrawn = ("export withdrawn", [FIRST.object_key])
    assert told(books) == [
        ("exported", ["1"]),
        ("exported", ["3"]),
        ("exported", ["1"]),
        ("exported", ["1", "2"]),
        ("exported", ["1"]),
        withdrawn,
        ("exported", ["1"]),
        withdrawn,
    ]


def test_an_export_without_files_before_and_after_is_nothing_to_tell(books: Books) -> None:
    put(books, [])
    assert books.activities() == []


def test_files_that_cannot_be_recorded_are_not_told_either(books: Books) -> None:
    put(books, [FIRST])
    with pytest.raises(IntegrityError):
        put(books, [OTHER, replace(SECOND, policy_sha256=None)])  # type: ignore[arg-type]  # meant
    assert told(books) == [("exported", ["1"])]


def test_what_is_done_undone_and_done_again_is_told_each_time(books: Books) -> None:
    last = None
    for run_id in ("a", "b", "a"):
        run = replace(RUN, details={"run_id": run_id}, fingerprint="")
        assert books.record_next_activity(run, after=last, now=NOON)
        last = books.activities()[-1].id
    assert [found.details["run_id"] for found in books.activities("recognized", "2025-01")] == ["a", "b", "a"]


def test_what_does_not_follow_from_the_last_one_any_more_is_not_added(books: Books) -> None:
    assert books.record_next_activity(RUN, after=None, now=NOON)
    assert not books.record_next_activity(RUN, after=None, now=LATER)
    assert not books.record_next_activity(RUN, after=books.activities()[-1].id + 1, now=LATER)
    assert len(books.activities()) == 1


@pytest.mark.parametrize("change", [{"activity": "closed"}, {"subject": "2025-02"}, {"month": "2025-02"}], ids=str)
def test_other_activities_do_not_come_in_between(books: Books, change: dict[str, Any]) -> None:
    assert books.record_next_activity(RUN, after=None, now=NOON)
    last = books.activities()[-1].id
    books.record_activity([replace(RUN, fingerprint="", **change)], now=NOON)
    assert books.record_next_activity(RUN, after=last, now=NOON)


def test_of_two_processes_each_follows_the_other(
    books_url: str, empty_books_engine: Engine, start_together: Any
) -> None:
    upgrade(empty_books_engine)
    with start_together([RECORDER, books_url, name] for name in ("ana", "ben")) as recorders:
        pass
    assert [recorder.returncode for recorder in recorders] == [0, 0]
    found = Books(empty_books_engine).activities("recognized", "2025-01")
    for name in ("ana", "ben"):
        assert [each.details["n"] for each in found if each.actor == name] == list(range(15))
    after = [each.fingerprint.rpartition(" after ")[2] for each in found]
    assert after == ["0", *(str(each.id) for each in found[:-1])]
