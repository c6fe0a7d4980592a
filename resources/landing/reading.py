"""Reading what has landed: the versions in force, the rejections, and an account of every row of every file (SPEC 10).

What belongs here: putting finding, reading, parsing and settling together. What does not: each of those (`files`, the
readers, `revrec.parsing`, `versions`).

The law of every file: rows in = rows kept + rows rejected + rows superseded.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa

from resources.landing.contents import FileRefusedError, survey
from resources.landing.files import landed_objects, whole_file_rejection
from resources.landing.formats import FORMATS, MAX_LANDED_FILE_BYTES, Reader
from resources.landing.spool import KeptRows, Part
from resources.landing.versions import Duplicate, GoodRows, Settlement, settle
from resources.object_store import ObjectChangedError, ObjectStore, StoredObject
from revrec.arrays import Int64Array
from revrec.parsing import REJECTED_ROWS, Record, parse_batch, rejection
from revrec.rejections import Rejection
from revrec.schemas import Dataset


@dataclass(frozen=True)
class LandedFile:
    """What became of one landed file's rows.

    Attributes:
        object_key: its key in the store.
        sha256: hex digest of its content.
        size_bytes: its length.
        etag: the store's token of the version that was listed.
        rows_total: rows in the file, blank ones not counted.
        rows_kept: rows in force.
        rows_rejected: rows with a fault that no later version has repaired; all rows of a file that is refused whole.
        rows_superseded: rows that a later version of the same id replaces, rejected ones included.
    """

    object_key: str
    sha256: str
    size_bytes: int
    etag: str
    rows_total: int
    rows_kept: int
    rows_rejected: int
    rows_superseded: int


@dataclass(frozen=True)
class LandedData:
    """What is in force of a dataset's month; a context manager, because its rows lie in temporary files.

    Attributes:
        dataset: the dataset.
        month: YYYY-MM; None for a dataset without month folders.
        batches: the rows in force in the lake schema, in landing order; may be iterated again and again until `close`.
        rejections: one per fault, ordered by file and row; row 0 is the whole file.
        files: one per file whose ending names a format, ordered by key.
    """

    dataset: Dataset
    month: str | None
    batches: KeptRows
    rejections: list[Rejection]
    files: list[LandedFile]
    _workspace: "TemporaryDirectory[str]"

    @property
    def row_count(self) -> int:
        """Rows in force."""
        return sum(file.rows_kept for file in self.files)

    def close(self) -> None:
        """Remove the temporary files; `batches` cannot be read any more."""
        self._workspace.cleanup()

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the temporary files."""
        self.close()


def read_landed(store: ObjectStore, dataset: Dataset, month: str | None) -> LandedData:
    """Read all landed files of a dataset's month and find the versions in force.

    Memory is bounded by a batch of rows and by the rejections; the good rows wait in temporary files, compressed.

    Args:
        store: the store with the `landing/` folder.
        dataset: what to read.
        month: YYYY-MM; None for a dataset without month folders.

    Raises:
        ObjectNotFoundError: a file was removed after it was listed: run again.
        ObjectChangedError: a file was replaced while it was read: run again.
        StoreUnavailableError: the store cannot be reached.
        MonthError: `month` is not a month.
    """
    found = landed_objects(store, dataset, month)
    workspace = TemporaryDirectory(prefix="revrec-landing-")
    try:
        folder = Path(workspace.name)
        readings = [
            _read_file(store, dataset, month, item, folder / f"{at}.parquet") for at, item in enumerate(found.readable)
        ]
        return _settled(store, dataset, month, readings, found.rejections, workspace)
    except BaseException:
        workspace.cleanup()
        raise


@dataclass(frozen=True)
class _Reading:
    """One file as it was read, before its rows are compared with those of other files."""

    found: StoredObject
    sha256: str
    size_bytes: int
    part: Part
    rejections: list[Rejection]
    rejected: pa.Table
    refused_rows: int = 0


def _read_file(store: ObjectStore, dataset: Dataset, month: str | None, found: StoredObject, path: Path) -> _Reading:
    part = Part(path, dataset.lake_schema)
    rejections: list[Rejection] = []
    rejected: list[pa.RecordBatch] = []
    with store.open_read(found.key) as stream:
        facts = survey(stream)
        stream.seek(0)
        try:
            _refuse_size(facts.size_bytes)
            for raw in _reader(found.key)(stream, dataset, facts):
                parsed = parse_batch(dataset, raw, month, found.key)
                part.append(parsed.good)
                rejections += parsed.rejections
                rejected.append(parsed.rejected)
        except FileRefusedError as refusal:
            part.discard()
            whole = whole_file_rejection(dataset.name, found.key, refusal.reason, refusal.action)
            return _Reading(
                found, facts.sha256, facts.size_bytes, part, [whole], REJECTED_ROWS.empty_table(), refusal.row_count
            )
        finally:
            part.close()
    return _Reading(
        found, facts.sha256, facts.size_bytes, part, rejections, pa.Table.from_batches(rejected, REJECTED_ROWS)
    )


def _refuse_size(size_bytes: int) -> None:
    if size_bytes > MAX_LANDED_FILE_BYTES:
        reason = f"is {size_bytes:,} bytes long, more than the {MAX_LANDED_FILE_BYTES:,} there may be"
        raise FileRefusedError(reason, "land it in several files")


def _reader(key: str) -> Reader:
    return FORMATS[PurePosixPath(key).suffix.lower()]


def _settled(
    store: ObjectStore,
    dataset: Dataset,
    month: str | None,
    readings: list[_Reading],
    misfits: tuple[Rejection, ...],
    workspace: "TemporaryDirectory[str]",
) -> LandedData:
    settlement = settle(
        [GoodRows(item.found.key, item.part.path if item.part.row_count else None) for item in readings],
        pa.concat_tables([REJECTED_ROWS.empty_table(), *(reading.rejected for reading in readings)]),
        has_updated_at="updated_at" in dataset,
        workspace=Path(workspace.name),
    )
    faults = [*misfits, *(item for reading in readings for item in reading.rejections)]
    faults += _duplicate_rejections(store, dataset, readings, settlement.duplicates)
    standing = [item for item in faults if (item.file, item.row) not in settlement.repaired]
    parts = {reading.found.key: reading.part for reading in readings}
    return LandedData(
        dataset=dataset,
        month=month,
        batches=KeptRows(parts, _dropped(settlement), dataset.lake_schema),
        rejections=sorted(standing, key=lambda item: (item.file.encode(), item.row)),
        files=_accounts(readings, settlement),
        _workspace=workspace,
    )


def _dropped(settlement: Settlement) -> dict[str, Int64Array]:
    """Positions of the good rows that are not in force, by file."""
    dropped = {file: [ordinals] for file, ordinals in settlement.superseded.items()}
    for duplicate in settlement.duplicates:
        dropped.setdefault(duplicate.file, []).append(np.array([duplicate.ordinal], dtype=np.int64))
    return {file: np.concatenate(ordinals) for file, ordinals in dropped.items()}


def _accounts(readings: list[_Reading], settlement: Settlement) -> list[LandedFile]:
    duplicates = Counter(duplicate.file for duplicate in settlement.duplicates)
    repaired = Counter(file for file, _ in settlement.repaired)
    accounts = []
    for reading in readings:
        key, good = reading.found.key, reading.part.row_count
        replaced = len(settlement.superseded.get(key, ()))
        accounts.append(
            LandedFile(
                object_key=key,
                sha256=reading.sha256,
                size_bytes=reading.size_bytes,
                etag=reading.found.etag,
                rows_total=good + len(reading.rejected) + reading.refused_rows,
                rows_kept=good - replaced - duplicates[key],
                rows_rejected=len(reading.rejected) + reading.refused_rows + duplicates[key] - repaired[key],
                rows_superseded=replaced + repaired[key],
            )
        )
    return accounts


def _duplicate_rejections(
    store: ObjectStore, dataset: Dataset, readings: list[_Reading], duplicates: tuple[Duplicate, ...]
) -> list[Rejection]:
    """A rejection for each duplicate, with the row as it landed: the few files that have any are read a second time."""
    version = " with the same updated_at" if "updated_at" in dataset else ""
    action = "remove one of the two rows and land the file again"
    by_file: dict[str, dict[int, Duplicate]] = defaultdict(dict)
    for item in duplicates:
        by_file[item.file][item.row] = item
    found: list[Rejection] = []
    for reading in readings:
        doubled = by_file[reading.found.key]
        for row, record in _records(store, dataset, reading, np.array(sorted(doubled), dtype=np.int64)).items():
            reason = f"id {doubled[row].id!r} stands already in row {doubled[row].first_row} of this file{version}"
            found.append(rejection(dataset.name, reading.found.key, row, "id", reason, action, record))
    return found


def _records(store: ObjectStore, dataset: Dataset, reading: _Reading, rows: Int64Array) -> dict[int, Record]:
    if not len(rows):
        return {}
    records: dict[int, Record] = {}
    with store.open_read(reading.found.key) as stream:
        facts = survey(stream)
        if facts.sha256 != reading.sha256:
            raise ObjectChangedError(f"{store.uri(reading.found.key)} was replaced while it was read: run again")
        stream.seek(0)
        for raw in _reader(reading.found.key)(stream, dataset, facts):
            positions = np.flatnonzero(np.isin(raw.row_numbers, rows)).astype(np.int64)
            numbers = raw.row_numbers[positions].tolist()
            records.update(zip(numbers, raw.records(positions) if len(positions) else [], strict=True))
    return records
