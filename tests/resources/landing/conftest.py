"""A landing folder that a test fills and reads, with the law of every file held on every read."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resources.landing import LandedFile, read_landed
from resources.object_store import ObjectStore, open_object_store
from revrec.rejections import Rejection
from revrec.schemas import CUSTOMERS, Dataset

CUSTOMER_HEADER = "id,legal_name,updated_at"
T1, T2 = "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"


@dataclass(frozen=True)
class Read:
    """What a read gave; rows without where they came from are `content`."""

    rows: list[dict[str, Any]]
    rejections: list[Rejection]
    files: list[LandedFile]

    @property
    def ids(self) -> list[str]:
        """Ids of the rows in force, in landing order."""
        return [row["id"] for row in self.rows]

    @property
    def reasons(self) -> list[tuple[int, str, str]]:
        """(row, field, reason) of each rejection."""
        return [(item.row, item.field, item.reason) for item in self.rejections]

    @property
    def counts(self) -> list[tuple[int, int, int, int]]:
        """(total, kept, rejected, superseded) of each file."""
        return [(item.rows_total, item.rows_kept, item.rows_rejected, item.rows_superseded) for item in self.files]


@dataclass
class Landing:
    """A store with a landing/ folder."""

    store: ObjectStore
    dataset: Dataset = CUSTOMERS
    month: str | None = None
    _keys: list[str] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """Prefix of the dataset's files."""
        return f"landing/{self.dataset.name}/" + (f"{self.month}/" if self.month else "")

    def put(self, name: str, content: bytes | str | pa.Table) -> None:
        """Land a file."""
        if isinstance(content, pa.Table):
            buffer = io.BytesIO()
            pq.write_table(content, buffer)
            content = buffer.getvalue()
        self._keys.append(self.folder + name)
        self.store.write_bytes(self._keys[-1], content if isinstance(content, bytes) else content.encode())

    def put_customers(self, name: str, *rows: str) -> None:
        """Land a CSV file of customers."""
        self.put(name, "\n".join([CUSTOMER_HEADER, *rows, ""]))

    def put_rows(self, name: str, header: str, rows: Iterable[Mapping[str, str]]) -> None:
        """Land a CSV file of rows given by field; fields that the header lacks are left out."""
        names = header.split(",")
        self.put(name, "\n".join([header, *(",".join(row.get(item, "") for item in names) for row in rows), ""]))

    def clear(self) -> None:
        """Remove what this test has landed."""
        for key in self._keys:
            self.store.delete(key)
        self._keys.clear()

    def read(self) -> Read:
        """Read the dataset's month."""
        with read_landed(self.store, self.dataset, self.month) as landed:
            batches = list(landed.batches)
            assert all(batch.schema == self.dataset.lake_schema for batch in batches)
            rows = pa.Table.from_batches(batches, self.dataset.lake_schema)
            again = pa.Table.from_batches(list(landed.batches), self.dataset.lake_schema)
            assert again == rows, "the batches can be read more than once"
            found = Read(rows.to_pylist(), landed.rejections, landed.files)
            assert landed.row_count == len(found.rows)
        for file in found.files:
            assert file.rows_total == file.rows_kept + file.rows_rejected + file.rows_superseded
            assert min(file.rows_kept, file.rows_rejected, file.rows_superseded) >= 0
            assert file.rows_kept == sum(row["landed_file"] == file.object_key for row in found.rows)
        return found


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    """An empty landing folder, set to customers."""
    return Landing(open_object_store(str(tmp_path)))
