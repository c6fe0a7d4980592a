"""Which version of an id is in force, and the account of every row."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest

from resources.folder_store import FolderStore
from resources.landing import read_landed
from resources.object_store import ObjectChangedError
from revrec.schemas import CUSTOMERS, INVOICE_LINE_ITEMS, INVOICES

if TYPE_CHECKING:
    from resources.object_store import ObjectStore
    from tests.resources.landing.conftest import Landing

T1, T2, T3 = (f"2025-0{month}-01T00:00:00Z" for month in (1, 2, 3))
LINE_HEADER = "id,invoice_id,group_id,title,kind,net_total"


def test_the_version_with_the_latest_updated_at_is_in_force_wherever_it_landed(landing: "Landing") -> None:
    landing.put_customers("a.csv", f"c1,Old,{T1}", f"c2,New,{T3}")
    landing.put_customers("b.csv", f"c1,New,{T2}", f"c2,Old,{T1}")
    read = landing.read()

    assert [(row["id"], row["legal_name"]) for row in read.rows] == [("c2", "New"), ("c1", "New")]
    assert read.counts == [(2, 1, 0, 1), (2, 1, 0, 1)]
    assert read.rejections == []


def test_of_two_files_with_the_same_updated_at_the_later_key_is_in_force(landing: "Landing") -> None:
    landing.put_customers("é.csv", f"c1,From é,{T1}")
    landing.put_customers("Z.csv", f"c1,From Z,{T1}")
    landing.put_customers("a.csv", f"c1,From a,{T1}")

    # in the byte order of UTF-8: Z, a, é
    assert [row["legal_name"] for row in landing.read().rows] == ["From é"]


def test_without_updated_at_the_file_that_landed_last_is_in_force(landing: "Landing") -> None:
    landing.dataset, landing.month = INVOICE_LINE_ITEMS, "2025-01"
    landing.put("a.csv", f"{LINE_HEADER}\nl1,i1,g,Old,CHARGE,1\nl2,i1,g,Stays,CHARGE,2\n")
    landing.put("b.csv", f"{LINE_HEADER}\nl1,i1,g,New,CHARGE,3\n")
    read = landing.read()

    assert [(row["id"], row["title"]) for row in read.rows] == [("l2", "Stays"), ("l1", "New")]
    assert read.counts == [(2, 1, 0, 1), (1, 1, 0, 0)]


def test_versions_of_one_id_in_one_file_are_versions(landing: "Landing") -> None:
    landing.put_customers("a.csv", f"c1,Newest,{T3}", f"c1,Old,{T1}", f"c1,Newer,{T2}")
    read = landing.read()

    assert [(row["legal_name"], row["landed_row"]) for row in read.rows] == [("Newest", 2)]
    assert read.counts == [(3, 1, 0, 2)]


def test_the_same_version_twice_in_one_file_is_a_duplicate_and_the_first_stands(landing: "Landing") -> None:
    landing.put("a.csv", f"id,legal_name,updated_at,crm\nc1,First,{T1},x\nc2,Other,{T1},y\nc1,Second,{T1},z\n")
    read = landing.read()

    assert [row["legal_name"] for row in read.rows] == ["First", "Other"]
    [rejection] = read.rejections
    assert (rejection.row, rejection.field, rejection.value) == (4, "id", "c1")
    assert rejection.reason == "id 'c1' stands already in row 2 of this file with the same updated_at"
    assert rejection.record == {"id": "c1", "legal_name": "Second", "updated_at": T1, "crm": "z"}
    assert read.counts == [(3, 2, 1, 0)]


def test_without_updated_at_an_id_twice_in_one_file_is_a_duplicate(landing: "Landing") -> None:
    landing.dataset, landing.month = INVOICE_LINE_ITEMS, "2025-01"
    landing.put("a.csv", f"{LINE_HEADER}\nl1,i1,g,First,CHARGE,1\nl1,i1,g,Second,CHARGE,1\nl1,i1,g,Third,CHARGE,1\n")
    read = landing.read()

    assert [row["title"] for row in read.rows] == ["First"]
    assert read.reasons == [(row, "id", "id 'l1' stands already in row 2 of this file") for row in (3, 4)]
    assert read.counts == [(3, 1, 2, 0)]


def test_a_later_version_settles_a_duplicate(landing: "Landing") -> None:
    landing.put_customers("a.csv", f"c1,First,{T1}", f"c1,Second,{T1}")
    landing.put_customers("b.csv", f"c1,New,{T2}")
    read = landing.read()

    assert [row["legal_name"] for row in read.rows] == ["New"]
    assert read.rejections == []
    assert read.counts == [(2, 0, 0, 2), (1, 1, 0, 0)]


def test_a_bad_row_is_repaired_by_a_later_good_version(landing: "Landing") -> None:
    landing.put_customers("a.csv", f"c1,,{T1}", f"c2,,{T1}", "c3,Three,yesterday")
    landing.put_customers("b.csv", f"c1,One,{T2}", f"c3,Three,{T1}")
    read = landing.read()

    assert read.ids == ["c1", "c3"]
    assert read.reasons == [(3, "legal_name", "legal_name is missing, and every row must have one")]
    assert read.counts == [(3, 0, 1, 2), (2, 2, 0, 0)]


def test_a_bad_row_that_is_newer_than_every_good_one_stays_rejected_and_the_last_good_one_in_force(
    landing: "Landing",
) -> None:
    landing.put_customers("a.csv", f"c1,Good,{T1}", f"c2,,{T3}")
    landing.put_customers("b.csv", f"c1,,{T2}", f"c2,Good,{T2}")
    read = landing.read()

    assert read.ids == ["c1", "c2"]
    assert [(item.file[-5:], item.row) for item in read.rejections] == [("a.csv", 3), ("b.csv", 2)]
    assert read.counts == [(2, 1, 1, 0), (2, 1, 1, 0)]


def test_a_bad_row_without_a_readable_id_is_never_taken_for_repaired(landing: "Landing") -> None:
    landing.put_customers("a.csv", f" c1,Blank,{T1}", "c1,too few")
    landing.put_customers("b.csv", f"c1,Good,{T2}")

    assert [item.row for item in landing.read().rejections] == [2, 3]


def test_a_bad_line_is_repaired_by_the_row_below_it(landing: "Landing") -> None:
    landing.dataset, landing.month = INVOICE_LINE_ITEMS, "2025-01"
    landing.put(
        "a.csv", f"{LINE_HEADER}\nl1,i1,g,T,CHARGE,x\nl1,i1,g,T,CHARGE,1\nl2,i1,g,T,CHARGE,1\nl2,i1,g,T,CHARGE,x\n"
    )
    read = landing.read()

    assert read.ids == ["l1", "l2"]
    assert [item.row for item in read.rejections] == [5]
    assert read.counts == [(4, 2, 1, 1)]


def test_formats_may_be_mixed_and_each_file_is_accounted_for(landing: "Landing") -> None:
    landing.put("a.jsonl", f'{{"id": "c1", "legal_name": "Old", "updated_at": "{T1}"}}\n')
    landing.put_customers("b.CSV", f"c1,New,{T2}")
    [old, new] = landing.read().files

    assert old.object_key == "landing/customers/a.jsonl"
    content = landing.store.read_bytes("landing/customers/b.CSV")
    assert (new.sha256, new.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert new.etag == next(iter(landing.store.list_objects("landing/customers/b.CSV"))).etag


def test_a_document_in_the_folder_of_another_month_is_rejected_there(landing: "Landing") -> None:
    landing.dataset, landing.month = INVOICES, "2025-01"
    header = "id,invoice_number,customer_id,status,currency,accounting_date,net_total,updated_at"
    landing.put("a.csv", f"{header}\ni1,1,c1,SENT,USD,2025-01-31,1.00,{T1}\ni2,2,c1,SENT,USD,2025-02-01,1.00,{T1}\n")
    read = landing.read()

    assert read.ids == ["i1"]
    assert "is in 2025-02, but the file lies in the folder of 2025-01" in read.rejections[0].reason


class ReplacingStore(FolderStore):
    """A folder in which the billing system lands a file anew as soon as it was read."""

    def open_read(self, key: str) -> BinaryIO:
        """Open the file, and replace it behind the reader."""
        stream = super().open_read(key)
        self.write_bytes(key, self.read_bytes_of(stream) + b"\n")
        return stream

    @staticmethod
    def read_bytes_of(stream: BinaryIO) -> bytes:
        """All that is in a file, which is then at its start again."""
        content = stream.read()
        stream.seek(0)
        return content


def test_a_file_that_is_replaced_while_its_duplicates_are_looked_up_stops_the_run(
    landing: "Landing", tmp_path: Path
) -> None:
    landing.put_customers("a.csv", f"c1,First,{T1}", f"c1,Second,{T1}")
    landing.store = ReplacingStore(tmp_path)

    with pytest.raises(ObjectChangedError, match=r"a\.csv was replaced while it was read: run again"):
        landing.read()


def test_an_empty_month_is_an_empty_table(landing: "Landing") -> None:
    landing.dataset, landing.month = INVOICES, "2025-01"
    read = landing.read()

    assert (read.rows, read.rejections, read.files) == ([], [], [])


def test_the_temporary_files_are_gone_when_the_data_is_closed(
    landing: "Landing", tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    landing.put_customers("a.csv", f"c1,Acme,{T1}")
    with read_landed(landing.store, CUSTOMERS, None):
        assert any(temporary.iterdir())

    assert not any(temporary.iterdir())


def test_a_folder_and_a_bucket_give_the_same_rows(object_store: "ObjectStore", landing: "Landing") -> None:
    landing.store = object_store
    landing.put_customers("a.csv", f"c1,Old,{T1}", f"c1,Doubled,{T1}", f"c2,,{T1}")
    landing.put_customers("b.csv", f"c1,New,{T1}")
    read = landing.read()

    assert read.rows == [
        {
            "id": "c1",
            "legal_name": "New",
            "updated_at": datetime(2025, 1, 1, tzinfo=UTC),
            "landed_file": "landing/customers/b.csv",
            "landed_row": 2,
        }
    ]
    assert [item.row for item in read.rejections] == [4]
