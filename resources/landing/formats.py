"""The formats a landed file may have, and what is said of a file that cannot be read at all.

What belongs here: the registry of readers. What does not: the readers (`csv_files`, `jsonl_files`, `parquet_files`): a
new format is one new module and one line here.
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from resources.landing.contents import Survey
from resources.landing.csv_files import read_csv
from resources.landing.jsonl_files import read_jsonl
from resources.landing.parquet_files import read_parquet
from revrec.parsing import RawRows
from revrec.schemas import Dataset

# A billing month of a million lines is 0.2 GiB. Beyond this, something else was put here, and the temporary disk space
# is not bounded.
MAX_LANDED_FILE_BYTES = 8 * 1024**3

Reader = Callable[[BinaryIO, Dataset, Survey], Iterator[RawRows]]

# By the ending of the file's name, in lower case. A reader yields the rows in the order of the file, each row once, and
# raises `FileRefusedError` where it cannot make out rows at all.
FORMATS: dict[str, Reader] = {".csv": read_csv, ".jsonl": read_jsonl, ".parquet": read_parquet}
