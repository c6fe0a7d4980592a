"""The activity log of a store: recognition runs per invoice and credit note, and what is found again by filters."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.activity_log import LogEvent, LogFilter, UnknownInLogError, log_events
from assets.policy_preview import preview
from assets.recognition_log import LogFileError, record_recognition
from resources.books import Activity, Books, open_engine, upgrade
from revrec.policy import parse_policy
from tests.assets.accountant import Accountant
from tests.assets.chain import Chain
from tests.assets.late_documents import LATE_INVOICE, LATE_NOTE
from tests.closing_builders import manual_journal

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

ANOTHER = """
    invoices/2025-01
    id    | invoice_number | customer_id | accounting_date | net_total
    inv_5 | INV-5          | bolt        | 2025-01-20      | 31.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_5 | inv_5      | plan       | 31.00     | 2025-01-01           | 2025-01-31

    customers
    id   | legal_name
    bolt | Bolt KK
"""


def outcomes(events: list[LogEvent]) -> list[tuple[str, str]]:
    """Document and outcome of each event that is about a document."""
    return [(event.document["document_id"], event.document["outcome"]) for event in events if event.document]


def told(accountant: Accountant, **wanted: Any) -> list[LogEvent]:
    return log_events(LogFilter(**wanted), accountant.books, accountant.places.store)


def runs(accountant: Accountant) -> list[tuple[str | None, int, int]]:
    """Month, invoices and credit notes of each recognition run."""
    found = accountant.books.activities("recognized")
    return [(run.month, run.details["invoices"], run.details["credit_notes"]) for run in found]  # type: ignore[misc]  # JSON


def without_kept_copies(accountant: Accountant) -> None:
    """Whatever follows from what landed is gone, as on a new machine."""
    for path in (accountant.folder / "lake").rglob("*.parquet"):
        path.unlink()


def test_a_run_is_entered_with_its_documents_rules_and_engine(fresh: Accountant) -> None:
    fresh.schedules()
    [run] = fresh.books.activities("recognized")
    [run_id] = set(fresh.places.lake.open("obligations", "2025-01").read(["run_id"])["run_id"].to_pylist())
    content = (fresh.folder / str(run.details["file"])).read_bytes()
    assert (run.actor, run.month, run.details) == (
        "revrec",
        "2025-01",
        {
            "run_id": run_id,
            "invoices": 2,
            "credit_notes": 0,
            "accruals": 0,
            "outcomes": {"NEW": 2},
            "ledgers": {"default-USD": 2},
            "policy_sha256": fresh.places.policy.sha256,
            "engine_version": run.details["engine_version"],
            "file": f"activity/recognition/2025-01/{run.details['sha256'][:16]}.parquet",  # type: ignore[index]  # JSON
            "sha256": run.details["sha256"],
        },
    )
    rows = pq.read_table(pa.BufferReader(content)).drop_columns("digest").to_pylist()
    common: dict[str, Any] = {"outcome": "NEW", "document_type": "INVOICE", "customer_id": "acme", "entity": "default"}
    common |= {"currency": "USD", "run_id": run_id, "obligations": 1}
    assert rows == [
        common | {"document_id": "inv_1", "document_number": "inv_1", "amount_minor": 1200_00},
        common | {"document_id": "inv_2", "document_number": "inv_2", "amount_minor": 500_00},
    ]


def test_a_run_that_changes_nothing_is_not_entered_again(fresh: Accountant) -> None:
    fresh.post("2025-01")
    without_kept_copies(fresh)
    fresh.post("2025-01")
    fresh.post("2025-02")
    assert runs(fresh) == [("2025-01", 2, 0)]


def test_only_documents_that_a_run_makes_something_new_of_are_listed(
    fresh: Accountant, landing_store: "LandingStore"
) -> None:
    fresh.schedules()
    landing_store(ANOTHER, store=fresh.folder)
    fresh.schedules()
    landing_store(LATE_NOTE, store=fresh.folder)
    fresh.schedules()
    landing_store(LATE_INVOICE, store=fresh.folder)
    fresh.schedules()
    # a note has its rows in the month of the invoice it lowers
    assert runs(fresh) == [("2025-01", 2, 0), ("2025-01", 1, 0), ("2025-01", 0, 1), ("2025-03", 1, 0)]
    assert outcomes(told(fresh, customer="acme")) == [
        ("inv_1", "NEW"),
        ("inv_2", "NEW"),
        ("cn_1", "NEW"),
        ("inv_9", "NEW"),
    ]
    assert outcomes(told(fresh, customer="Bolt KK")) == [("inv_5", "NEW")]


def test_an_invoice_shows_every_run_of_its_month_also_those_that_left_it_as_it_was(
    fresh: Accountant, landing_store: "LandingStore"
) -> None:
    fresh.schedules()
    landing_store(ANOTHER, store=fresh.folder)
    fresh.schedules()
    changed = ANOTHER.replace("31.00", "62.00")
    landing = fresh.folder / "landing"
    for dataset in ("invoices", "invoice_line_items"):
        (landing / dataset / "2025-01" / "extract-2.csv").unlink()
    fresh.schedules()
    landing_store(changed, store=fresh.folder)
    fresh.schedules()
    assert outcomes(told(fresh, invoice="inv_1")) == [("inv_1", "NEW"), *[("inv_1", "UNCHANGED")] * 3]
    events = told(fresh, invoice="INV-5")
    assert outcomes(events) == [("inv_5", "NEW"), ("inv_5", "GONE"), ("inv_5", "NEW")]
    assert [event.document["amount_minor"] for event in events if event.document] == [31_00, 31_00, 62_00]
    named = [event.document["run_id"] for event in told(fresh, invoice="inv_1") if event.document]
    assert named == [run.details["run_id"] for run in fresh.books.activities("recognized")]


def test_a_changed_invoice_is_told_as_changed(fresh: Accountant, landing_store: "LandingStore") -> None:
    fresh.schedules()
    lines = fresh.folder / "landing/invoice_line_items/2025-01/extract-1.csv"
    text = lines.read_text(encoding="utf-8")
    lines.write_text(text.replace("2025-12-31", "2025-06-30"), encoding="utf-8")
    fresh.schedules()
    assert outcomes(told(fresh, customer="acme"))[2:] == [("inv_1", "CHANGED")]
    # rules that are back where they were are a run of their own again
    lines.write_text(text, encoding="utf-8")
    fresh.schedules()
    ids = [run.details["run_id"] for run in fresh.books.activities("recognized")]
    assert ids == [ids[0], ids[1], ids[0]]
    assert ids[0] != ids[1]


def test_dagsters_runs_are_entered_as_those_of_the_command_and_so_are_exports(closed_books: Chain) -> None:
    found = Accountant(closed_books.store)
    assert runs(found) == [("2025-01", 1, 0), ("2025-02", 1, 0)]
    exported = {event.entry.subject for event in told(found, activity="exported", month="2025-02")}
    formats = ("generic", "netsuite", "quickbooks", "xero")
    assert exported == {f"{name} {ledger}" for name in formats for ledger in ("default-JPY", "default-USD")}
    assert told(found, activity="exported", month="2025-02", ledger="default-JPY", by="revrec") != []


class StoppedError(BaseException):
    """The process ends here."""


class StoppedBooks(Books):
    """Books whose process is killed before it enters anything."""

    def record_next_activity(self, activity: Activity, *, after: int | None, now: datetime) -> bool:
        raise StoppedError


class RacedBooks(Books):
    """Books that another process enters a run into, just before this one does."""

    raced = False

    def record_next_activity(self, activity: Activity, *, after: int | None, now: datetime) -> bool:
        if not self.raced:
            self.raced = True
            first = Activity(actor="other", activity="recognized", subject="2025-01", month="2025-01",
                             details={**activity.details, "run_id": "other"})  # fmt: skip
            assert super().record_next_activity(first, after=after, now=now)
        return super().record_next_activity(activity, after=after, now=now)


def test_a_process_killed_between_file_and_entry_leaves_a_run_that_is_entered_next_time(fresh: Accountant) -> None:
    fresh.schedules()
    places = fresh.places
    obligations, amendments = (places.lake.open(name, "2025-01") for name in ("obligations", "amendments"))
    empty = fresh.folder.parent / "other.sqlite"
    books = beside(empty, StoppedBooks)
    with pytest.raises(StoppedError):
        record_recognition("2025-01", obligations, amendments, places.store, books, places.policy)
    assert books.activities() == []
    record_recognition("2025-01", obligations, amendments, places.store, beside(empty, Books), places.policy)
    assert [run.details for run in books.activities()] == [run.details for run in fresh.books.activities()]


def test_a_run_that_another_process_comes_before_is_compared_with_that_one(fresh: Accountant) -> None:
    fresh.schedules()
    places = fresh.places
    obligations, amendments = (places.lake.open(name, "2025-01") for name in ("obligations", "amendments"))
    books = beside(fresh.folder.parent / "other.sqlite", RacedBooks)
    record_recognition("2025-01", obligations, amendments, places.store, books, places.policy)
    first, second = books.activities()
    assert (first.actor, first.details["invoices"]) == ("other", 2)
    assert (second.details["invoices"], second.details["file"]) == (0, "")


def beside(file: Path, kind: type[Books]) -> Books:
    """Other books of the same store."""
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    return kind(engine)


def test_what_is_only_tried_out_is_not_entered(fresh: Accountant) -> None:
    fresh.schedules()
    by_days = "versions: [{effective_from: 2000-01-01, allocation_strategy: exact_days}]"
    assert preview(fresh.places, parse_policy(by_days, "new.yaml")).num_rows > 0
    assert runs(fresh) == [("2025-01", 2, 0)]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [(Path.unlink, "is gone"), (lambda path: path.write_bytes(b"PAR1"), "was altered")],
    ids=["gone", "altered"],
)
def test_a_file_of_the_log_that_is_spoiled_is_told_and_keeps_nobody_from_recognizing(
    spoil: Callable[[Path], object], says: str, fresh: Accountant, landing_store: "LandingStore"
) -> None:
    fresh.schedules()
    [file] = (fresh.folder / "activity").rglob("*.parquet")
    spoil(file)
    with pytest.raises(LogFileError, match=f"{file.name} of activity 1 {says}: put it back"):
        told(fresh, invoice="inv_1")
    assert len(told(fresh)) == 1
    landing_store(ANOTHER, store=fresh.folder)
    fresh.schedules()
    assert runs(fresh) == [("2025-01", 2, 0), ("2025-01", 3, 0)]


@pytest.fixture(scope="module")
def history(open_store: Accountant, tmp_path_factory: pytest.TempPathFactory) -> Accountant:
    """January closed, reopened and closed again, with a manual journal: for looking only."""
    accountant = open_store.on_a_copy(tmp_path_factory.mktemp("history") / "store")
    accountant.record(manual_journal(customer_id="acme", product_id="plan"))
    accountant.close("2025-01")
    accountant.closing.reopen("2025-01", "Ben", "a late bill")
    accountant.close("2025-01")
    return accountant


def activities(events: list[LogEvent]) -> list[str]:
    return [event.entry.activity for event in events]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param({"activity": "closed"}, ["closed", "closed"], id="activity"),
        pytest.param({"by": "Ben"}, ["reopened"], id="by"),
        pytest.param({"by": "ana"}, ["closed", "closed"], id="by another"),
        pytest.param({"activity": "reopened", "ledger": "default-USD"}, ["reopened"], id="no ledger: all of them"),
        pytest.param({"activity": "closed", "month": "2025-01"}, ["closed", "closed"], id="month"),
        pytest.param({"month": "2025-02"}, [], id="month without activity"),
        pytest.param({"invoice": "inv_1"}, ["recognized", "manual journal recorded"], id="invoice"),
        pytest.param({"invoice": "inv_2"}, ["recognized"], id="invoice without manual journal"),
        pytest.param({"invoice": "inv_1", "activity": "manual journal recorded"}, ["manual journal recorded"],
                     id="invoice and activity"),
        pytest.param({"customer": "Acme Inc"}, ["recognized", "recognized", "manual journal recorded"], id="customer"),
        pytest.param({"customer": "acme", "invoice": "inv_2"}, ["recognized"], id="customer and invoice"),
    ],
)  # fmt: skip
def test_events_are_found_by_what_who_and_about_what(
    wanted: dict[str, str], expected: list[str], history: Accountant
) -> None:
    assert activities(told(history, **wanted)) == expected


def test_events_are_found_by_when(history: Accountant) -> None:
    events = told(history)
    [recorded] = [event.entry.occurred_at for event in events if event.entry.activity == "manual journal recorded"]
    assert recorded in {event.entry.occurred_at for event in told(history, since=recorded)}
    assert recorded not in {event.entry.occurred_at for event in told(history, before=recorded)}
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert (told(history, before=tomorrow), told(history, since=tomorrow)) == (events, [])


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"invoice": "inv_11"}, "--invoice 'inv_11' is not in the log (did you mean inv_1 or inv_2?)"),
        ({"credit_note": "cn_1"}, "--credit-note 'cn_1' is not in the log"),
        ({"customer": "Acme"}, "--customer 'Acme' is not in the log (did you mean acme or Acme Inc?)"),
        ({"by": "anna"}, "--by 'anna' is not in the log (did you mean Ana or ana?)"),
        ({"ledger": "default-EUR"}, "--ledger 'default-EUR' is not in the log (did you mean default-USD?)"),
    ],
    ids=["invoice", "credit note", "customer", "by", "ledger"],
)
def test_an_unknown_name_is_told_with_the_nearest_ones(wanted: dict[str, str], says: str, history: Accountant) -> None:
    with pytest.raises(UnknownInLogError) as unknown:
        told(history, **wanted)
    assert str(unknown.value).startswith(says)
