"""Journals of a range of days out of a real lake, and as of a moment: what was known then (SPEC 7).

The oracle of an as-of is the store itself: at each moment of its history the months were run and their journals kept.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from assets.closing import Closing
from assets.journal_selection import MonthNotRunError, selected_journals
from assets.known_then import VersionGoneError, known_then
from assets.selection_names import UnknownNameError
from resources.books.engine import ReadOnlyBooksError
from revrec import tables
from revrec.accounts import Account, Direction
from revrec.entries import daily_entries
from revrec.journal_selection import Selection
from revrec.manual_journals import ManualEntry, ManualJournal
from tests.assets.accountant import Accountant
from tests.assets.books_with_a_past import BOOKS_WITH_A_PAST, LATE_INVOICE, LATE_NOTE
from tests.closing_builders import manual_journal

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

MONTHS = ("2025-01", "2025-02")
BOTH: dict[str, Any] = {"first_day": dt.date(2025, 1, 1), "last_day": dt.date(2025, 2, 28)}


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass
class History:
    """A store with a past.

    Attributes:
        accountant: of the store as it is now.
        moments: what had happened, to when.
        journals: what had happened, to the journals of `MONTHS` as they were posted then.
    """

    accountant: Accountant
    moments: dict[str, dt.datetime] = field(default_factory=dict)
    journals: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def remember(self, event: str) -> None:
        """Run the months, and keep what they say."""
        self.journals[event] = [row for month in MONTHS for row in self.accountant.journals(month)]
        self.moments[event] = now()


@pytest.fixture(scope="module")
def history(landing_store: "LandingStore") -> History:
    """An invoice that landed late, a close, a credit note after it, and a manual journal; for looking only."""
    accountant = Accountant(landing_store(BOOKS_WITH_A_PAST))
    history = History(accountant)
    history.moments["nothing"] = now()
    history.remember("first run")
    landing_store(LATE_INVOICE, None, accountant.folder)
    history.moments["landed, not run"] = now()
    history.remember("late invoice")
    Closing(accountant.places, lambda *_: None, now()).close("2025-01", "ana")
    history.remember("close")
    landing_store(LATE_NOTE, None, accountant.folder)
    history.remember("late note")
    accountant.books.record_manual_journals([release()], now=now())
    history.remember("manual journal")
    return history


def release() -> ManualJournal:
    entries = (
        ManualEntry(Direction.DEBIT, Account.DEFERRED, 5_00),
        ManualEntry(Direction.CREDIT, Account.RECOGNIZED, 5_00),
    )
    about = {"customer_id": "acme", "product_id": "plan", "invoice_id": "", "narrative": "Early release", "adjusts": ""}
    return manual_journal("mj_1", date=dt.date(2025, 2, 5), entries=entries, **about)


def rows(accountant: Accountant, **filters: Any) -> list[dict[str, Any]]:
    """Rows that a selection takes in, by ledger."""
    with selected_journals(Selection(**{**BOTH, **filters}), accountant.places) as selected:
        batches = [batch for ledger in selected.ledgers for batch in selected.batches(ledger)]
    found: list[dict[str, Any]] = pa.Table.from_batches(batches, tables.DAILY_JOURNALS).to_pylist()
    return found


def by_ledger(journals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(journals, key=lambda row: (row["entity"], row["currency"]))  # stable: months stay in order


# --- as of ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["first run", "late invoice", "close", "late note", "manual journal"])
def test_journals_as_of_a_moment_are_what_was_posted_then(event: str, history: History) -> None:
    found = rows(history.accountant, as_of=history.moments[event])
    assert found == by_ledger(history.journals[event])


def test_the_moments_of_the_history_differ(history: History) -> None:
    """Else the test above would pass whatever an as-of does."""
    told = list(history.journals.values())
    differing = ["late invoice", "late note", "manual journal"]
    assert all(history.journals[event] not in told[: list(history.journals).index(event)] for event in differing)
    assert {row["narrative"] for row in history.journals["manual journal"]} > {"Early release"}


def test_an_as_of_later_than_everything_is_the_same_as_none(history: History) -> None:
    present = rows(history.accountant)
    assert rows(history.accountant, as_of=now()) == present
    assert rows(history.accountant, as_of=now() + dt.timedelta(days=365)) == present


@pytest.mark.parametrize(
    ("moment", "like"), [("nothing", None), ("landed, not run", "first run")], ids=["before all runs", "not yet read"]
)
def test_what_no_run_had_read_was_not_known(moment: str, like: str | None, history: History) -> None:
    expected = by_ledger(history.journals[like]) if like else []
    assert rows(history.accountant, as_of=history.moments[moment]) == expected


def test_looking_at_the_past_writes_nothing(history: History) -> None:
    accountant = history.accountant
    kept = accountant.files("lake", "quarantine", "landing", "sealed", "activity")
    seen = accountant.books.landed_files(), accountant.books.activities(), accountant.books.periods()
    rows(accountant, as_of=history.moments["first run"])
    assert accountant.files("lake", "quarantine", "landing", "sealed", "activity") == kept
    assert (accountant.books.landed_files(), accountant.books.activities(), accountant.books.periods()) == seen


def test_the_books_of_the_past_hold_what_was_recorded_by_then_and_take_nothing_new(history: History) -> None:
    with known_then(history.accountant.places, history.moments["close"]) as then:
        books = then.books
        assert [event.month for event in books.periods()] == ["2025-01"]
        assert books.manual_journals() == []
        assert {activity.activity for activity in books.activities()} == {"recognized", "exported", "closed"}
        assert {file.object_key.split("/")[1] for file in books.landed_files()} == {
            "customers", "products", "invoices", "invoice_line_items",
        }  # fmt: skip
        with pytest.raises(ReadOnlyBooksError, match="books of the past"):
            books.record_manual_journals([release()], now=now())
    with known_then(history.accountant.places, history.moments["late invoice"]) as then:
        assert then.books.periods() == []


def _overwrite(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"1290.00", b"1230.00").replace(b"90.00", b"30.00"))


@pytest.mark.parametrize(
    ("change", "read", "says"),
    [
        pytest.param(_overwrite, True, "was overwritten by a version first seen", id="overwritten, and read since"),
        pytest.param(_overwrite, False, "was overwritten by a version written", id="overwritten, not read since"),
        pytest.param(Path.unlink, False, "was removed", id="removed"),
    ],
)
def test_a_file_that_no_longer_says_what_it_said_then_stops_the_as_of_by_name_and_times(
    change: Callable[[Path], None], read: bool, says: str, history: History, tmp_path: Path
) -> None:
    accountant = history.accountant.on_a_copy(tmp_path / "store")
    for dataset in ("invoices", "invoice_line_items"):
        change(accountant.folder / f"landing/{dataset}/2025-01/extract-1.csv")
    if read:
        accountant.journals("2025-02")
    with pytest.raises(VersionGoneError) as raised:
        rows(accountant, as_of=history.moments["late note"])
    assert says in str(raised.value)
    assert "landing/invoice_line_items/2025-01/extract-1.csv" in str(raised.value)
    seen = accountant.books.landed_files("invoice_line_items")[0].first_seen_at
    assert f"first seen {seen.isoformat(timespec='seconds')}" in str(raised.value)
    # before it was known, it does not matter what became of it
    assert rows(accountant, as_of=history.moments["nothing"]) == []


def test_a_version_that_was_known_already_may_have_replaced_an_older_one(history: History, tmp_path: Path) -> None:
    accountant = history.accountant.on_a_copy(tmp_path / "store")
    for dataset in ("invoices", "invoice_line_items"):
        _overwrite(accountant.folder / f"landing/{dataset}/2025-01/extract-1.csv")
    posted = [row for month in MONTHS for row in accountant.journals(month)]
    assert rows(accountant, as_of=now() - dt.timedelta(microseconds=1)) == by_ledger(posted)


# --- out of the lake --------------------------------------------------------------------------------------------------


def entries(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in found:
        yield from daily_entries(pa.RecordBatch.from_pylist([row], schema=tables.DAILY_JOURNALS)).to_pylist()


def test_a_range_across_months_has_the_entries_of_its_days(history: History) -> None:
    first, last = dt.date(2025, 1, 20), dt.date(2025, 2, 10)
    everything = by_ledger(history.journals["manual journal"])
    expected = [entry for entry in entries(everything) if first <= entry["date"] <= last]
    assert list(entries(rows(history.accountant, first_day=first, last_day=last))) == expected


def test_a_ledger_that_has_begun_is_there_without_a_row_and_may_be_chosen(history: History) -> None:
    accountant = history.accountant
    with selected_journals(Selection(**BOTH, customers=("Acme Inc",)), accountant.places) as selected:
        assert [ledger.key for ledger in selected.ledgers] == ["default-JPY", "default-USD"]
        yen, dollar = selected.ledgers
        assert list(selected.batches(yen)) == []
        once = [batch.to_pylist() for batch in selected.batches(dollar)]
        assert [batch.to_pylist() for batch in selected.batches(dollar)] == once
    with selected_journals(Selection(**BOTH, currency="JPY", entity="default"), accountant.places) as selected:
        assert [ledger.key for ledger in selected.ledgers] == ["default-JPY"]


@pytest.mark.parametrize(
    ("filters", "obligations"),
    [
        pytest.param({}, {"inv_1/li_1", "inv_3/li_4", "manual/mj_1"}, id="by the last day"),
        pytest.param({"last_day": dt.date(2025, 2, 13)}, {"inv_1/li_1", "inv_2/li_3", "inv_3/li_4", "manual/mj_1"},
                     id="by a day before the service ends"),
    ],
)  # fmt: skip
def test_fully_recognized_obligations_are_left_out(
    filters: dict[str, Any], obligations: set[str], history: History
) -> None:
    found = rows(history.accountant, exclude_fully_recognized=True, **filters)
    assert {row["obligation_id"] for row in found} == obligations


def test_what_is_fully_recognized_is_told_by_the_day_of_the_as_of(history: History) -> None:
    """Today all of it is: the year 2025 is over."""
    found = rows(history.accountant, exclude_fully_recognized=True, as_of=history.moments["late invoice"])
    assert found == []


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        pytest.param({"customers": ("Acme inc",)}, "customer 'Acme inc' is not known (did you mean Acme", id="name"),
        pytest.param({"products": ("plam",)}, "product 'plam' is not known (did you mean Plan", id="product"),
        pytest.param({"invoices": ("A-1", "A-7")}, "invoice 'A-7' is not known (did you mean A-1", id="invoice"),
        pytest.param({"credit_notes": ("CN1",)}, "credit note 'CN1' is not known (did you mean CN-1", id="credit note"),
        pytest.param({"entity": "defualt"}, "entity 'defualt' is not known (did you mean default?)", id="entity"),
    ],
)  # fmt: skip
def test_a_name_that_nothing_has_is_one_line_with_the_nearest_ones(
    filters: dict[str, Any], says: str, history: History
) -> None:
    with pytest.raises(UnknownNameError) as raised:
        rows(history.accountant, **filters)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_name_that_was_not_known_yet_then_has_no_journals(history: History) -> None:
    assert rows(history.accountant, credit_notes=("CN-1",), as_of=history.moments["close"]) == []
    assert {row["credit_note_id"] for row in rows(history.accountant, credit_notes=("CN-1",))} == {"cn_1"}


def test_a_month_that_was_not_run_is_named_with_the_command(history: History) -> None:
    with pytest.raises(MonthNotRunError, match="`revrec run --from 2025-03 --to 2025-04`"):
        rows(history.accountant, last_day=dt.date(2025, 4, 1))
