"""Documents that move after their months closed, months that have not come, and closing on S3 and PostgreSQL."""

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assets.closing import Closing
from assets.ledger import post
from assets.up_to_date import Places
from resources.books import Books, open_engine, upgrade
from resources.lake import Lake
from resources.object_store import open_object_store
from resources.policy_file import load_policy
from revrec.accounting_periods import PeriodError
from revrec.accounts import Account, Direction
from revrec.manual_journals import ManualEntry, ManualJournal
from tests.assets.accountant import NOW, Accountant, balances, catch_ups, landed
from tests.assets.late_documents import CLOSING_BOOKS, LATE_MILESTONE
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
