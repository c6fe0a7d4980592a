"""Every blocking check fails when its figure is spoilt, shows the figures, and holds back what comes after.

This also holds what is used of Dagster's preview of partitioned checks (pyproject.toml pins its version).
"""

import json
from collections.abc import Callable
from functools import partial

import dagster as dg
import pandas as pd
import pyarrow as pa
import pytest

from assets.expectations import BrokenCheckError, expect_ties
from assets.report_ties import TIES
from revrec.exports import EXPORT_FORMATS
from tests.assets.chain import Chain, failures
from tests.assets.spoiling import POSTING_MONTH, Spoil, cells, figures, in_lake, less, more
from tests.assets.spoilt_reports import SPOILT_REPORTS

DOCUMENT_MONTH = "2025-01"
EXPORTS_CHECK = "files_equal_report_and_journals"
BLOCKING = [
    ("obligations", "every_line_has_one_obligation_or_a_recorded_exclusion", DOCUMENT_MONTH),
    ("obligations", "obligations_equal_invoices", DOCUMENT_MONTH),
    ("recognized_schedules", "runs_equal_obligations", DOCUMENT_MONTH),
    ("daily_journals", "journals_equal_runs", POSTING_MONTH),
    ("daily_journals", "journals_balance", POSTING_MONTH),
    *((f"{export}_gl_export", EXPORTS_CHECK, POSTING_MONTH) for export in EXPORT_FORMATS),
    *((report, name, POSTING_MONTH) for report, name in TIES),
]


def move_a_cent_between_obligations(table: pa.Table) -> pa.Table:
    """Totals of the month stay as they were."""
    numbers = table["obligation_no"].to_pylist()
    earned = [at for at, kind in enumerate(table["kind"].to_pylist()) if kind.startswith("EARNED")]
    one, other = (next(at for at in earned if numbers[at] == number) for number in (0, 1))
    return cells(less, "amount_minor", row=other)(cells(more, "amount_minor", row=one)(table))


def in_file(path: str, change: Callable[[bytes], bytes]) -> Spoil:
    def spoil(chain: Chain) -> None:
        file = chain.store / path
        file.write_bytes(change(file.read_bytes()))

    return spoil


def credit_a_cent_more(manifest: bytes) -> bytes:
    content = json.loads(manifest)
    return json.dumps({**content, "total_credits_minor": content["total_credits_minor"] + 1}).encode()


def exported(export: str, name: str) -> str:
    return f"exports/{export}/{POSTING_MONTH}/{name}"


# Check, what is spoilt, and the figures of the first row at fault.
SPOILT = {
    "a line lost its obligation": (
        BLOCKING[0],
        in_lake("obligations", DOCUMENT_MONTH, lambda table: table.slice(1)),
        {"lines": "2", "with_obligation": "1", "unaccounted": "1"},
    ),
    "a line has two obligations": (
        BLOCKING[0],
        in_lake("obligations", DOCUMENT_MONTH, lambda table: pa.concat_tables([table, table.slice(1)])),
        {"lines": "2", "accounted_twice": "1"},
    ),
    "a line is excluded without a reason": (
        BLOCKING[0],
        in_lake(
            "line_allocations",
            DOCUMENT_MONTH,
            lambda table: cells(lambda _: "", "reason")(cells(lambda _: "EXCLUDED", "disposition")(table)),
        ),
        {"without_reason": "1"},
    ),
    "an obligation is a cent too high": (
        BLOCKING[1],
        in_lake("obligations", DOCUMENT_MONTH, cells(more, "amount_minor")),
        {"currency": "USD", "invoiced_minor": "129000", "obligations_minor": "129001"},
    ),
    "a run is a cent too high": (
        BLOCKING[2],
        in_lake("recognized_schedules", DOCUMENT_MONTH, cells(more, "amount_minor", row=-1)),
        {"to_earn_minor": "129000", "earned_minor": "129001", "broken_obligations": "1"},
    ),
    "a cent moved between obligations": (
        BLOCKING[2],
        in_lake("recognized_schedules", DOCUMENT_MONTH, move_a_cent_between_obligations),
        {"to_earn_minor": "129000", "earned_minor": "129000", "broken_obligations": "2"},
    ),
    "a journal is a yen too high": (
        BLOCKING[3],
        in_lake("daily_journals", POSTING_MONTH, cells(more, "amount_last_day_minor", "amount_minor")),
        {"currency": "JPY"},
    ),
    "a journal went missing": (
        BLOCKING[3],
        in_lake("daily_journals", POSTING_MONTH, lambda table: table.slice(0, table.num_rows - 1)),
        {"currency": "USD", "journals_minor": "0"},
    ),
    "a journal debits and credits one account": (
        BLOCKING[4],
        in_lake("daily_journals", POSTING_MONTH, cells(lambda _: "deferred", "debit_account", "credit_account")),
        {"ledger": "default-JPY", "one_account_rows": "1"},
    ),
    **{
        f"{export}: a cell was edited": (
            (f"{export}_gl_export", EXPORTS_CHECK, POSTING_MONTH),
            in_file(exported(export, "default-USD.csv"), lambda text: text.replace(b"2025", b"2026", 1)),
            {"ledger": "default-USD", "kind": "-", "altered_files": "1"},
        )
        for export in EXPORT_FORMATS
    },
    "xero: the import was edited": (
        ("xero_gl_export", EXPORTS_CHECK, POSTING_MONTH),
        in_file(exported("xero", "default-JPY-import.csv"), lambda text: text + b"\n"),
        {"ledger": "default-JPY", "kind": "-import", "altered_files": "1"},
    ),
    "quickbooks: the manifest credits a yen more": (
        ("quickbooks_gl_export", EXPORTS_CHECK, POSTING_MONTH),
        in_file(exported("quickbooks", "default-JPY.manifest.json"), credit_a_cent_more),
        {"files_credits_minor": "120001", "report_credits_minor": "120000", "journals_minor": "120000"},
    ),
    "netsuite: a file is gone": (
        ("netsuite_gl_export", EXPORTS_CHECK, POSTING_MONTH),
        lambda chain: (chain.store / exported("netsuite", "default-USD.csv")).unlink(),
        {"ledger": "default-USD", "files": "0", "files_debits_minor": "0", "journals_minor": "10000"},
    ),
    "generic: the report is a cent higher": (
        ("generic_gl_export", EXPORTS_CHECK, POSTING_MONTH),
        in_lake("monthly_journal_report", POSTING_MONTH, cells(more, "amount_minor", row=-1)),
        {"ledger": "default-USD", "journals_minor": "10000"},
    ),
}
ALL_SPOILT = SPOILT | SPOILT_REPORTS


@pytest.mark.parametrize(("asset", "name", "month"), BLOCKING, ids=lambda value: str(value).split("_")[0])
def test_a_check_passes_on_sound_books_and_its_status_is_the_months(
    asset: str, name: str, month: str, closed_books: Chain
) -> None:
    check = closed_books.check(asset, name, month)
    assert check.passed, check.description
    assert check.partition == month
    assert figures(check), "a check of nothing holds nothing"


@pytest.mark.parametrize(("checked", "spoil", "expected"), ALL_SPOILT.values(), ids=ALL_SPOILT)
def test_a_check_fails_with_the_figures_when(
    checked: tuple[str, str, str], spoil: Spoil, expected: dict[str, str], books: Chain
) -> None:
    spoil(books)
    asset, name, month = checked
    check = books.check(asset, name, month)
    assert (check.passed, check.severity, check.partition) == (False, dg.AssetCheckSeverity.ERROR, month)
    assert any(expected.items() <= row.items() for row in figures(check)), figures(check)
    assert month in str(check.description)
    assert "materialize" in str(check.description), "it says what to do"


def test_nothing_is_exported_from_a_journal_that_contradicts_itself(books: Chain) -> None:
    """Its days tie to the schedules, its own total does not tie to its days."""
    books.spoil("daily_journals", POSTING_MONTH, cells(more, "amount_minor"))
    run = books.materialize("generic_gl_export", month=POSTING_MONTH)
    [(step, error)] = failures(run).items()
    assert step == "generic_gl_export"
    assert "BrokenStretchError" in error
    assert books.files("exports/generic") == {}


def test_a_failed_blocking_check_holds_back_what_follows_in_the_run(books: Chain) -> None:
    books.spoil("line_allocations", DOCUMENT_MONTH, lambda table: table.slice(1))
    before = books.files("lake/recognized_schedules")
    run = books.materialize("obligations", "recognized_schedules", month=DOCUMENT_MONTH)
    assert not run.success
    assert {check.check_name for check in run.get_asset_check_evaluations() if not check.passed} == {
        "every_line_has_one_obligation_or_a_recorded_exclusion",
        "obligations_equal_invoices",
    }
    assert [
        event.asset_key.to_user_string() for event in run.get_asset_materialization_events() if event.asset_key
    ] == ["obligations"]
    assert books.files("lake/recognized_schedules") == before


def test_materializing_again_repairs_what_was_spoilt(books: Chain) -> None:
    before = books.files("lake", "exports", "reports")
    books.spoil("obligations", DOCUMENT_MONTH, cells(more, "amount_minor"))
    assert not books.check("obligations", "obligations_equal_invoices", DOCUMENT_MONTH).passed
    assert books.document_month(DOCUMENT_MONTH).success
    assert books.check("obligations", "obligations_equal_invoices", DOCUMENT_MONTH).passed
    assert books.files("lake", "exports", "reports") == before


@pytest.mark.parametrize("export", EXPORT_FORMATS)
def test_nothing_is_exported_from_journals_that_do_not_tie(export: str, books: Chain) -> None:
    others = {path: data for path, data in books.files("exports").items() if f"/{export}/" not in f"/{path}"}
    books.spoil("daily_journals", POSTING_MONTH, cells(more, "amount_last_day_minor", "amount_minor"))
    run = books.materialize(f"{export}_gl_export", month=POSTING_MONTH)
    [error] = failures(run).values()
    assert f"journals of {POSTING_MONTH} differ from the schedules" in error
    assert f"materialize daily_journals of {POSTING_MONTH} again" in error
    # files of an earlier run would say what the journals no longer do
    left = books.files("exports")
    assert {path: data for path, data in left.items() if f"/{export}/" not in f"/{path}"} == others
    assert [path for path in left if f"/{export}/{POSTING_MONTH}/" in f"/{path}"] == []


def test_a_check_that_cannot_be_evaluated_is_broken_and_says_nothing_of_the_books() -> None:
    check = partial(expect_ties, pd.DataFrame({"a_minor": [1]}), ok="fine", failed="not fine")
    assert check(equal=[("a_minor", "a_minor")]).passed
    with pytest.raises(BrokenCheckError, match="b_minor"):
        check(equal=[("a_minor", "b_minor")])


@pytest.mark.parametrize("pair", [(None, None), (1, None)], ids=["neither", "one"])
def test_a_figure_that_is_missing_agrees_with_nothing(pair: tuple[int | None, int | None]) -> None:
    check = partial(expect_ties, ok="fine", failed="not fine")
    left, right = pair
    frame = pd.DataFrame({"left_minor": [5, left], "right_minor": [5, right]})
    assert not check(frame, equal=[("left_minor", "right_minor")]).passed
    assert not check(pd.DataFrame({"rest_minor": [0, None]}), zero=["rest_minor"]).passed


def test_integers_beyond_a_floats_precision_are_compared_exactly() -> None:
    large = 2**60
    frame = pd.DataFrame({"left_minor": [large, large], "right_minor": [large, large + 1]})
    result = expect_ties(frame, equal=[("left_minor", "right_minor")], ok="fine", failed="not fine")
    assert not result.passed
    assert "1 row(s)" in str(result.description)
