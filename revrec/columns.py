"""Moving columns between Arrow and numpy without losing what null means.

What belongs here: the conversions that kernels need at their edges. What does not: arithmetic.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec.arrays import DateArray, Int64Array


def days(column: pa.Array) -> DateArray:
    """datetime64[D] of a date32 column; NaT where null."""
    result: DateArray = column.to_numpy(zero_copy_only=False).astype("datetime64[D]")
    return result


def dates(column: DateArray) -> pa.Array:
    """date32 column of datetime64 days or months (a month becomes its first day); null where NaT."""
    return pa.array(column.astype("datetime64[D]"), pa.date32())


def integers(column: pa.Array) -> Int64Array:
    """int64 of an integer column without nulls."""
    result: Int64Array = column.to_numpy(zero_copy_only=False).astype(np.int64)
    return result


def labels(values: list[str], codes: "np.ndarray[tuple[int], np.dtype[np.integer]]") -> pa.Array:
    """Dictionary column: `values[code]` per row."""
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(values, pa.string()))


def constant(value: str | None, length: int) -> pa.Array:
    """String column of one repeated value."""
    return pa.repeat(pa.scalar(value, pa.string()), length)


def equals(column: pa.Array, value: str) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Which rows of a text column hold a value; null is none of them."""
    result: np.ndarray[tuple[int], np.dtype[np.bool_]] = pc.equal(column, value).fill_null(False).to_numpy(zero_copy_only=False)
    return result
