"""The good rows of landed files, on local disk until it is known which of them are in force.

What belongs here: temporary Parquet files, one per landed file, and reading them back without the rows that do not
count. What does not: which rows those are (`versions`), and the lake (`resources.lake`).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from revrec.arrays import Int64Array

BATCH_ROWS = 65_536


class Part:
    """The good rows of one landed file, in landing order; written once, then read as often as needed."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Start an empty part; no file is made before there are rows.

        Args:
            path: where the rows are kept.
            schema: the lake schema of the dataset.
        """
        self.path = path
        self.row_count = 0
        self._schema = schema
        self._writer: pq.ParquetWriter | None = None

    def append(self, rows: pa.RecordBatch) -> None:
        """Add rows at the end."""
        if not rows.num_rows:
            return
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, self._schema, compression="zstd", use_dictionary=False)
        self._writer.write_batch(rows)
        self.row_count += rows.num_rows

    def close(self) -> None:
        """End writing."""
        if self._writer is not None:
            self._writer.close()

    def discard(self) -> None:
        """Forget all rows."""
        self.close()
        self.path.unlink(missing_ok=True)
        self.row_count = 0

    def batches(self, without: Int64Array) -> Iterator[pa.RecordBatch]:
        """Yield the rows except those at these 0-based positions."""
        if not self.row_count:
            return
        keep = np.ones(self.row_count, dtype=np.bool_)
        keep[without] = False
        start = 0
        with pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                kept = keep[start : start + batch.num_rows]
                start += batch.num_rows
                rows = batch if bool(kept.all()) else batch.filter(pa.array(kept))
                if rows.num_rows:
                    yield rows.cast(self._schema)


class KeptRows:
    """The rows in force of several parts, in landing order; every iteration starts from the first."""

    def __init__(self, parts: Mapping[str, Part], dropped: Mapping[str, Int64Array], schema: pa.Schema) -> None:
        """Read these parts.

        Args:
            parts: by object key, in landing order.
            dropped: by object key, positions of the rows that do not count.
            schema: the lake schema of the dataset.
        """
        self._parts, self._dropped, self.schema = parts, dropped, schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Yield batches of at most BATCH_ROWS rows, in the lake schema."""
        nothing = np.zeros(0, dtype=np.int64)
        for key, part in self._parts.items():
            yield from part.batches(self._dropped.get(key, nothing))
