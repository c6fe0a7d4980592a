"""Exports that people ask for: one zip file named after its content, its manifests, and what keeps it from being
written."""

import hashlib
import io
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets.journal_selection import MonthNotRunError
from assets.ledger_ties import JournalsDoNotTieError
from assets.requested_exports import AlteredExportError, NothingToExportError, WrittenExport, write_requested_export
from assets.up_to_date import Places
from resources.lake import TableStream
from resources.policy_file import load_policy
from revrec import tables
from revrec.exports.chart import MissingAccountMappingError
from revrec.exports.requests import REQUESTABLE_FORMATS, ExportRequest, FormatDisabledError, RequestTexts
from tests.assets.accountant import Accountant
from tests.assets.chain import Chain


@pytest.fixture
def spoilable(posted_books: Chain, tmp_path: Path) -> Places:
    """Places of a store that a test may spoil, without a requested export."""
    shutil.copytree(posted_books.store, tmp_path / "store", ignore=shutil.ignore_patterns("requested"))
    return Accountant(tmp_path / "store").places


@pytest.fixture(scope="module")
def places(posted_books: Chain) -> Places:
    return Accountant(posted_books.store).places


def request(export: str = "generic", first: str = "2025-01", last: str = "2025-02", **words: Any) -> ExportRequest:
    return RequestTexts(format=export, first=first, last=last, **words).request("UTC")


def content(places: Places, written: WrittenExport) -> dict[str, bytes]:
    """Files of the zip file, name to bytes."""
    with zipfile.ZipFile(io.BytesIO(places.store.read_bytes(written.object_key))) as archive:
        assert archive.testzip() is None
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


@pytest.mark.parametrize("export", REQUESTABLE_FORMATS)
def test_every_format_gives_a_zip_of_each_ledgers_files_and_manifests(places: Places, export: str) -> None:
    written = write_requested_export(request(export), places)
    stored = places.store.read_bytes(written.object_key)
    assert written.sha256 == hashlib.sha256(stored).hexdigest()
    assert written.object_key == f"exports/requested/{export}-{written.sha256[:16]}.zip"
    assert written.size_bytes == len(stored)
    files = content(places, written)
    kinds = ("", "-import") if export == "xero" else ("",)
    names = {f"default-{currency}{kind}" for currency in ("JPY", "USD") for kind in kinds}
    assert list(files) == sorted(f"{name}{end}" for name in names for end in (".csv", ".manifest.json"))
    for name in names:
        manifest = json.loads(files[f"{name}.manifest.json"])
        assert manifest["sha256"] == hashlib.sha256(files[f"{name}.csv"]).hexdigest()
        assert manifest["rows"] == files[f"{name}.csv"].count(b"\n") - 1
        assert (manifest["from"], manifest["to"], manifest["filters"], manifest["as_of"]) == (
            "2025-01-01",
            "2025-02-28",
            {},
            None,
        )
        assert "month" not in manifest
    # January: 1,290.00 invoiced and 190.00 earned; February: 100.00 earned. In JPY as in test_gl_exports, and January's
    # 30,000 earned before the ledger's invoice.
    assert written.totals == {
        "default-JPY": {"journals": written.totals["default-JPY"]["journals"], **sides(30_000 + 120_000)},
        "default-USD": {"journals": written.totals["default-USD"]["journals"], **sides(148_000 + 10_000)},
    }
    assert written.rows == sum(manifest["rows"] for manifest in written.manifests)


def sides(amount_minor: int) -> dict[str, int]:
    return {"debits_minor": amount_minor, "credits_minor": amount_minor}


def test_the_same_request_gives_the_same_key_and_is_written_once(spoilable: Places) -> None:
    first = write_requested_export(request(), spoilable)
    [before] = spoilable.store.list_objects("exports/requested/")
    again = write_requested_export(request(), spoilable)
    [after] = spoilable.store.list_objects("exports/requested/")
    assert again == first
    assert after == before, "it was written again"


def test_the_same_data_in_another_store_gives_the_same_bytes(places: Places, spoilable: Places) -> None:
    one, other = (write_requested_export(request("netsuite"), each) for each in (places, spoilable))
    assert one == other
    assert places.store.read_bytes(one.object_key) == spoilable.store.read_bytes(other.object_key)


def test_what_was_altered_under_its_key_is_told_and_not_handed_out(spoilable: Places) -> None:
    written = write_requested_export(request(), spoilable)
    spoilable.store.write_bytes(written.object_key, b"altered")
    with pytest.raises(AlteredExportError, match=r"generic-.*\.zip was altered since it was written: move it away"):
        write_requested_export(request(), spoilable)


def test_a_whole_month_is_what_the_months_own_files_are(places: Places) -> None:
    """Two ways to the same bytes: the monthly assets, and a request for the month."""
    for export, folder in (
        ("generic", "exports/generic"),
        ("xero", "exports/xero"),
        ("quickbooks", "exports/quickbooks"),
    ):
        files = content(places, write_requested_export(request(export, "2025-02"), places))
        csv = {name: data for name, data in files.items() if name.endswith(".csv")}
        assert csv == {name: places.store.read_bytes(f"{folder}/2025-02/{name}") for name in csv}
    report = content(places, write_requested_export(request("journal-report", "2025-02"), places))
    expected = places.store.read_bytes("reports/monthly_journal_report/2025-02/default-USD.csv")
    assert report["default-USD.csv"] == expected


def test_filters_are_in_the_manifest_and_leave_out_ledgers_that_have_nothing(places: Places) -> None:
    written = write_requested_export(request(names={"customers": ("Bolt KK",)}, texts={"type": "SYSTEM"}), places)
    files = content(places, written)
    assert sorted(files) == ["default-JPY.csv", "default-JPY.manifest.json"]
    manifest = json.loads(files["default-JPY.manifest.json"])
    assert manifest["filters"] == {"type": "SYSTEM", "customers": "Bolt KK"}


def test_part_of_a_month_by_day_holds_those_days_alone(places: Places) -> None:
    asked = request("generic", "2025-01-30", "2025-02-02", texts={"currency": "USD"}, granularity="daily")
    lines = content(places, write_requested_export(asked, places))["default-USD.csv"].decode().splitlines()[1:]
    assert sorted({line.split(",")[1] for line in lines}) == ["2025-01-30", "2025-01-31", "2025-02-01", "2025-02-02"]


def test_a_range_without_a_movement_gives_files_with_headers_only(places: Places) -> None:
    written = write_requested_export(request(names={"products": ("Setup",)}, first="2025-02"), places)
    assert written.rows == 0
    assert {name: data.count(b"\n") for name, data in content(places, written).items() if name.endswith("csv")} == {
        "default-JPY.csv": 1,
        "default-USD.csv": 1,
    }


def test_journals_that_do_not_tie_are_not_exported(spoilable: Places) -> None:
    table = spoilable.lake.open("daily_journals", "2025-01")
    rows = table.read()
    spoiled = TableStream(tables.DAILY_JOURNALS, rows.slice(1).to_batches(), table.metadata)
    spoilable.lake.write("daily_journals", "2025-01", spoiled)
    with pytest.raises(JournalsDoNotTieError, match="journals of 2025-01 differ from the schedules"):
        write_requested_export(request(), spoilable)
    assert list(spoilable.store.list_objects("exports/requested/")) == []


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        ({"last": "2025-03"}, MonthNotRunError, "2025-03 has no journals"),
        ({"texts": {"currency": "EUR"}}, NothingToExportError, "no ledger of currency EUR has begun by 2025-02-28"),
    ],
    ids=["a month that was not run", "a ledger that has not begun"],
)
def test_what_is_not_there_is_told(places: Places, words: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        write_requested_export(request(**words), places)


def test_a_format_that_is_switched_off_is_told(spoilable: Places) -> None:
    spoilable.store.write_bytes("policy.yaml", b"exports: {xero: {enabled: false}}")
    switched_off = replace(spoilable, policy=load_policy(None, spoilable.store))
    with pytest.raises(FormatDisabledError, match="switches the xero export off"):
        write_requested_export(request("xero"), switched_off)


def test_nothing_is_kept_of_an_export_that_stops(spoilable: Places) -> None:
    spoilable.store.write_bytes("policy.yaml", b"accounts: {billed: {netsuite: null}}")
    unmapped = replace(spoilable, policy=load_policy(None, spoilable.store))
    with pytest.raises(MissingAccountMappingError, match="product 'plan' has no billed account"):
        write_requested_export(request("netsuite"), unmapped)
    assert list(spoilable.store.list_objects("exports/requested/")) == []
