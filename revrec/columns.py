"""Moving columns between Arrow and numpy without losing what null means.

What belongs here: the conversions that kernels need at their edges. What does not: arithmetic.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec.arrays import DateArray, Int64Array
from revrec.errors import RevrecError


class MissingValueError(RevrecError, ValueError):
    """A null in a column of integers: numpy has none, and would make floats of all of them."""


def days(column: pa.Array) -> DateArray:
    """datetime64[D] of a date32 column; NaT where null."""
    result: DateArray = column.to_numpy(zero_copy_only=False).astype("datetime64[D]")
    return result


def dates(column: DateArray) -> pa.Array:
    """date32 column of datetime64 days or months (a month becomes its first day); null where NaT."""
    return pa.array(column.astype("datetime64[D]"), pa.date32())


def integers(column: pa.Array) -> Int64Array:
    """int64 of an integer column without nulls.

    Raises:
        MissingValueError: the column has a null.
    """
    if column.null_count:
        raise MissingValueError(
            f"{column.null_count} of {len(column)} integers are missing: materialize their table again"
        )
    result: Int64Array = column.to_numpy(zero_copy_only=False).astype(np.int64)
    return result


def labels(values: list[str], codes: "np.ndarray[tuple[int], np.dtype[np.integer]]") -> pa.Array:
    """Dictionary column: `values[code]` per row."""
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(values, pa.string()))


def constant(value: str | None, length: int) -> pa.Array:
    """String column of one repeated value."""
    return pa.repeat(pa.scalar(value, pa.string()), length)


def exact_sum(column: pa.Array) -> int:
    """Sum of an int64 column, however large: int64 sums wrap around without a word (FACTS)."""
    total = pc.sum(pc.cast(column, pa.decimal128(38))).as_py()
    return int(total or 0)
