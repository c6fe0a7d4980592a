"""What `revrec log` prints and how it ends."""

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from resources.books import Activity
from tests.assets.accountant import NOW, Accountant
from tests.assets.late_documents import CLOSING_BOOKS, LATE_NOTE
from tests.closing_builders import manual_journal
from tests.end_to_end.conftest import landing_store  # noqa: F401 - a fixture
from tests.reparsers.strict_csv import records_of

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore
    from tests.revrec_dagster.conftest import Revrec

# Clears the screen, and says "closed" backwards to whoever reads from right to left.
HOSTILE = "=Eve\x1b[2J\u202edesolc"


@pytest.fixture(scope="module")
def store(landing_store: "LandingStore") -> Path:  # noqa: F811 - the fixture
    """January posted, with a credit note and a manual journal, closed and reopened: for looking only."""
    accountant = Accountant(landing_store(CLOSING_BOOKS))
    accountant.schedules()
    landing_store(LATE_NOTE, None, accountant.folder)
    accountant.record(manual_journal(customer_id="acme", product_id="plan"))
    accountant.close("2025-01")
    accountant.closing.reopen("2025-01", HOSTILE, "a late bill")
    mailed = {"recipient": "ana@example.com", "request_id": "r1"}
    accountant.books.record_activity(
        [
            Activity(actor="Ana", activity="export mailed", subject="exports/requested/r1.zip", details=mailed),
            Activity(actor="Ana", activity="moved", subject="office", details={"floor": 3}),
        ],
        now=NOW,
    )
    return accountant.folder


def parts(line: str) -> tuple[str, str, str, str]:
    """Kind, month, actor and sentence of a line, and sees that a time is in front."""
    when, kind, month, actor, *told = re.split(r" {2,}", line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", when)
    return kind, month, actor, " ".join(told)


def test_every_event_is_a_line_that_says_who_did_what(store: Path, revrec: "Revrec") -> None:
    finished = revrec("log", "--store", store)
    assert (finished.status, finished.stderr) == (0, "")
    lines = [parts(line) for line in finished.stdout.splitlines()]
    run = r"run [0-9a-f]{16} of documents of 2025-01: "
    expected = [
        ("recognized", "2025-01", "revrec", run + r"2 invoice\(s\): 2 new; default-USD"),
        ("manual-journal", "2025-01", "Ana",
         r"MJ-1 of 2025-01-15, default-USD 100\.00, adjusts RR-202501-000001, approved by Ben: Termination, as agreed"),
        ("recognized", "2025-01", "revrec", run + r"1 credit note\(s\): 1 new; default-USD"),
        ("closed", "2025-01", "ana", r"2025-01 locked through 2025-01-31; default-USD \d+ journal\(s\) [\d.]+"),
        ("reopened", "2025-01", r"=Eve\x1b[2J\u202edesolc", "2025-01: a late bill; nothing locked from then on"),
        ("export-mailed", "-", "Ana", r"exports/requested/r1\.zip to ana@example\.com"),
        ("moved", "-", "Ana", r'office \{"floor": 3\}'),
    ]  # fmt: skip
    shown = [line for line in lines if line[0] != "exported"]
    assert [line[:3] for line in shown] == [line[:3] for line in expected]
    for (*_, told), (*_, pattern) in zip(shown, expected, strict=True):
        assert re.fullmatch(pattern, told)


def test_what_a_name_would_do_to_a_terminal_or_a_spreadsheet_is_only_shown(store: Path, revrec: "Revrec") -> None:
    for form in ((), ("--csv",), ("--json",)):
        shown = revrec("log", "--store", store, "--activity", "reopened", *form).stdout
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    header, row = records_of(revrec("log", "--store", store, "--activity", "reopened", "--csv").stdout.encode())
    assert dict(zip(header, row, strict=True))["by"] == r"'=Eve\x1b[2J\u202edesolc"


def test_an_invoice_and_a_note_have_lines_of_their_own(store: Path, revrec: "Revrec") -> None:
    told = [parts(line)[3] for line in revrec("log", "--store", store, "--invoice", "inv_1").stdout.splitlines()]
    invoice = r"invoice inv_1 of acme, default-USD: {}, 1 obligation\(s\), 1200\.00 USD, run [0-9a-f]{{16}}"
    assert re.fullmatch(invoice.format("new"), told[0])
    assert told[1].startswith("MJ-1 of 2025-01-15")
    assert re.fullmatch(invoice.format("unchanged"), told[2])
    [note] = revrec("log", "--store", store, "--credit-note", "cn_1").stdout.splitlines()
    assert "credit note cn_1 of acme, default-USD: new, 1 obligation(s), -220.00 USD" in note


def test_scripts_get_json_and_spreadsheets_csv(store: Path, revrec: "Revrec") -> None:
    options = ("log", "--store", store, "--activity", "recognized", "--documents")
    listed = json.loads(revrec(*options, "--json").stdout)
    rows = list(csv.DictReader(io.StringIO(revrec(*options, "--csv").stdout), strict=True))
    assert [event["document"]["document_id"] for event in listed] == ["inv_1", "inv_2", "cn_1"]
    assert [event["document"]["amount_minor"] for event in listed] == [1200_00, 500_00, -220_00]
    assert [(row["document_id"], row["amount"], row["outcome"]) for row in rows] == [
        ("inv_1", "1200.00", "NEW"),
        ("inv_2", "500.00", "NEW"),
        ("cn_1", "-220.00", "NEW"),
    ]
    assert listed[0]["details"]["run_id"] == rows[0]["run_id"]


def test_filters_and_a_limit_leave_the_newest_last(store: Path, revrec: "Revrec") -> None:
    def shown(*options: str) -> list[str]:
        return [parts(line)[0] for line in revrec("log", "--store", store, *options).stdout.splitlines()]

    everything = shown()
    assert shown("--limit", "2") == everything[-2:] == ["export-mailed", "moved"]
    assert shown("--by", "Ana") == ["manual-journal", "export-mailed", "moved"]
    # the accountant of the tests lives in January of 2026
    assert shown("--until", "2026-01-05", "--activity", "closed") == ["closed"]
    assert shown("--since", "2026-01-05T12:00:00Z", "--until", "2026-01-05", "--by", "ana") == ["closed"]
    assert shown("--since", "2026-01-06", "--by", "ana") == []


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        (("--activity", "close"), 2, "'close' is not known (did you mean closed?): give one of recognized, closed"),
        (("--month", "2025-13"), 2, "2025-13"),
        (("--since", "yesterday"), 2, "--since 'yesterday' is neither a day nor a time with its zone"),
        (("--until", "2025-01-31T18:00:00"), 2, "is neither a day nor a time with its zone"),
        (("--until", "9999-12-31"), 2, "--until '9999-12-31' is beyond what a calendar has"),
        (("--json", "--csv"), 2, "either --json or --csv"),
        (("--limit", "0"), 2, "--limit"),
        (("--invoice", "inv_11"), 1, "'inv_11' is not in the log (did you mean inv_1 or inv_2?)"),
        (("--month", "2025-09"), 0, "nothing of that is in the log"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_shown_is_one_line(
    options: tuple[str, ...], status: int, says: str, store: Path, revrec: "Revrec"
) -> None:
    finished = revrec("log", "--store", store, *options)
    assert (finished.status, finished.stdout, finished.stderr.count("\n")) == (status, "", 1)
    assert says in finished.stderr
