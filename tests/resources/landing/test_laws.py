"""What holds for any files whatever: no crash, every row accounted for, and the order of rows does not matter."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resources.landing.contents import FileRefusedError, Survey, survey
from resources.landing.csv_files import read_csv
from resources.landing.formats import FORMATS
from resources.landing.jsonl_files import read_jsonl
from revrec.schemas import CUSTOMERS, DATASETS, INVOICES, Dataset

if TYPE_CHECKING:
    from tests.resources.landing.conftest import Landing

# The folder is emptied between examples by the tests themselves.
FUZZ = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])

T = [f"2025-0{month}-01T00:00:00Z" for month in (1, 2, 3)]
CELLS = st.sampled_from(
    ["", "c1", "c2", "2025-01-15", T[0], T[1], "1.50", "USD", "SENT", '"', '"x', "é", "\x00", "a\nb"]
)


@given(
    content=st.binary(max_size=300),
    name=st.sampled_from(list(FORMATS)),
    dataset=st.sampled_from(list(DATASETS.values())),
)
@FUZZ
def test_random_bytes_are_read_or_refused_but_never_crash(
    landing: "Landing", content: bytes, name: str, dataset: Dataset
) -> None:
    landing.dataset, landing.month = dataset, "2025-01" if dataset.monthly else None
    landing.put(f"a{name}", content)
    landing.read()
    landing.clear()


@st.composite
def rows_of(draw: st.DrawFn, cells: st.SearchStrategy[str]) -> tuple[Dataset, list[dict[str, str]]]:
    dataset = draw(st.sampled_from(list(DATASETS.values())))
    rows = st.fixed_dictionaries({field.name: cells for field in dataset.fields})
    return dataset, draw(st.lists(rows, max_size=4))


@given(case=rows_of(CELLS | st.text(max_size=5)), name=st.sampled_from(list(FORMATS)))
@FUZZ
def test_random_values_are_kept_or_rejected_and_none_is_lost(
    landing: "Landing", case: tuple[Dataset, list[dict[str, str]]], name: str
) -> None:
    dataset, rows = case
    landing.dataset, landing.month = dataset, "2025-01" if dataset.monthly else None
    landing.put(f"a{name}", _file(dataset, rows, name))
    read = landing.read()

    assert read.files[0].rows_total == sum(any(row.values()) or name != ".csv" for row in rows)
    landing.clear()


@given(
    content=st.lists(st.sampled_from(['"', ",", "\n", "\r", "a", "1", '"x"', "é", "\x00", ",,", "\ufeff"]), max_size=30)
)
@settings(deadline=None, max_examples=300)
def test_the_fast_and_the_careful_csv_reader_find_the_same_rows(content: list[str]) -> None:
    _assert_careful_reader_agrees(read_csv, "id,legal_name,updated_at\n" + "".join(content))


JSON_PIECES = [
    "{",
    "}",
    '"id"',
    ":",
    ",",
    '"a"',
    "1.50",
    "null",
    "[",
    "]",
    "\n",
    "\r",
    '{"id":"a"}\n',
    '{"id":"a"}',
    '"\\ud800"',
]


@given(content=st.lists(st.sampled_from(JSON_PIECES), max_size=20))
@settings(deadline=None, max_examples=300)
def test_the_fast_and_the_careful_jsonl_reader_find_the_same_rows(content: list[str]) -> None:
    _assert_careful_reader_agrees(read_jsonl, "".join(content))


Version = tuple[str, str, str]  # id, legal name, updated_at
VERSIONS: st.SearchStrategy[list[Version]] = st.lists(
    st.tuples(st.sampled_from(["c1", "c2", "c3"]), st.sampled_from(["", "Acme", "Bolt"]), st.sampled_from([*T, "?"])),
    max_size=8,
)


@given(first=VERSIONS, second=VERSIONS, data=st.data())
@FUZZ
def test_the_order_of_rows_within_a_file_does_not_matter(
    landing: "Landing", first: list[Version], second: list[Version], data: st.DataObject
) -> None:
    # which of two duplicates stands is the one thing that follows from their order: there are none here
    files = {
        name: list({row[::2]: row for row in rows}.values()) for name, rows in (("a.csv", first), ("b.csv", second))
    }
    kept = []
    for arrange in (list, lambda rows: data.draw(st.permutations(rows))):
        for name, rows in files.items():
            landing.put_customers(name, *(",".join(row) for row in arrange(rows)))
        rows_in_force = landing.read().rows
        kept.append(sorted((row["id"], row["legal_name"], row["landed_file"]) for row in rows_in_force))
        landing.clear()

    assert kept == [_in_force(files)] * 2


@given(rows=VERSIONS)
@FUZZ
def test_reading_twice_gives_the_same(landing: "Landing", rows: list[Version]) -> None:
    landing.put_customers("a.csv", *(",".join(row) for row in rows))

    assert landing.read() == landing.read()
    landing.clear()


def _in_force(files: dict[str, list[Version]]) -> list[tuple[str, str, str]]:
    """The rule of SPEC 10 in plain Python: the greatest (updated_at, file) of the good rows of each id."""
    good = [
        (at, f"landing/customers/{file}", id_, name)
        for file, rows in files.items()
        for id_, name, at in rows
        if name and at != "?"
    ]
    newest = {id_: (id_, name, file) for _, file, id_, name in sorted(good)}
    return sorted(newest.values())


def _assert_careful_reader_agrees(reader: Callable[[BinaryIO, Dataset, Survey], Any], content: str) -> None:
    facts = survey(io.BytesIO(content.encode()))
    found = [_rows(reader, content, known) for known in (facts, replace(facts, is_utf8=False))]

    assert found[0] == found[1]


def _rows(
    reader: Callable[[BinaryIO, Dataset, Survey], Any], content: str, facts: Survey
) -> list[tuple[int, Any]] | str:
    found: list[tuple[int, Any]] = []
    try:
        for raw in reader(io.BytesIO(content.encode()), CUSTOMERS, facts):
            records = raw.records(np.arange(len(raw.row_numbers)))
            known = [{name: text for name, text in record.items() if text and name in CUSTOMERS} for record in records]
            found += [
                *zip(raw.row_numbers.tolist(), known, strict=True),
                *((row.number, row.text) for row in raw.unreadable),
            ]
    except FileRefusedError as refusal:
        return str(refusal)
    return sorted(found, key=lambda row: row[0])


def _file(dataset: Dataset, rows: list[dict[str, str]], name: str) -> str | pa.Table:
    names = [field.name for field in dataset.fields]
    if name == ".parquet":
        return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in names})
    if name == ".jsonl":
        return "".join(json.dumps(row) + "\n" for row in rows)
    quoted = (",".join('"' + row[name].replace('"', '""') + '"' for name in names) for row in rows)
    return "\n".join([",".join(names), *quoted, ""])


def test_a_month_of_every_dataset_can_be_read_at_once(landing: "Landing") -> None:
    for dataset in DATASETS.values():
        landing.dataset, landing.month = dataset, "2025-01" if dataset.monthly else None
        landing.put("a.csv", ",".join(field.name for field in dataset.fields) + "\n")
        assert landing.read().rejections == []
    assert INVOICES in DATASETS.values()
