"""What happens while months are worked on: runs that are killed, files that are replaced, documents that move.

On real stores and real books. Closing and locking when nothing comes in between: test_closing.py,
test_seals_and_locks.py.
"""

import datetime as dt
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assets.close_gate import NotReadyToCloseError
from assets.closing import Closing
from assets.ledger import post
from assets.up_to_date import DocumentMonth, OnRecomputed, Places
from resources.books import Books, open_engine, upgrade
from resources.lake import Lake, WrittenTable
from resources.lake_table import TableChangedError
from resources.object_store import open_object_store
from resources.policy_file import load_policy
from revrec.accounting_periods import PeriodError
from revrec.accounts import Account, Direction
from revrec.manual_journals import ManualEntry, ManualJournal
from tests.assets.accountant import NOW, Accountant, balances, catch_ups
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
    from tests.revrec_dagster.conftest import Revrec

ROOT = Path(__file__).parents[2]


def landed(store: Path) -> set[Path]:
    """Every landed file."""
    return {path for path in (store / "landing").rglob("*") if path.is_file()}


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


# --- documents that move ----------------------------------------------------------------------------------------------

# The plan's invoice of January: 1,200.00, of which 300.00 is earned by March.
BILL_TO_BOLT = """
    customers
    id   | legal_name
    bolt | Bolt KK

    invoices/2025-01
    id    | customer_id | accounting_date | net_total | updated_at
    inv_1 | bolt        | 2025-01-01      | 1200.00   | 2026-01-02T00:00:00Z
"""
SELL_GOLD = """
    products
    id   | name | recognition_method
    gold | Gold | STRAIGHT_LINE

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_1 | inv_1      | gold       | 1200.00   | 2025-01-01           | 2025-12-31
"""
PLAN_THROUGH_MARCH = {"billed": 1200_00, "recognized": 300_00, "deferred": 900_00}


@pytest.mark.parametrize(
    ("landing", "column", "old", "new"),
    [
        pytest.param(BILL_TO_BOLT, "customer_id", "acme", "bolt", id="to another customer"),
        pytest.param(SELL_GOLD, "product_id", "plan", "gold", id="to another product"),
    ],
)
def test_a_line_that_moves_after_its_months_closed_is_reversed_there_and_posted_here(
    landing: str, column: str, old: str, new: str, quarter: Accountant, landing_store: "LandingStore"
) -> None:
    closed = quarter.of_months("2025-01", "2025-02", "2025-03")
    landing_store(landing, store=quarter.folder)
    april = quarter.journals("2025-04")
    late = catch_ups(april)
    assert Counter((row[column], row["kind"]) for row in late) == Counter(
        (place, kind) for place in (old, new) for kind in ("BILLED_DEFERRED", "EARNED_DEFERRED")
    ), "one catch-up per account pair and place"
    assert {row["first_day"] for row in late} == {dt.date(2025, 4, 1)}
    of = {place: [row for row in late if row[column] == place] for place in (old, new)}
    assert balances(of[new]) == PLAN_THROUGH_MARCH
    assert balances(of[old]) == {account: -amount for account, amount in PLAN_THROUGH_MARCH.items()}
    assert balances(late) == {}
    every = [row for month in ("2025-01", "2025-02", "2025-03") for row in quarter.journals(month)] + april
    plan = [row for row in every if row["invoice_id"] == "inv_1"]
    assert balances([row for row in plan if row[column] == old]) == {}
    assert balances([row for row in plan if row[column] == new]) == {
        "billed": 1200_00,
        "recognized": 400_00,
        "deferred": 800_00,
    }
    assert catch_ups(quarter.journals("2025-05")) == []
    assert quarter.of_months("2025-01", "2025-02", "2025-03") == closed


def invoice(number: str, month: str, updated_at: str) -> str:
    """A version of inv_7, as it lands in a month."""
    return f"""
        invoices/{month}
        id    | invoice_number | customer_id | accounting_date | net_total | updated_at
        inv_7 | {number}       | acme        | {month}-01      | 7.00      | {updated_at}T00:00:00Z

        invoice_line_items/{month}
        id   | invoice_id | product_id | net_total | service_period_start | service_period_end
        li_7 | inv_7      | plan       | 7.00      | {month}-01           | {month}-28
    """


@pytest.mark.parametrize(
    ("stays", "withdrawn", "number"),
    [
        pytest.param([("OLD", "2025-02", "2025-02-01"), ("NEW", "2025-03", "2025-03-01")], [], "NEW", id="moved on"),
        pytest.param([("OLD", "2025-03", "2025-02-01"), ("NEW", "2025-02", "2025-03-01")], [], "NEW", id="moved back"),
        pytest.param([("OLD", "2025-02", "2025-02-01")], [("NEW", "2025-03", "2025-03-01")], "OLD", id="withdrawn"),
        pytest.param([], [("OLD", "2025-02", "2025-02-01")], "inv_7", id="gone: its id stands for it"),
    ],
)
def test_a_manual_journal_has_the_number_of_its_invoice_as_it_is_landed_now(
    stays: list[tuple[str, str, str]],
    withdrawn: list[tuple[str, str, str]],
    number: str,
    fresh: Accountant,
    landing_store: "LandingStore",
) -> None:
    for version in stays:
        landing_store(invoice(*version), store=fresh.folder)
    kept = landed(fresh.folder)
    for version in withdrawn:
        landing_store(invoice(*version), store=fresh.folder)
    fresh.schedules()
    for path in landed(fresh.folder) - kept:
        path.unlink()
    fresh.record(
        ManualJournal(
            id="MJ-1",
            date=dt.date(2025, 1, 5),
            entity="default",
            currency="USD",
            customer_id="acme",
            product_id="plan",
            invoice_id="inv_7",
            narrative="As agreed",
            prepared_by="ana",
            approved_by="ben",
            entries=(
                ManualEntry(Direction.DEBIT, Account.DEFERRED, 5_00),
                ManualEntry(Direction.CREDIT, Account.RECOGNIZED, 5_00),
            ),
        )
    )
    [row] = [row for row in fresh.journals("2025-01") if row["manual_journal_id"] == "MJ-1"]
    assert row["invoice_number"] == number


# --- months that have not come ----------------------------------------------------------------------------------------


def test_a_month_that_has_not_begun_is_neither_closed_nor_locked(fresh: Accountant) -> None:
    january = Closing(fresh.places, lambda *_: None, dt.datetime(2025, 1, 31, 12, tzinfo=dt.UTC))
    with pytest.raises(PeriodError, match=r"2025-02 .*2025-01"):
        january.close("2025-02", "ana")
    with pytest.raises(PeriodError, match=r"2025-02 .*2025-01"):
        january.lock(dt.date(2025, 2, 10), "ana")
    assert fresh.books.periods() == []
    assert [event.month for event in january.close("2025-01", "ana")] == ["2025-01"], "the current one closes"
    with pytest.raises(PeriodError, match=r"2025-02 .*2025-01"):
        january.close("2025-02", "ana")


@pytest.mark.parametrize("arguments", [("close", "2999-01"), ("lock", "--through", "2999-01-15")], ids=lambda it: it[0])
def test_a_command_for_a_month_that_has_not_begun_says_which_month_is_now(
    arguments: tuple[str, ...],
    revrec: "Revrec",  # noqa: F811 - the fixture
    landing_store: "LandingStore",
) -> None:
    store = landing_store(CLOSING_BOOKS)
    before = dt.datetime.now(dt.UTC)
    finished = revrec(*arguments, "--store", store, "--by", "Ana")
    assert (finished.status, finished.stdout) in {(1, ""), (2, "")}
    [line] = finished.stderr.splitlines()
    assert any(f"{now:%Y-%m}" in line for now in (before, dt.datetime.now(dt.UTC))), line
    assert not (store / "sealed").exists()


# --- elsewhere than in a folder ---------------------------------------------------------------------------------------


def test_a_late_document_catches_up_on_s3_with_books_in_postgresql(
    s3_server: str,  # noqa: F811 - the fixture
    s3_bucket: str,  # noqa: F811 - the fixture
    postgres_url: str,  # noqa: F811 - the fixture
    landing_store: "LandingStore",
) -> None:
    store = open_object_store(f"s3://{s3_bucket}/books", s3_server)
    engine = open_engine(postgres_url)
    upgrade(engine)

    def land(landing: str, folder: Path | None = None) -> Path:
        before = landed(folder) if folder else set()
        folder = landing_store(landing, store=folder)
        for path in landed(folder) - before:
            store.write_bytes(path.relative_to(folder).as_posix(), path.read_bytes())
        return folder

    folder = land(CLOSING_BOOKS)
    places = Places(store, Lake(store), Books(engine), load_policy(None, store))
    closing = Closing(places, lambda *_: None, NOW)
    closing.close("2025-01", "ana")
    sealed = store.read_bytes("lake/daily_journals/2025-01.parquet")
    land(LATE_MILESTONE.replace("2025-02", "2025-01"), folder)
    closing.lock(dt.date(2025, 2, 10), "ana")
    rows = post("2025-02", places, lambda *_: None)
    late = catch_ups([row for batch in rows.batches for row in batch.to_pylist()])
    assert balances(late) == {"recognized": 200_00, "deferred": -200_00}
    assert {row["first_day"] for row in late} == {dt.date(2025, 2, 1)}
    assert store.read_bytes("lake/daily_journals/2025-01.parquet") == sealed
    engine.dispose()
