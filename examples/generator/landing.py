"""Landing files: rows to files, files to bytes in the three formats of SPEC 10, and bytes to disk.

What belongs here: which file a row is part of, encodings that give the same bytes for the same rows, and writing
without mixing two data sets. What does not: the rows.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from revrec.errors import RevrecError

from .catalogue import Row

# CSV is what most billing systems give; one month each comes in the other two formats.
SUFFIX_OF_MONTH = {"2025-04": "jsonl", "2025-08": "parquet"}


class ForeignLandingFilesError(RevrecError, FileExistsError):
    """The folder already holds landing files that are not part of the data set to be written."""


class Placed(NamedTuple):
    """A landing row and where it lands: `month` is empty for reference datasets, later extracts sort after earlier."""

    dataset: str
    month: str
    row: Row
    extract: int = 1

    @property
    def path(self) -> str:
        """The landing file, relative to the store's root."""
        if not self.month:
            return f"landing/{self.dataset}/{self.dataset}.csv"
        suffix = SUFFIX_OF_MONTH.get(self.month, "csv")
        return f"landing/{self.dataset}/{self.month}/services-{self.extract}.{suffix}"


def files_of(rows: Iterable[Placed]) -> dict[str, list[Row]]:
    """Return the rows of each landing file by its path, in the order given."""
    files: defaultdict[str, list[Row]] = defaultdict(list)
    for placed in rows:
        files[placed.path].append(placed.row)
    return dict(files)


def encode(path: str, rows: list[Row]) -> bytes:
    """Return `rows` as the file that the suffix of `path` asks for.

    Args:
        path: where the file will land.
        rows: at least one row; all have the same fields, every value is text or missing.

    Raises:
        ValueError: the suffix is none of .csv, .jsonl, .parquet.
    """
    suffix = Path(path).suffix
    if suffix == ".csv":
        return _csv(rows)
    if suffix == ".jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    if suffix == ".parquet":
        return _parquet(rows)
    raise ValueError(f"{path}: a landing file ends in .csv, .jsonl or .parquet, not in {suffix!r}")


def refuse_foreign_files(out: Path, paths: Collection[str]) -> None:
    """Make sure that `out/landing` will hold one data set only.

    Args:
        out: the store's root.
        paths: the files to be written, relative to `out`, with "/".

    Raises:
        ForeignLandingFilesError: another file is there; it would be read as part of this data set.
    """
    present = {file.relative_to(out).as_posix() for file in (out / "landing").rglob("*") if file.is_file()}
    foreign = sorted(present - set(paths))
    if foreign:
        raise ForeignLandingFilesError(
            f"{out} already holds {len(foreign)} landing files of other data, {foreign[0]} the first: "
            "choose another folder, or remove its landing folder first"
        )


def write_files(out: Path, files: Mapping[str, bytes]) -> None:
    """Write the files under `out`, replacing those of an earlier run.

    Raises:
        ForeignLandingFilesError: `out/landing` holds files of another data set; nothing is written.
    """
    refuse_foreign_files(out, files.keys())
    for path, content in files.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _csv(rows: list[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _parquet(rows: list[Row]) -> bytes:
    """All columns are strings: dates and amounts are text in every landing format (SPEC 10)."""
    schema = pa.schema([(name, pa.string()) for name in rows[0]])
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), buffer, compression="zstd")
    return buffer.getvalue()
