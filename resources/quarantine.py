"""Quarantine: the bad input of each dataset or table and month, written down with where, why and what to do (SPEC 10).

What belongs here: keeping rejections in the object store and reading them back. What does not: finding them
(`revrec.parsing`, `resources.landing`, `revrec.document_rules`), and what is said of them in checks and alerts.

A month's quarantine is one file of one JSON object a line, replaced whole whenever the month is read again: it says
what is wrong now, and is gone when nothing is.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress

from resources.object_store import ObjectNotFoundError, ObjectStore
from revrec.errors import RevrecError
from revrec.rejections import Rejection


class QuarantineError(RevrecError, ValueError):
    """A quarantine file that revrec did not write like this."""


def quarantine_key(name: str, month: str | None) -> str:
    """Key of the rejections of a dataset's or table's month (YYYY-MM); None where there are no months."""
    return f"quarantine/{name}/{month or 'all'}.jsonl"


def write_quarantine(store: ObjectStore, name: str, month: str | None, rejections: Iterable[Rejection]) -> int:
    """Replace what is in quarantine; where nothing is rejected any more, the file is removed.

    The same rejections give the same bytes in whatever order they come: sorted by file, row, field and reason.

    Args:
        store: where to write.
        name: of the dataset, or of the table whose computation rejects rows.
        month: YYYY-MM; None where there are no months.
        rejections: all of them: none is left out, however many there are.

    Returns:
        The number of rejections.
    """
    key, ordered = quarantine_key(name, month), sorted(rejections, key=_order)
    if not ordered:
        store.delete(key)
        return 0
    with store.open_write(key) as file:
        for item in ordered:
            file.write(json.dumps(vars(item), ensure_ascii=False).encode() + b"\n")
    return len(ordered)


def forget_withdrawn(store: ObjectStore, name: str, months: Collection[str]) -> None:
    """Remove the quarantine of months whose documents are gone.

    Args:
        store: where quarantine is.
        name: of the dataset or table.
        months: those that still have documents. What lies in no month stays.
    """
    kept = {quarantine_key(name, month) for month in (*months, None)}
    for found in list(store.list_objects(f"quarantine/{name}/")):
        if found.key not in kept:
            store.delete(found.key)


def read_quarantine(store: ObjectStore, name: str, month: str | None) -> list[Rejection]:
    """The rejections of a dataset's or table's month, in the order of the file; none where there is no file.

    Raises:
        QuarantineError: the file was changed by something else.
    """
    key = quarantine_key(name, month)
    return [_rejection(key, number, line) for number, line in enumerate(_lines(store, key), 1)]


def count_quarantined_rows(store: ObjectStore) -> int:
    """Number of landed rows in quarantine, of all datasets and months; a row with two faults counts once."""
    keys = [found.key for found in store.list_objects("quarantine/")]
    faults = (_rejection(key, number, line) for key in keys for number, line in enumerate(_lines(store, key), 1))
    return len({(item.dataset, item.file, item.row) for item in faults})


def _order(item: Rejection) -> tuple[bytes, int, str, str]:
    return item.file.encode(), item.row, item.field, item.reason


def _lines(store: ObjectStore, key: str) -> Iterator[bytes]:
    with suppress(ObjectNotFoundError), store.open_read(key) as file:
        yield from file


def _rejection(key: str, number: int, line: bytes) -> Rejection:
    try:
        return Rejection(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise QuarantineError(
            f"line {number} of {key} is not a rejection ({error}): delete the file and materialize the month again"
        ) from error
