"""Stores written from readable tables, the `revrec` command in a process of its own, and what it exported.

A store is text: one block per landed file, blank lines between blocks. A block's first line is the folder under
landing/, then a table with a header, cells separated by |:

    customers
    id
    acme

    invoices/2025-01
    id    | customer_id | accounting_date | net_total
    inv_1 | acme        | 2025-01-01      | 1200.00

A table names the fields its test is about; `UNNAMED_FIELDS` fills in the others. An empty cell lands empty. Markdown's
outer | and its line of dashes are allowed, so that a table of docs/ can be landed as it stands.

All fixtures are functions of session scope: a module that drives many examples through one run makes its own
module-scoped fixture of them. To annotate them, import the protocols under TYPE_CHECKING.
"""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest
from filelock import FileLock

from tests.end_to_end.acme_store import MONTHS, copied_example

# A field of these datasets that a table does not name lands with this value; {id} is the row's own.
UNNAMED_FIELDS: Mapping[str, Mapping[str, str]] = {
    "customers": {"legal_name": "{id}", "updated_at": "2025-01-01T00:00:00Z"},
    "products": {"name": "{id}", "recognition_method": "STRAIGHT_LINE", "updated_at": "2025-01-01T00:00:00Z"},
    "invoices": {
        "invoice_number": "{id}",
        "status": "SENT",
        "currency": "USD",
        "updated_at": "2025-01-01T00:00:00Z",
    },
    "invoice_line_items": {"group_id": "{id}", "title": "{id}", "kind": "CHARGE"},
    "credit_notes": {
        "credit_note_number": "{id}",
        "status": "SENT",
        "currency": "USD",
        "updated_at": "2025-01-01T00:00:00Z",
    },
    "credit_note_line_items": {"title": "{id}"},
    "usage": {"currency": "USD"},
    "billing_schedules": {"currency": "USD"},
    "credit_grants": {"name": "{id}", "currency": "USD"},
}

# What a credit's line has of its own, besides the direction.
_ACCOUNT_COLUMNS = {"Ledger account name", "Xero ledger account code"}

_DASHES = re.compile(r"\|[|:\- ]*--[|:\- ]*")

# Generous: a month takes seconds, and test machines are shared.
RUN_TIMEOUT_S = 600


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str


class Movement(NamedTuple):
    """A debit and its credit, as the generic export lists them one after the other; `line` is the debit's."""

    date: str
    debit: str
    credit: str
    amount: Decimal
    line: dict[str, str]


class ParseTable(Protocol):
    """Rows of a table of text, column to cell."""

    def __call__(self, text: str) -> list[dict[str, str]]: ...


class LandingStore(Protocol):
    """Writes landing files, and a policy where one is given, into a new store or on top of the named one."""

    def __call__(self, landing: str, policy: str | None = None, store: Path | None = None) -> Path: ...


class RevrecCommand(Protocol):
    """Runs one of the `revrec` commands, named first, on a store with no settings but these; does not judge how it
    ends."""

    def __call__(
        self, store: Path, command: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> Finished: ...


class RevrecRun(Protocol):
    """Runs `revrec run` with no settings but these; does not judge how it ends."""

    def __call__(
        self, store: Path, first: str, last: str, *options: str, environment: Mapping[str, str] | None = None
    ) -> Finished: ...


class Exported(Protocol):
    """Rows of an export, column to cell: of all months in order, of the files whose names match."""

    def __call__(self, store: Path, export: str = "generic", files: str = "*.csv") -> list[dict[str, str]]: ...


class Movements(Protocol):
    """Pairs the lines of a generic export, and fails where a debit is not followed by its credit."""

    def __call__(self, lines: Sequence[dict[str, str]]) -> list[Movement]: ...


@pytest.fixture(scope="session")
def parse_table() -> ParseTable:
    """See `ParseTable`."""
    return _parse_table


@pytest.fixture(scope="session")
def landing_store(tmp_path_factory: pytest.TempPathFactory) -> LandingStore:
    """See `LandingStore`."""

    def land(landing: str, policy: str | None = None, store: Path | None = None) -> Path:
        store = store or tmp_path_factory.mktemp("store")
        for block in _blocks(landing):
            folder, *table = block
            unnamed = UNNAMED_FIELDS.get(folder.split("/")[0], {})
            _write_file(store / "landing" / folder, "\n".join(table), unnamed)
        if policy is not None:
            (store / "policy.yaml").write_text(policy, encoding="utf-8")
        return store

    return land


@pytest.fixture(scope="session")
def revrec_command() -> RevrecCommand:
    """See `RevrecCommand`."""

    def run(store: Path, command: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Finished:
        finished = subprocess.run(
            [Path(sys.executable).with_name("revrec"), command, "--store", store, *arguments],
            env={**_neutral_environment(), **(environment or {})},
            cwd=store,
            capture_output=True,
            text=True,
            timeout=RUN_TIMEOUT_S,
            check=False,
        )
        return Finished(finished.returncode, finished.stdout, finished.stderr)

    return run


@pytest.fixture(scope="session")
def revrec_run(revrec_command: RevrecCommand) -> RevrecRun:
    """See `RevrecRun`."""

    def run(
        store: Path, first: str, last: str, *options: str, environment: Mapping[str, str] | None = None
    ) -> Finished:
        return revrec_command(store, "run", "--from", first, "--to", last, *options, environment=environment)

    return run


@pytest.fixture(scope="session")
def closed_example(tmp_path_factory: pytest.TempPathFactory, revrec_run: RevrecRun) -> tuple[Path, Finished]:
    """The example company's store with its year closed in one go, and how that ended: for looking only.

    It takes a minute: of the processes that run the tests, the first one to need it makes it for all.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return _closed_example(tmp_path_factory.mktemp("acme"), revrec_run)
    shared = tmp_path_factory.getbasetemp().parent / "acme"
    shared.mkdir(exist_ok=True)
    with FileLock(shared / "lock"):
        return _closed_example(shared, revrec_run)


def _closed_example(folder: Path, revrec_run: RevrecRun) -> tuple[Path, Finished]:
    store, told = folder / "store", folder / "finished.json"
    if not told.exists():
        finished = revrec_run(copied_example(store), MONTHS[0], MONTHS[-1])
        told.write_text(json.dumps(asdict(finished)), encoding="utf-8")
    return store, Finished(**json.loads(told.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def exported() -> Exported:
    """See `Exported`."""

    def read(store: Path, export: str = "generic", files: str = "*.csv") -> list[dict[str, str]]:
        rows: list[dict[str, str]] = []
        for path in sorted((store / "exports" / export).glob(f"*/{files}")):
            with path.open(encoding="utf-8", newline="") as lines:
                rows.extend(csv.DictReader(lines, strict=True))
        return rows

    return read


@pytest.fixture(scope="session")
def movements() -> Movements:
    """See `Movements`."""

    def pair(lines: Sequence[dict[str, str]]) -> list[Movement]:
        return [_movement(debit, credit) for debit, credit in zip(lines[::2], lines[1::2], strict=True)]

    return pair


def _movement(debit: dict[str, str], credit: dict[str, str]) -> Movement:
    assert credit == debit | {"Direction": "CREDIT"} | {name: credit[name] for name in _ACCOUNT_COLUMNS & credit.keys()}
    assert debit["Direction"] == "DEBIT"
    accounts = (debit["Ledger account name"], credit["Ledger account name"])
    return Movement(debit["Date"], *accounts, Decimal(debit["Amount"]), debit)


def _neutral_environment() -> dict[str, str]:
    """The environment without what would lead to somebody's real store, books or Dagster."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("REVREC_", "DAGSTER_", "AWS_")) and name != "COLUMNS"
    }


def _blocks(text: str) -> list[list[str]]:
    blocks: list[list[str]] = [[]]
    for line in map(str.strip, text.splitlines()):
        if line:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _parse_table(text: str) -> list[dict[str, str]]:
    header, *rows = _cells(text)
    return [dict(zip(header, row, strict=True)) for row in rows]


def _cells(text: str) -> list[list[str]]:
    """The header's cells, then each row's."""
    lines = [line.strip() for line in text.strip().splitlines()]
    if lines[0].startswith("|"):
        lines = [line.removeprefix("|").removesuffix("|") for line in lines if not _DASHES.fullmatch(line)]
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def _write_file(folder: Path, table: str, unnamed: Mapping[str, str]) -> None:
    """One more CSV file in a folder of landing/."""
    header, *rows = _cells(table)
    added = {name: value for name, value in unnamed.items() if name not in header}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"extract-{len(list(folder.iterdir())) + 1}.csv"
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow([*header, *added])
        for row in rows:
            values = dict(zip(header, row, strict=True))
            writer.writerow([*row, *(value.format(id=values.get("id", "")) for value in added.values())])
