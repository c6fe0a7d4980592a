"""What happens while months are worked on: runs that are killed, files that are replaced, tables that were lost.

On real stores and real books. Closing and locking when nothing comes in between: test_closing.py,
test_seals_and_locks.py; documents that move: test_moved_documents.py.
"""

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assets.close_gate import NotReadyToCloseError
from assets.closing import Closing
from assets.ledger import post
from assets.up_to_date import DocumentMonth, OnRecomputed
from resources.lake import WrittenTable
from resources.lake_table import TableChangedError
from tests.assets.accountant import Accountant, balances, catch_ups, landed
from tests.assets.chain import Chain
from tests.assets.late_documents import CLOSING_BOOKS, LATE_INVOICE, LATE_MILESTONE
from tests.resources.conftest import (  # noqa: F401 - fixtures
    postgres_url,
    s3_bucket,
    s3_credentials,
    s3_owner,
    s3_server,
)
from tests.revrec_dagster.conftest import revrec  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

ROOT = Path(__file__).parents[2]


# --- runs that are killed ---------------------------------------------------------------------------------------------

# Its obligation comes before all others of its month, and takes their numbers.
FIRST_OF_ITS_MONTH = """
    invoices/2025-01
    id      | customer_id | accounting_date | net_total
    a_first | acme        | 2025-01-01      | 7.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    a_li | a_first    | plan       | 7.00      | 2025-01-01           | 2025-01-31
"""


class KilledError(BaseException):
    """The process ends here: nothing catches this."""


def killed_after(table: str) -> OnRecomputed:
    """Ends the process as soon as this table of 2025-01 lies in the lake."""

    def kill(name: str, month: str | None, _: WrittenTable) -> None:
        if (name, month) == (table, "2025-01"):
            raise KilledError

    return kill


@pytest.mark.parametrize(
    ("table", "withdrawn"),
    [
        pytest.param("amendments", True, id="before the obligations, withdrawn since"),
        pytest.param("obligations", True, id="before the schedules, withdrawn since"),
        pytest.param("obligations", False, id="before the schedules, still there"),
    ],
)
def test_a_run_that_is_killed_leaves_nothing_that_a_later_one_does_not_put_right(
    table: str, withdrawn: bool, fresh: Accountant, landing_store: "LandingStore"
) -> None:
    without, before = fresh.journals("2025-01"), landed(fresh.folder)
    landing_store(FIRST_OF_ITS_MONTH, store=fresh.folder)
    with pytest.raises(KilledError):
        post("2025-01", fresh.places, killed_after(table))
    if withdrawn:
        for path in landed(fresh.folder) - before:
            path.unlink()
    after = fresh.journals("2025-01")
    new = [row for row in after if row["invoice_id"] == "a_first"]
    assert balances(new) == ({} if withdrawn else {"billed": 7_00, "recognized": 7_00})
    old = [(row["obligation_id"], row["kind"], row["amount_minor"]) for row in after if row not in new]
    assert sorted(old) == sorted((row["obligation_id"], row["kind"], row["amount_minor"]) for row in without)
    if withdrawn:
        assert after == without


def test_obligations_and_schedules_of_different_inputs_are_no_document_month(
    fresh: Accountant, landing_store: "LandingStore"
) -> None:
    obligations = fresh.folder / "lake/obligations/2025-01.parquet"
    old = obligations.read_bytes()
    landing_store(FIRST_OF_ITS_MONTH, store=fresh.folder)
    fresh.schedules()
    lake = fresh.places.lake
    tables = lake.open("obligations", "2025-01"), lake.open("recognized_schedules", "2025-01")
    assert DocumentMonth("2025-01", *tables).inputs == tables[0].metadata["inputs"]
    obligations.write_bytes(old)
    with pytest.raises(TableChangedError, match="obligations and schedules of 2025-01"):
        DocumentMonth("2025-01", lake.open("obligations", "2025-01"), lake.open("recognized_schedules", "2025-01"))


# --- what changes while days are sealed -------------------------------------------------------------------------------

Seal = Callable[[Closing], object]
SEALING: dict[str, Seal] = {
    "a lock": lambda closing: closing.lock(dt.date(2025, 4, 15), "ana"),
    "a close": lambda closing: closing.close("2025-04", "ana"),
}


@pytest.mark.parametrize("seal", SEALING.values(), ids=SEALING)
def test_days_whose_journals_another_run_replaces_meanwhile_are_not_sealed(
    seal: Seal, quarter: Accountant, landing_store: "LandingStore"
) -> None:
    closing, recorded, other = quarter.closing, quarter.books.periods(), Accountant(quarter.folder)
    replaced: list[str] = []

    def meanwhile(name: str, month: str | None, _: WrittenTable) -> None:
        if (name, month) == ("daily_journals", "2025-04") and not replaced:
            replaced.append(name)
            landing_store(LATE_INVOICE, store=quarter.folder)
            other.journals("2025-04")

    with pytest.raises(NotReadyToCloseError, match=r"2025-04 .*replaced"):
        seal(Closing(closing.places, meanwhile, closing.now))
    assert replaced
    assert quarter.books.periods() == recorded
    seal(quarter.closing)
    late = catch_ups(quarter.journals("2025-04"))
    assert {row["first_day"] for row in late} == {dt.date(2025, 4, 1)}, "all of it is sealed, and none of it twice"


@pytest.mark.parametrize("seal", SEALING.values(), ids=SEALING)
def test_days_are_not_sealed_from_schedules_that_somebody_tampered_with(
    seal: Seal, quarter: Accountant, landing_store: "LandingStore"
) -> None:
    recorded = quarter.books.periods()
    landing_store(LATE_INVOICE, store=quarter.folder)
    quarter.journals("2025-04")
    Chain(quarter.folder).spoil("recognized_schedules", "2025-03", lambda table: table.slice(0, table.num_rows - 1))
    with pytest.raises(NotReadyToCloseError, match="schedules of document month 2025-03 do not tie"):
        seal(quarter.closing)
    assert quarter.books.periods() == recorded


@pytest.mark.parametrize("recomputed", [False, True], ids=["after its schedules", "before its schedules"])
def test_an_amendment_that_was_lost_refuses_the_close(
    recomputed: bool, quarter: Accountant, landing_store: "LandingStore"
) -> None:
    """Lost before, the schedules follow from what is left: only the documents still know of it."""
    recorded = quarter.books.periods()
    landing_store(LATE_MILESTONE, store=quarter.folder)
    quarter.schedules()
    chain = Chain(quarter.folder)
    [lost] = [row for row in chain.table("amendments", "2025-01") if row["row_id"] == "m_1"]
    assert lost["amount_minor"] == 200_00
    chain.spoil("amendments", "2025-01", lambda table: table.slice(0, 0))
    if recomputed:
        (quarter.folder / "lake/recognized_schedules/2025-01.parquet").unlink()
    with pytest.raises(NotReadyToCloseError, match="documents are lost"):
        quarter.close("2025-04")
    assert quarter.books.periods() == recorded


# --- many document months ---------------------------------------------------------------------------------------------


def test_a_month_posts_however_many_document_months_there_are(landing_store: "LandingStore") -> None:
    """With few files open at once; a process of its own, as the limit cannot be raised again by everyone."""
    months = [f"2025-{month:02}" for month in range(1, 13)]
    blocks = [
        f"""
        invoices/{month}
        id           | customer_id | accounting_date | net_total
        inv_{month}  | acme        | {month}-01      | 120.00

        invoice_line_items/{month}
        id          | invoice_id  | product_id | net_total | service_period_start | service_period_end
        li_{month}  | inv_{month} | plan       | 120.00    | 2025-01-01           | 2025-12-31
        """
        for month in months
    ]
    store = landing_store("\n\n".join([CLOSING_BOOKS.partition("invoices/")[0], *blocks]))
    program = """if True:
        import os, resource, sys
        from pathlib import Path
        from tests.assets.accountant import Accountant
        accountant = Accountant(Path(sys.argv[1]))
        accountant.places
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) + 60, most))
        print(sorted({row["invoice_id"] for row in accountant.journals("2025-12")}))
    """
    finished = subprocess.run(
        [sys.executable, "-c", program, str(store)], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    assert finished.stdout == f"{[f'inv_{month}' for month in months]}\n"


def test_amendments_of_one_month_are_resolved_with_those_of_all_others(fresh_books: Callable[[], Chain]) -> None:
    chain = fresh_books()
    first = chain.materialize("amendments", month="2025-01")
    assert first.success
    resolved = chain.files("lake/amendments")
    assert set(resolved) == {"lake/amendments/2025-01.parquet", "lake/amendments/2025-02.parquet"}
    second = chain.materialize("amendments", month="2025-02")
    assert second.success
    told = [
        (event.asset_key.to_user_string(), event.partition)
        for event in second.get_asset_materialization_events()
        if event.asset_key
    ]
    assert told == [("amendments", "2025-02")], "nothing had to be brought up to date again"
    assert chain.files("lake/amendments") == resolved


def test_documents_that_land_for_a_month_that_was_empty_are_posted(
    fresh_books: Callable[[], Chain], landing_store: "LandingStore"
) -> None:
    """The empty month comes first: its table of no amendments must not stand for those of all months."""
    chain = fresh_books()
    assert chain.materialize("amendments", month="2024-12").success
    landing_store(LATE_INVOICE.replace("2025-03", "2024-12"), store=chain.store)
    accountant = Accountant(chain.store)
    assert [document.month for document in accountant.schedules()] == ["2024-12", "2025-01", "2025-02"]
