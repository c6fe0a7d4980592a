"""Which version of each id is in force (SPEC 10).

What belongs here: the order of versions, duplicates within a file, and which rejected rows a later version has
repaired. What does not: reading files (`reading`).

The order of versions is (updated_at, file, row), files in the order of their keys: the greatest is in force. A dataset
without `updated_at` has (file, row) alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from revrec.arrays import Int64Array

# DuckDB goes to disk beyond it: a month in which every id has many versions must not need memory for all of them.
_MEMORY_LIMIT = "512MB"

_IDS_REPEAT = "SELECT count(DISTINCT id) < count(*) FROM read_parquet($paths)"

# Microseconds, not timestamps: those depend on the session's time zone as soon as one is cast.
_GOOD = """
CREATE TEMP TABLE good AS
SELECT id, {updated_us} AS updated_us, $file_numbers[file_index::BIGINT + 1] AS file_no,
       landed_row, file_row_number AS ordinal
FROM read_parquet($paths)
"""

_VERSIONS = """
CREATE TEMP TABLE version AS
WITH repeated AS (SELECT id FROM good GROUP BY id HAVING count(*) > 1)
SELECT good.*,
       first_value(landed_row) OVER same AS first_row,
       row_number() OVER same > 1 AS is_duplicate
FROM good SEMI JOIN repeated USING (id)
WINDOW same AS (PARTITION BY id, updated_us, file_no ORDER BY landed_row)
"""

_SUPERSEDED = """
SELECT file_no, ordinal FROM version WHERE NOT is_duplicate
QUALIFY row_number() OVER (PARTITION BY id ORDER BY updated_us DESC, file_no DESC, landed_row DESC) > 1
ORDER BY ALL
"""

_DUPLICATES = """
SELECT file_no, ordinal, landed_row, id, first_row FROM version WHERE is_duplicate ORDER BY file_no, landed_row
"""

# A rejected row without a readable updated_at is repaired by any good row that landed later.
_REPAIRED = """
WITH duplicate AS (FROM version WHERE is_duplicate),
faulty AS (
    SELECT file_no, landed_row, id, updated_us FROM rejected WHERE id IS NOT NULL
    UNION ALL SELECT file_no, landed_row, id, updated_us FROM duplicate
),
standing AS (FROM good ANTI JOIN duplicate USING (file_no, ordinal))
SELECT file_no, landed_row FROM faulty
WHERE EXISTS (
    FROM standing
    WHERE standing.id = faulty.id
      AND (standing.updated_us > faulty.updated_us
           OR (coalesce(standing.updated_us = faulty.updated_us, true)
               AND (standing.file_no > faulty.file_no
                    OR (standing.file_no = faulty.file_no AND standing.landed_row > faulty.landed_row))))
)
ORDER BY ALL
"""


@dataclass(frozen=True)
class Duplicate:
    """A good row whose id stands in an earlier row of the same file, in the same version.

    Attributes:
        file: object key.
        ordinal: 0-based position among the good rows of the file.
        row: row in the file.
        id: the id.
        first_row: the row that stands.
    """

    file: str
    ordinal: int
    row: int
    id: str
    first_row: int


@dataclass(frozen=True)
class Settlement:
    """What becomes of the landed rows.

    Attributes:
        superseded: by file, sorted ordinals (0-based, among the file's good rows) of versions no longer in force.
        duplicates: good rows that stand twice, by file and row.
        repaired: (file, row) of rejected rows and duplicates that a later good version replaces.
    """

    superseded: dict[str, Int64Array] = field(default_factory=dict)
    duplicates: tuple[Duplicate, ...] = ()
    repaired: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True)
class GoodRows:
    """Where the good rows of one landed file are.

    Attributes:
        file: object key.
        path: Parquet file with the rows in landing order, in the lake schema; None where there are none.
    """

    file: str
    path: Path | None


def settle(files: Sequence[GoodRows], rejected: pa.Table, *, has_updated_at: bool, workspace: Path) -> Settlement:
    """Find the versions in force.

    Args:
        files: every landed file, in landing order.
        rejected: rejected rows of these files (`revrec.parsing.REJECTED_ROWS`).
        has_updated_at: whether the dataset has that field.
        workspace: folder for what does not fit into memory.
    """
    paths = [str(file.path) for file in files if file.path]
    if not paths:
        return Settlement()
    with duckdb.connect(config={"memory_limit": _MEMORY_LIMIT, "temp_directory": str(workspace)}) as connection:
        ids_repeat = connection.execute(_IDS_REPEAT, {"paths": paths}).fetchall()[0][0]
        if not ids_repeat and rejected["id"].null_count == len(rejected):
            return Settlement()
        file_numbers = [number for number, file in enumerate(files) if file.path]
        good = _GOOD.format(updated_us="epoch_us(updated_at)" if has_updated_at else "0")
        connection.execute(good, {"paths": paths, "file_numbers": file_numbers})
        connection.register("rejected", _numbered(files, rejected, has_updated_at=has_updated_at))
        connection.execute(_VERSIONS)
        superseded = connection.sql(_SUPERSEDED).to_arrow_table()
        duplicates = connection.execute(_DUPLICATES).fetchall()
        repaired = connection.execute(_REPAIRED).fetchall()
    return Settlement(
        _by_file(files, superseded),
        tuple(Duplicate(files[number].file, *row) for number, *row in duplicates),
        frozenset((files[number].file, row) for number, row in repaired),
    )


def _numbered(files: Sequence[GoodRows], rejected: pa.Table, *, has_updated_at: bool) -> pa.Table:
    keys = pa.array([file.file for file in files], pa.string())
    instants = pc.cast(rejected["updated_at"], pa.int64()) if has_updated_at else pa.repeat(0, len(rejected))
    return pa.table(
        {
            "file_no": pc.index_in(rejected["landed_file"], value_set=keys),
            "landed_row": rejected["landed_row"],
            "id": rejected["id"],
            "updated_us": instants,
        }
    )


def _by_file(files: Sequence[GoodRows], superseded: pa.Table) -> dict[str, Int64Array]:
    numbers, ordinals = superseded["file_no"].to_numpy(), superseded["ordinal"].to_numpy()
    return {file.file: ordinals[numbers == number] for number, file in enumerate(files) if (numbers == number).any()}
