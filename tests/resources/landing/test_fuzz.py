"""Whatever lands, in every dataset and format: no crash, no row lost, and whatever is left out is named.

What belongs here: laws of `read_landed` over spoilt files and odd values. What does not: which value has which fault
(`tests/revrec/parsing`), and what the chain makes of it (`tests/assets/test_bad_input`).
"""

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resources.landing.formats import FORMATS
from resources.quarantine import read_quarantine, write_quarantine
from revrec.rejections import MAX_VALUE_LENGTH
from revrec.schemas import DATASETS, Dataset
from tests.resources.landing.damage import (
    COLUMN_TYPES,
    FORMAT_WRITERS,
    ODD_VALUES,
    SPOILS,
    Spoil,
    intact_ids,
    parquet_bytes,
    rows_in,
    sound_rows,
    table_of,
)

if TYPE_CHECKING:
    from tests.resources.landing.conftest import Landing, Read

ENDINGS = [ending.removeprefix(".") for ending in FORMATS]
EVERY_DATASET = pytest.mark.parametrize("dataset", DATASETS.values(), ids=list(DATASETS))
EVERY_FORMAT = pytest.mark.parametrize("ending", ENDINGS)


def fuzz(examples: int) -> settings:
    """Examples for each dataset and format: the same in every run, so that a failure is the change's that caused it."""
    # the folder is emptied between examples by `read_one`
    ignored = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        deadline=None, derandomize=True, database=None, max_examples=examples, suppress_health_check=ignored
    )


def read_one(landing: "Landing", dataset: Dataset, ending: str, content: bytes) -> "Read":
    """Read one file of a dataset, and hold that every row left out is named (`Landing.read` holds the file's sums)."""
    landing.dataset, landing.month = dataset, "2025-01" if dataset.monthly else None
    landing.put(f"a.{ending}", content)
    read = landing.read()
    landing.clear()
    _assert_everything_is_named(read, dataset, f"{landing.folder}a.{ending}")
    write_quarantine(landing.store, dataset.name, landing.month, read.rejections)
    written = read_quarantine(landing.store, dataset.name, landing.month)
    assert Counter(map(repr, written)) == Counter(map(repr, read.rejections))
    counted, total = rows_in(content, ending), read.files[0].rows_total
    if read.reasons and read.reasons[0][0] == 0:
        # a damaged file may not say how many rows it had: then it is named whole
        assert read.rows == []
        assert counted is None or total in (counted, 0)
    elif counted is not None:
        assert total == counted
    return read


def _assert_everything_is_named(read: "Read", dataset: Dataset, key: str) -> None:
    [file] = read.files
    rejected, kept = {item.row for item in read.rejections}, {row["landed_row"] for row in read.rows}
    assert rejected == {0} or len(rejected) == file.rows_rejected
    assert len(kept) == len(read.rows) == file.rows_kept
    assert not rejected & kept
    for item in read.rejections:
        assert (item.dataset, item.file) == (dataset.name, key)
        assert item.field == "" or item.field in dataset
        assert item.reason.strip()
        assert item.action.strip()
        assert len(item.value) <= MAX_VALUE_LENGTH
        assert item.row == 0 or item.record


@EVERY_DATASET
@EVERY_FORMAT
@given(content=st.binary(max_size=200))
@fuzz(3)
def test_random_bytes_are_read_or_refused(landing: "Landing", dataset: Dataset, ending: str, content: bytes) -> None:
    read_one(landing, dataset, ending, content)


@EVERY_DATASET
@EVERY_FORMAT
@given(spoils=st.lists(SPOILS, min_size=1, max_size=3))
@fuzz(6)
def test_a_spoilt_file_loses_no_row_that_is_still_whole(
    landing: "Landing", dataset: Dataset, ending: str, spoils: list[Spoil]
) -> None:
    sound = FORMAT_WRITERS[ending](dataset, sound_rows(dataset, 5))
    spoilt = sound
    for spoil in spoils:
        spoilt = spoil(spoilt)
    read = read_one(landing, dataset, ending, spoilt)

    if ending != "parquet":
        assert intact_ids(sound, spoilt, ending) <= set(read.ids)


@EVERY_DATASET
@EVERY_FORMAT
@given(data=st.data())
@fuzz(5)
def test_odd_values_in_some_fields_cost_no_other_row(
    landing: "Landing", dataset: Dataset, ending: str, data: st.DataObject
) -> None:
    names = st.sampled_from([field.name for field in dataset.fields])
    odd = st.dictionaries(names, ODD_VALUES[ending], max_size=4)
    changes = data.draw(st.lists(odd, min_size=1, max_size=5))
    rows: list[dict[str, Any]] = [row | change for row, change in zip(sound_rows(dataset, 5), changes, strict=False)]
    read = read_one(landing, dataset, ending, FORMAT_WRITERS[ending](dataset, [*rows, sound_rows(dataset, 6)[5]]))

    # a line of nothing but commas is blank: nothing landed there
    assert read.files[0].rows_total == 1 + sum(ending != "csv" or any(row.values()) for row in rows)
    sound = {row["id"] for row, change in zip(rows, changes, strict=True) if not change}
    assert sound | {"r6"} <= set(read.ids)


@EVERY_DATASET
@given(data=st.data())
@fuzz(10)
def test_a_parquet_column_of_any_type_is_read_exactly_or_refused(
    landing: "Landing", dataset: Dataset, data: st.DataObject
) -> None:
    rows = sound_rows(dataset, 3)
    table = table_of(dataset, rows)
    for name in data.draw(st.sets(st.sampled_from(table.schema.names), min_size=1, max_size=3)):
        kind, values = data.draw(st.sampled_from(COLUMN_TYPES))
        column = pa.array(data.draw(st.lists(st.none() | values, min_size=3, max_size=3)), kind)
        table = table.set_column(table.schema.get_field_index(name), name, column)
    read = read_one(landing, dataset, "parquet", parquet_bytes(table))

    assert read.files[0].rows_total == len(rows)


def test_half_a_surrogate_beside_a_boolean_costs_no_other_row(landing: "Landing") -> None:
    dataset = DATASETS["credit_notes"]
    surrogate, boolean, sound = sound_rows(dataset, 3)
    rows: list[dict[str, Any]] = [surrogate | {"customer_id": "\ud800"}, boolean | {"customer_id": True}, sound]
    read = read_one(landing, dataset, "jsonl", FORMAT_WRITERS["jsonl"](dataset, rows))

    assert read.ids == ["r2", "r3"]
    assert [(row, field) for row, field, _ in read.reasons] == [(1, "customer_id")]
