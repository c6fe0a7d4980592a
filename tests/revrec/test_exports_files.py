"""Names, parts, caps and refusals of export files."""

import contextlib
import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pytest

from revrec.accounts import Ledger
from revrec.exports import EXPORT_FORMATS
from revrec.exports.caps import SPREADSHEET_ROWS, Caps, ExportLimitError
from revrec.exports.chart import MissingAccountMappingError
from revrec.exports.files import ForeignJournalError, JournalsChangedError, export_files
from revrec.exports.lines import JournalNumberError
from revrec.policy import Policy

_EVERY_KIND = [("generic", ""), ("xero", ""), ("xero", "-import"), ("quickbooks", ""), ("netsuite", "")]


def _single_movements(journals: int, number: str = "RR-202501-{:06d}") -> str:
    rows = "\n".join(f"{number.format(1 + each)} | 2025-01-31 | 1 | 0 | 1.00" for each in range(journals))
    return f"journal | first_day | days | a_day | last_day\n{rows}"


@pytest.mark.parametrize(("name", "suffix"), _EVERY_KIND)
def test_an_empty_ledger_month_is_one_file_with_a_header(
    name: str, suffix: str, export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    exported = export(name, journals([]), suffix=suffix)
    (file,), (totals,) = exported.files, exported.totals
    assert file == totals.name == f"default-USD{suffix}.csv"
    assert exported.text.count("\n") == 1
    assert (totals.rows, totals.journals, totals.debit_minor, totals.part, totals.parts) == (0, 0, 0, 1, 1)


def test_several_files_are_numbered_and_say_how_many_they_are(
    export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    exported = export(
        "xero", journals(_single_movements(5)), suffix="-import", caps=Caps("a Xero manual journal import", rows=4)
    )
    assert list(exported.files) == [f"default-USD-import-00{part}.csv" for part in (1, 2, 3)]
    assert [(totals.part, totals.parts, totals.journals) for totals in exported.totals] == [
        (1, 3, 2),
        (2, 3, 2),
        (3, 3, 1),
    ]
    assert [totals.debit_minor for totals in exported.totals] == [200, 200, 100]


@pytest.mark.parametrize(
    ("name", "suffix", "lines", "size_bytes"),
    [
        ("generic", "", SPREADSHEET_ROWS - 1, None),
        ("xero", "", SPREADSHEET_ROWS - 1, None),
        ("xero", "-import", 300, None),
        ("quickbooks", "", 999, None),
        ("netsuite", "", 25_000, 50_000_000),
    ],
)
def test_every_kind_has_the_caps_of_its_target(name: str, suffix: str, lines: int, size_bytes: int | None) -> None:
    layouts = EXPORT_FORMATS[name].layouts(Policy(), Ledger("default", "USD"))
    (caps,) = [layout.caps for layout in layouts if layout.suffix == suffix]
    assert (caps.lines, caps.size_bytes) == (lines, size_bytes)


_ONE_LARGE_JOURNAL = """
journal          | kind            | invoice | first_day  | days | a_day | last_day
RR-202501-000001 | EARNED_DEFERRED | INV-1   | 2025-01-01 | 1    | 0     | 1.00
RR-202501-000002 | EARNED_DEFERRED | INV-2   | 2025-01-01 | 31   | 1.00  | 1.00
RR-202501-000002 | EARNED_DEFERRED | INV-3   | 2025-01-02 | 1    | 0     | 1.00
"""


@pytest.mark.parametrize(
    ("name", "suffix", "caps", "policy", "message"),
    [
        (
            "generic",
            "",
            Caps("a spreadsheet", rows=64, header_counts=True),
            {},
            "journal RR-202501-000002 has 64 lines, a spreadsheet takes at most 63 and a journal cannot be split: "
            "set exports.generic.granularity to monthly, or set journal_grain to customer_product_invoice",
        ),
        (
            "xero",
            "-import",
            Caps("a Xero manual journal import", rows=3),
            {},
            "journal RR-202501-000002 Revenue recognition default-USD has 4 lines, a Xero manual journal import takes "
            "at most 3 and a journal cannot be split: set journal_grain to customer_product_invoice, the finest, or",
        ),
        (
            "quickbooks",
            "",
            Caps("a QuickBooks import", rows=3),
            {"exports": {"quickbooks": {"granularity": "daily"}}},
            "journal RR-202501-000002-02 has 4 lines, a QuickBooks import takes at most 3 .*"
            "set exports.quickbooks.granularity to monthly",
        ),
        (
            "netsuite",
            "",
            Caps("a NetSuite import", rows=25_000, size_bytes=500),
            {},
            r"journal default-USD-RR-202501-000002 has 4 lines, with the header \d+ bytes, a NetSuite import takes at "
            "most 500 and a journal cannot be split",
        ),
    ],
    ids=["generic", "xero import", "quickbooks by day", "netsuite bytes"],
)
def test_a_journal_over_the_cap_stops_the_export_before_a_file_is_opened(
    name: str,
    suffix: str,
    caps: Caps,
    policy: dict[str, Any],
    message: str,
    export: Callable[..., Any],
    journals: Callable[..., pa.RecordBatch],
) -> None:
    with pytest.raises(ExportLimitError, match=message):
        export(name, journals(_ONE_LARGE_JOURNAL), suffix=suffix, caps=caps, policy=policy)


def test_every_missing_account_is_named_with_the_settings_that_fill_it_in(
    export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    rows = """
        journal          | kind            | product  | first_day  | days | a_day | last_day
        RR-202501-000001 | EARNED_DEFERRED | Platform | 2025-01-01 | 1    | 0     | 1.00
        RR-202501-000002 | EARNED_UNBILLED | Support  | 2025-01-01 | 1    | 0     | 1.00
        RR-202501-000003 | EARNED_UNBILLED | Platform | 2025-01-01 | 1    | 0     | 1.00
    """
    policy = {
        "accounts": {
            "deferred": {"quickbooks": None},
            "unbilled": {"quickbooks": ""},
            "products": {"prod_Support": {"unbilled": {"quickbooks": "Support accruals"}}},
        }
    }
    batch = journals(rows)
    with pytest.raises(MissingAccountMappingError) as stopped:
        export("quickbooks", [batch.slice(row, 1) for row in range(3)], policy=policy)
    assert str(stopped.value) == (
        "the quickbooks export of ledger default-USD stops: "
        "product 'prod_Platform' has no deferred account: set accounts.deferred.quickbooks or "
        "accounts.products.prod_Platform.deferred.quickbooks; "
        "product 'prod_Platform' has no unbilled account: set accounts.unbilled.quickbooks or "
        "accounts.products.prod_Platform.unbilled.quickbooks"
    )
    assert isinstance(stopped.value, LookupError)
    # Other formats, and months in which the product's account does not come up, go on.
    assert export("netsuite", batch, policy=policy).totals[0].rows == 6
    assert export("quickbooks", batch.slice(1, 1), policy=policy).totals[0].rows == 2


@pytest.mark.parametrize(
    ("name", "enabled", "stops"), [("generic", True, True), ("generic", False, False), ("xero", True, True)]
)
def test_a_missing_xero_code_stops_what_shows_it(
    name: str, enabled: bool, stops: bool, export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    policy = {"accounts": {"recognized": {"xero": None}}, "exports": {"xero": {"enabled": enabled}}}
    expectation = pytest.raises(MissingAccountMappingError, match=r"accounts\.recognized\.xero") if stops else None
    with expectation or contextlib.nullcontext():
        export(name, journals(_single_movements(1)), policy=policy)


@pytest.mark.parametrize(
    ("number", "granularity", "refused"),
    [
        ("RR-202501-000001", "daily", False),
        ("RR-202501-9999999", "daily", False),
        ("RR-202501-123456789", "daily", True),
        ("RR-202501-12345678901", "monthly", False),
        ("RR-202501-123456789012", "monthly", True),
    ],
)
def test_a_quickbooks_journal_number_has_at_most_21_characters(
    number: str, granularity: str, refused: bool, export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    policy = {"exports": {"quickbooks": {"granularity": granularity}}}
    message = f"{number}.* has more than the 21 characters of a QuickBooks import: set exports.quickbooks.granularity"
    with pytest.raises(JournalNumberError, match=message) if refused else contextlib.nullcontext():
        export("quickbooks", journals(_single_movements(1, number)), policy=policy)


@pytest.mark.parametrize("number", ["RR,1", "=RR-1", 'RR"1"'])
@pytest.mark.parametrize(("name", "suffix"), [("generic", ""), ("quickbooks", "")])
def test_a_journal_number_that_would_need_quotes_is_refused(
    name: str, suffix: str, number: str, export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    with pytest.raises(JournalNumberError, match="would need quotes: number journals with letters, digits and hyphens"):
        export(name, journals(_single_movements(1, number)), suffix=suffix)


def test_a_journal_of_another_ledger_is_refused(
    export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    batches = [journals(_single_movements(1)), journals(_single_movements(2), currency="EUR")]
    with pytest.raises(ForeignJournalError, match="ledger default-EUR came up in the export of default-USD"):
        export("generic", batches)


@pytest.mark.parametrize(
    ("first", "second"), [(2, 3), (3, 2), (2, 0), (0, 1)], ids=["more", "fewer", "none left", "some now"]
)
def test_journals_that_change_while_they_are_read_leave_no_wrong_file(
    first: int, second: int, journals: Callable[..., pa.RecordBatch]
) -> None:
    readings = iter([journals(_single_movements(first)), journals(_single_movements(second))])
    (layout,) = EXPORT_FORMATS["generic"].layouts(Policy(), Ledger("default", "USD"))
    kept: list[str] = []
    with pytest.raises(JournalsChangedError, match="changed while they were exported, run the export again"):
        export_files(layout, lambda: [next(readings)], _whole_files_only(kept))
    assert kept == []


def test_a_set_of_files_that_ends_too_soon_is_noticed(journals: Callable[..., pa.RecordBatch]) -> None:
    readings = iter([journals(_single_movements(400)), journals(_single_movements(300))])
    _, layout = EXPORT_FORMATS["xero"].layouts(Policy(), Ledger("default", "USD"))
    kept: list[str] = []
    with pytest.raises(JournalsChangedError, match=r"default-USD-import-002\.csv should not be the last file"):
        export_files(layout, lambda: [next(readings)], _whole_files_only(kept))
    assert kept == ["default-USD-import-001.csv", "default-USD-import-002.csv"]


def _whole_files_only(kept: list[str]) -> Callable[[str], contextlib.AbstractContextManager[BinaryIO]]:
    """Opens files that are kept when their block ends well, as an object store does."""

    @contextlib.contextmanager
    def open_file(name: str) -> Iterator[BinaryIO]:
        yield io.BytesIO()
        kept.append(name)

    return open_file
