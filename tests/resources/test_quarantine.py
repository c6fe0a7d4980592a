"""Quarantine over every store: what goes in comes out, and is gone when nothing is wrong any more."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resources.object_store import ObjectStore
from resources.quarantine import (
    QuarantineError,
    count_quarantined_rows,
    quarantine_key,
    read_quarantine,
    write_quarantine,
)
from revrec.rejections import Rejection

FAULT = Rejection(
    dataset="invoices",
    file="landing/invoices/2025-01/é.csv",
    row=7,
    field="net_total",
    value="12.345",
    reason="net_total '12.345' has 3 decimals, USD has 2",
    action="correct the row in the billing system and land it again",
    record={"id": "inv_1", "net_total": "12.345", "title": 'Größe "株"\u2028\n', "entity_id": None},
)


def test_rejections_are_read_back_as_they_were_written(object_store: ObjectStore) -> None:
    assert write_quarantine(object_store, "invoices", "2025-01", [FAULT]) == 1

    assert read_quarantine(object_store, "invoices", "2025-01") == [FAULT]


def test_each_month_and_each_dataset_has_a_file_of_its_own(object_store: ObjectStore) -> None:
    write_quarantine(object_store, "invoices", "2025-01", [FAULT])
    write_quarantine(object_store, "invoices", "2025-02", [replace(FAULT, row=8)])
    write_quarantine(object_store, "customers", None, [replace(FAULT, row=9)])

    keys = [found.key for found in object_store.list_objects("quarantine/")]
    assert keys == [
        "quarantine/customers/all.jsonl",
        "quarantine/invoices/2025-01.jsonl",
        "quarantine/invoices/2025-02.jsonl",
    ]
    assert [item.row for item in read_quarantine(object_store, "invoices", "2025-02")] == [8]


def test_a_month_is_replaced_whole_and_removed_when_nothing_is_wrong_any_more(object_store: ObjectStore) -> None:
    write_quarantine(object_store, "invoices", "2025-01", [FAULT, replace(FAULT, row=8)])
    write_quarantine(object_store, "invoices", "2025-01", [replace(FAULT, row=9)])
    assert [item.row for item in read_quarantine(object_store, "invoices", "2025-01")] == [9]

    assert write_quarantine(object_store, "invoices", "2025-01", []) == 0
    assert not object_store.exists(quarantine_key("invoices", "2025-01"))
    assert read_quarantine(object_store, "invoices", "2025-01") == []


def test_a_landed_row_counts_once_whatever_is_wrong_with_it(object_store: ObjectStore) -> None:
    assert count_quarantined_rows(object_store) == 0
    write_quarantine(
        object_store, "invoices", "2025-01", [FAULT, replace(FAULT, field="status"), replace(FAULT, row=8)]
    )
    write_quarantine(object_store, "line_allocations", "2025-01", [replace(FAULT, reason="kept out with its invoice")])
    write_quarantine(object_store, "customers", None, [replace(FAULT, dataset="customers")])

    assert count_quarantined_rows(object_store) == 3


def test_removing_what_is_not_there_is_no_error(object_store: ObjectStore) -> None:
    assert write_quarantine(object_store, "invoices", "2025-01", []) == 0


def test_the_file_is_a_line_of_json_per_fault_sorted_by_file_row_and_field(object_store: ObjectStore) -> None:
    faults = [
        replace(FAULT, file="b.csv"),
        replace(FAULT, row=10),
        replace(FAULT, row=9, field="status"),
        replace(FAULT, row=9, field="id"),
        replace(FAULT, row=9, field="id", reason="another"),
    ]
    write_quarantine(object_store, "invoices", "2025-01", reversed(faults))
    content = object_store.read_bytes(quarantine_key("invoices", "2025-01"))
    write_quarantine(object_store, "invoices", "2025-01", faults)

    assert object_store.read_bytes(quarantine_key("invoices", "2025-01")) == content
    lines = [json.loads(line) for line in content.decode().split("\n")[:-1]]
    assert [(line["file"], line["row"], line["field"]) for line in lines] == [
        ("b.csv", 7, "net_total"),
        (FAULT.file, 9, "id"),
        (FAULT.file, 9, "id"),
        (FAULT.file, 9, "status"),
        (FAULT.file, 10, "net_total"),
    ]
    assert "Größe" in content.decode()


def test_nothing_is_left_out_however_many_there_are(object_store: ObjectStore) -> None:
    faults = [replace(FAULT, row=row, value="x" * 200) for row in range(1, 10_001)]

    assert write_quarantine(object_store, "invoices", "2025-01", iter(faults)) == 10_000
    assert read_quarantine(object_store, "invoices", "2025-01") == faults


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(value=TEXT, record=st.dictionaries(TEXT, st.none() | TEXT, max_size=3))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_survives(object_store: ObjectStore, value: str, record: dict[str, str | None]) -> None:
    fault = replace(FAULT, value=value, record=record)
    write_quarantine(object_store, "invoices", "2025-01", [fault])

    assert read_quarantine(object_store, "invoices", "2025-01") == [fault]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"{\n", id="not JSON"),
        pytest.param(b"[1]\n", id="not an object"),
        pytest.param(b'{"dataset": "invoices"}\n', id="fields missing"),
        pytest.param(b"\xff\n", id="not UTF-8"),
    ],
)
def test_a_file_that_something_else_changed_is_not_taken_for_a_quarantine(
    object_store: ObjectStore, content: bytes
) -> None:
    object_store.write_bytes(quarantine_key("invoices", "2025-01"), content)

    with pytest.raises(QuarantineError, match=r"line 1 of quarantine/invoices/2025-01\.jsonl is not a rejection"):
        read_quarantine(object_store, "invoices", "2025-01")
