"""`revrec export`: what it writes where, what it refuses in one line, and how it starts an export in the background."""

import csv
import io
import json
import os
import sys
import time
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from resources.opening import open_books
from resources.settings import settings_from
from tests.assets.chain import Chain
from tests.end_to_end.conftest import landing_store  # noqa: F401 - a fixture
from tests.mail_server import mail_server
from tests.revrec_dagster.conftest import Finished, Revrec

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

# A year in advance in USD, and a charge in JPY.
LANDED = """
    customers
    id   | legal_name
    acme | Acme Inc
    bolt | Bolt KK

    products
    id
    plan

    invoices/2025-01
    id    | customer_id | currency | accounting_date | net_total
    inv_1 | acme        | USD      | 2025-01-01      | 1200.00
    inv_2 | bolt        | JPY      | 2025-01-15      | 9000

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_1 | inv_1      | plan       | 1200.00   | 2025-01-01           | 2025-12-31
    li_2 | inv_2      | plan       | 9000      | 2025-01-15           | 2025-01-15
"""
JANUARY = ("--from", "2025-01", "--to", "2025-01")
DETACHED_TIMEOUT_S = 120


@pytest.fixture(scope="module")
def store(landing_store: "LandingStore") -> Path:  # noqa: F811 - the fixture
    store = landing_store(LANDED)
    assert Chain(store).materialize("daily_journals", month="2025-01").success
    return store


def on(store: Path, **more: str) -> Mapping[str, str]:
    return {"REVREC_STORE": str(store), **more}


def refused(finished: Finished, status: int = 2) -> str:
    """The only line."""
    assert finished.status == status, finished
    assert finished.stdout == ""
    [line] = finished.stderr.splitlines()
    return line


def test_one_file_of_one_ledger_streams_to_standard_output(revrec: Revrec, store: Path) -> None:
    finished = revrec("export", "--format", "generic", *JANUARY, "--currency", "usd", environment=on(store))
    assert (finished.status, finished.stderr) == (0, "")
    rows = list(csv.DictReader(io.StringIO(finished.stdout)))
    assert (len(rows), rows[0]["Date"], rows[-1]["Date"]) == (64, "2025-01-01", "2025-01-31")
    assert sum(Decimal(row["Amount"]) for row in rows if row["Direction"] == "DEBIT") == Decimal("1300.00")


def test_filters_choose_the_journals(revrec: Revrec, store: Path) -> None:
    days = ("--from", "2025-01-15", "--to", "2025-01-16")
    finished = revrec(
        "export", "--format", "journal-report", *days, "--customer", "Bolt KK", "--granularity", "daily",
        environment=on(store),
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(finished.stdout)))
    assert {(row["customer_id"], row["date"], row["currency"]) for row in rows} == {("bolt", "2025-01-15", "JPY")}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "generic"), "the export is 2 files: give --currency JPY or USD, or --out FOLDER"),
        (
            ("--format", "xero"),
            "the export is 4 files: give --currency JPY or USD and --kind report or import, or --out FOLDER",
        ),
        (("--format", "xero", "--currency", "USD"), "give --kind report or import, or --out FOLDER"),
        (("--format", "generic", "--out", "one.csv"), "give --currency JPY or USD, or --out FOLDER"),
    ],
)
def test_several_files_need_a_folder_or_a_choice(
    revrec: Revrec, store: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert said in refused(revrec("export", *arguments, *JANUARY, environment=on(store)))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_gets_every_file_with_its_manifest(revrec: Revrec, store: Path, tmp_path: Path) -> None:
    finished = revrec("export", "--format", "xero", *JANUARY, "--out", "made/here", environment=on(store))
    assert (finished.status, finished.stderr) == (0, "")
    names = {path.name for path in (tmp_path / "made/here").iterdir()}
    files = {f"default-{currency}{kind}" for currency in ("JPY", "USD") for kind in ("", "-import")}
    assert names == {f"{name}{end}" for name in files for end in (".csv", ".manifest.json")}
    assert "default-USD.csv: 64 rows, debits 1300.00, credits 1300.00, sha256 " in finished.stdout


def test_a_csv_or_a_zip_is_one_file_and_the_same_again(revrec: Revrec, store: Path, tmp_path: Path) -> None:
    for name in ("one.csv", "all.zip"):
        chosen = ("--currency", "USD") if name == "one.csv" else ()
        command = ("export", "--format", "netsuite", *JANUARY, *chosen, "--out", name)
        assert revrec(*command, environment=on(store)).status == 0
        first = (tmp_path / name).read_bytes()
        assert revrec(*command, environment=on(store)).status == 0
        assert (tmp_path / name).read_bytes() == first
    assert json.loads((tmp_path / "one.manifest.json").read_bytes())["file"] == "one.csv"
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.read("default-USD.csv") == (tmp_path / "one.csv").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"one.csv", "one.manifest.json", "all.zip"}


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (
            ("--format", "quikbooks"),
            2,
            "'quikbooks' is not known (did you mean quickbooks?): give one of generic, xero",
        ),
        (("--format", "generic", "--customer", "Bolt"), 1, "(did you mean bolt or Bolt KK?)"),
        (("--format", "generic", "--source", "invoces"), 2, "(did you mean INVOICE?)"),
        (("--format", "generic", "--currency", "EUR"), 1, "no ledger of currency EUR has begun by 2025-01-31"),
        (("--format", "generic", "--out", "/dev/null/x"), 1, "cannot write /dev/null/x: Not a directory"),
        (("--format", "generic", "--recipient", "ana@example.com"), 2, "give --background with it"),
        (("--format", "generic", "--background", "--out", "x"), 2, "leave --out out"),
        (("--format", "generic", "--background", "--recipient", "ana"), 2, "'ana' is no mail address"),
        (("--format", "generic", "--background", "--recipient", "ana@example.com"), 2, "set REVREC_SMTP_URL"),
        (("--format", "generic", "--link-life-hours", "169"), 2, "should be less than or equal to 168"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    revrec: Revrec, store: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    assert said in refused(revrec("export", *arguments, *JANUARY, environment=on(store)), status)


def test_with_a_dagster_instance_its_own_store_counts(revrec: Revrec, store: Path, tmp_path: Path) -> None:
    arguments = ("export", "--format", "generic", *JANUARY, "--background", "--store", store)
    said = refused(revrec(*arguments, environment={"DAGSTER_HOME": str(tmp_path)}))
    assert "leave --store and --policy out, or unset DAGSTER_HOME" in said


def test_the_activity_log_tells_who_took_what_out_once(revrec: Revrec, store: Path) -> None:
    for by in ("Ana", "Ana", "Ben"):
        command = ("export", "--format", "quickbooks", *JANUARY, "--currency", "USD", "--by", by)
        finished = revrec(*command, environment=on(store))
        assert finished.status == 0
    told = open_books(settings_from(on(store))).activities(subject="quickbooks 2025-01-01 to 2025-01-31")
    assert [(entry.actor, entry.activity) for entry in told] == [("Ana", "exported"), ("Ben", "exported")]
    assert told[0].details["totals"] == {
        "default-USD": {"journals": 1, "debits_minor": 130_000, "credits_minor": 130_000}
    }
    assert told[0].details["filters"] == {"from": "2025-01-01", "to": "2025-01-31", "currency": "USD"}


def test_a_reader_that_has_gone_is_no_error(revrec: Revrec, store: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe, mock.patch.object(sys, "stdout", pipe):
        finished = revrec("export", "--format", "generic", *JANUARY, "--currency", "USD", environment=on(store))
    assert finished == Finished(0, "", "")


def test_without_a_dagster_instance_a_process_of_its_own_writes_and_mails(
    revrec: Revrec, store: Path, tmp_path: Path
) -> None:
    with mail_server() as server:
        environment = on(store, REVREC_SMTP_URL=server.url, XDG_STATE_HOME=str(tmp_path / "state"))
        arguments = ("--background", "--recipient", "ana@example.com", "--by", "Ana")
        started = revrec("export", "--format", "generic", *JANUARY, *arguments, environment=environment)
        assert started.status == 0, started
        request_id = started.stdout.strip()
        log = tmp_path / "state" / "revrec" / "exports" / f"{request_id}.log"
        assert started.stderr == f"revrec: request {request_id} is under way: its log is {log}\n"
        deadline = time.monotonic() + DETACHED_TIMEOUT_S
        while log.read_text() == "":
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert log.read_text() == "done\n"
    assert server.recipients == [["ana@example.com"]]
    recorded = open_books(settings_from(on(store))).requested_exports.find(request_id)
    assert recorded is not None
    assert (store / recorded.object_key).is_file()
    assert recorded.mailed_at is not None
