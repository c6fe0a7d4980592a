"""Which landed files are read, and which are reported."""

from typing import TYPE_CHECKING

import pytest

from resources.landing import landed_keys, landed_months, landed_objects, misplaced_objects
from revrec.schemas import CUSTOMERS, INVOICES

if TYPE_CHECKING:
    from resources.object_store import ObjectStore
    from tests.resources.landing.conftest import Landing


def test_months_are_those_of_any_dataset_with_a_file(object_store: "ObjectStore") -> None:
    for key in (
        "landing/invoices/2025-02/a.csv",
        "landing/invoice_line_items/2024-12/a.csv",
        "landing/usage/2025-01/notes.txt",
        "landing/credit_notes/2025-03/_SUCCESS",
        "landing/invoices/2025-13/a.csv",
        "landing/invoices/2025/a.csv",
        "landing/invoices/january/a.csv",
        "landing/customers/2023-01/a.csv",
        "landing/invoices/a.csv",
        "lake/invoices/2022-01/a.csv",
    ):
        object_store.write_bytes(key, b"")

    assert landed_months(object_store) == ["2024-12", "2025-01", "2025-02"]


def test_an_empty_store_has_no_months_and_no_misplaced_files(object_store: "ObjectStore") -> None:
    assert landed_months(object_store) == []
    assert misplaced_objects(object_store) == []


def test_files_are_read_in_the_byte_order_of_their_keys_whatever_the_case_of_the_ending(landing: "Landing") -> None:
    for name in ("b.JSONL", "a.csv", "B.Parquet", "é.csv", "a.b.csv"):
        landing.put(name, "")

    names = [key.removeprefix("landing/customers/") for key in landed_keys(landing.store, CUSTOMERS, None)]
    assert names == ["B.Parquet", "a.b.csv", "a.csv", "b.JSONL", "é.csv"]


@pytest.mark.parametrize("name", ["_SUCCESS", ".hidden.csv", "_temporary/0/part.csv", ".staging/a.csv"])
def test_markers_and_unfinished_files_of_other_tools_are_passed_over(landing: "Landing", name: str) -> None:
    landing.put(name, "x")
    found = landed_objects(landing.store, CUSTOMERS, None)

    assert (found.readable, found.rejections) == ((), ())
    assert misplaced_objects(landing.store) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("a.xlsx", "the file has an ending other than .csv, .jsonl, .parquet, so nothing", id="a workbook"),
        pytest.param("a.csv.gz", "the file has an ending other than", id="compressed"),
        pytest.param("noending", "the file has an ending other than", id="no ending"),
        pytest.param("2025-01/a.csv", "the file lies in a folder of its own, so nothing", id="a folder too deep"),
    ],
)
def test_a_file_that_is_not_read_is_reported_whole(landing: "Landing", name: str, reason: str) -> None:
    landing.put(name, "id\n")
    [rejection] = landing.read().rejections

    assert (rejection.row, rejection.file) == (0, f"landing/customers/{name}")
    assert reason in rejection.reason
    assert rejection.action


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("landing/a.csv", "lies in no dataset's folder"),
        ("landing/invoice/2025-01/a.csv", "lies in the folder 'invoice', which is not a dataset"),
        ("landing/invoices/a.csv", "lies in no month's folder"),
        ("landing/invoices/2025-1/a.csv", "lies in the folder '2025-1', which is not a month"),
        ("landing/invoices/2025-00/a.csv", "lies in the folder '2025-00', which is not a month"),
    ],
)
def test_a_file_where_no_dataset_reads_is_reported(landing: "Landing", key: str, reason: str) -> None:
    landing.store.write_bytes(key, b"")
    landing.store.write_bytes("landing/invoices/2025-01/good.csv", b"")
    landing.store.write_bytes("landing/customers/good.csv", b"")
    [rejection] = misplaced_objects(landing.store)

    assert (rejection.file, rejection.row) == (key, 0)
    assert reason in rejection.reason


def test_a_file_beyond_the_bound_is_refused_but_still_accounted_for(
    landing: "Landing", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.landing.reading.MAX_LANDED_FILE_BYTES", 10)
    landing.put_customers("a.csv", "c1,Acme,2025-01-01T00:00:00Z")
    read = landing.read()

    assert "bytes long, more than the 10 there may be" in read.rejections[0].reason
    assert read.counts == [(0, 0, 0, 0)]


def test_only_the_asked_month_is_read(landing: "Landing") -> None:
    landing.store.write_bytes("landing/invoices/2025-01/a.csv", b"")
    landing.store.write_bytes("landing/invoices/2025-012/a.csv", b"")

    assert landed_keys(landing.store, INVOICES, "2025-01") == ["landing/invoices/2025-01/a.csv"]
