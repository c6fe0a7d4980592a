"""Small stores whose figures fit in one's head."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from revrec.accounts import Account, Direction
from revrec.manual_journals import ManualEntry
from tests.assets.accountant import Accountant
from tests.assets.chain import Chain
from tests.assets.late_documents import CLOSING_BOOKS, HISTORY, NO_PACKS
from tests.assets.reported_books import AFTER_THE_CLOSE, REPORTED_BOOKS, WITHOUT_OBLIGATIONS
from tests.closing_builders import manual_journal
from tests.end_to_end.conftest import landing_store  # noqa: F401 - the fixture
from tests.surroundings import lead_nowhere

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

lead_nowhere()

# A year in advance with a setup fee in USD: 100.00 a month from January on, and 90.00 on the invoice's date.
# A quarter in arrears in JPY: 30,000 a month from December to February, invoiced on its last day; nothing from March.
BOOKS = """
    customers
    id   | legal_name
    acme | Acme Inc
    bolt | Bolt KK

    products
    id    | name  | recognition_method
    plan  | Plan  | STRAIGHT_LINE
    setup | Setup | POINT_IN_TIME

    invoices/2025-01
    id    | customer_id | currency | accounting_date | net_total
    inv_1 | acme        | USD      | 2025-01-01      | 1290.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_1 | inv_1      | plan       | 1200.00   | 2025-01-01           | 2025-12-31
    li_2 | inv_1      | setup      | 90.00     |                      |

    invoices/2025-02
    id    | customer_id | currency | accounting_date | net_total
    inv_2 | bolt        | JPY      | 2025-02-28      | 90000

    invoice_line_items/2025-02
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_3 | inv_2      | plan       | 90000     | 2024-12-01           | 2025-02-28
"""
DOCUMENT_MONTHS = ("2025-01", "2025-02")


@pytest.fixture(scope="session")
def fresh_books(landing_store: "LandingStore") -> Callable[[], Chain]:  # noqa: F811 - the fixture
    """A function that lands `BOOKS` in a new store that makes no close packs; nothing is materialized."""
    return lambda: Chain(landing_store(BOOKS, NO_PACKS))


@pytest.fixture(scope="session")
def closed_books(fresh_books: Callable[[], Chain]) -> Chain:
    """`BOOKS` materialized from reference data to the files of 2025-02: for looking only."""
    chain = fresh_books()
    assert chain.reference_data().success
    assert all(chain.document_month(month).success for month in DOCUMENT_MONTHS)
    assert chain.posting_month("2025-02").success
    return chain


@pytest.fixture(scope="session")
def posted_books(closed_books: Chain, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """`closed_books`, and the journals of 2025-01: for looking, and for exports."""
    store = tmp_path_factory.mktemp("posted") / "store"
    shutil.copytree(closed_books.store, store)
    chain = Chain(store)
    assert chain.materialize("daily_journals", month="2025-01").success
    return chain


@pytest.fixture
def books(closed_books: Chain, tmp_path: Path) -> Chain:
    """A copy of `closed_books` that a test may spoil."""
    shutil.copytree(closed_books.store, tmp_path / "store")
    return Chain(tmp_path / "store")


@pytest.fixture(scope="session")
def open_store(landing_store: "LandingStore") -> Accountant:  # noqa: F811 - the fixture
    """`CLOSING_BOOKS` landed, nothing posted: for copies only."""
    accountant = Accountant(landing_store(CLOSING_BOOKS, NO_PACKS))
    accountant.schedules()
    return accountant


@pytest.fixture(scope="session")
def year_closed(open_store: Accountant, tmp_path_factory: pytest.TempPathFactory) -> Accountant:
    """January to November closed in order: for copies only."""
    accountant = open_store.on_a_copy(tmp_path_factory.mktemp("year") / "store")
    accountant.close(*HISTORY)
    return accountant


@pytest.fixture(scope="session")
def quarter_closed(open_store: Accountant, tmp_path_factory: pytest.TempPathFactory) -> Accountant:
    """January to March closed by one command: for copies only."""
    accountant = open_store.on_a_copy(tmp_path_factory.mktemp("quarter") / "store")
    accountant.close("2025-03")
    return accountant


@pytest.fixture
def fresh(open_store: Accountant, tmp_path: Path) -> Accountant:
    """`CLOSING_BOOKS` landed, nothing closed, for a test to work on."""
    return open_store.on_a_copy(tmp_path / "fresh")


@pytest.fixture
def year(year_closed: Accountant, tmp_path: Path) -> Accountant:
    """January to November closed, for a test to work on."""
    return year_closed.on_a_copy(tmp_path / "year")


@pytest.fixture
def quarter(quarter_closed: Accountant, tmp_path: Path) -> Accountant:
    """January to March closed, for a test to work on."""
    return quarter_closed.on_a_copy(tmp_path / "quarter")


@pytest.fixture(scope="session")
def march(landing_store: "LandingStore") -> Accountant:  # noqa: F811 - the fixture
    """`REPORTED_BOOKS` with January and February closed, March posted and reported: for looking, and for copies."""
    accountant = Accountant(landing_store(REPORTED_BOOKS))
    landing_store(WITHOUT_OBLIGATIONS, store=accountant.folder)
    accountant.close("2025-02")
    landing_store(AFTER_THE_CLOSE, store=accountant.folder)
    accountant.record(
        manual_journal(
            date=dt.date(2025, 3, 15),
            customer_id="acme",
            product_id="plan",
            adjusts="",
            entries=(
                ManualEntry(Direction.DEBIT, Account.DEFERRED, 10_00),
                ManualEntry(Direction.CREDIT, Account.RECOGNIZED, 10_00),
            ),
        )
    )
    accountant.post("2025-03")
    accountant.report("2025-03")
    return accountant
