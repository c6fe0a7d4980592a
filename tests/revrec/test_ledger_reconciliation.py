"""Reconciliations of a posting month: sound journals tie, and each way they can be broken is seen."""

from datetime import date

import duckdb
import pyarrow as pa
import pytest

from revrec import reconciliation
from revrec.entries import BrokenStretchError
from revrec.journals import MonthMovements, daily_journals
from revrec.money import MAX_AMOUNT_MINOR
from revrec.policy import JournalGrain
from revrec.reconciliation import ACCOUNT_FIGURES, LedgerBalance, ledger_balance
from tests.breakages import Breakage, Rows, also, changed, reconciled, source, twice, without
from tests.builders import CUSTOMERS, PRODUCTS, Obligation, obligation_batch
from tests.schedule_builders import runs_of

TEXT, NUMBER = pa.string(), pa.int64()
JOURNAL = pa.schema(
    [
        ("entity", TEXT),
        ("currency", TEXT),
        ("debit_account", TEXT),
        ("credit_account", TEXT),
        ("days", NUMBER),
        ("amount_a_day_minor", NUMBER),
        ("amount_last_day_minor", NUMBER),
    ]
)
LEDGER_RUN = pa.schema([("entity", TEXT), ("currency", TEXT), ("kind", TEXT), ("amount_minor", NUMBER)])


SCHEDULED = (Obligation(365_00, accounting="2025-03-10"), Obligation(-31_07, end="2025-01-31"))


def month_of_books() -> tuple[list[pa.RecordBatch], Rows]:
    """Journals of March 2025 and, by themselves, the runs they are made of."""
    batch = obligation_batch(*SCHEDULED, Obligation(10_00, currency="EUR", accounting="2025-03-31"))
    runs = runs_of(batch)
    of_march = runs.filter(pa.array([day == date(2025, 3, 1) for day in runs["month"].to_pylist()]))
    with duckdb.connect() as connection:
        part = MonthMovements(pa.Table.from_batches([batch]), of_march)
        journals = list(daily_journals(connection, "2025-03", [part], CUSTOMERS, PRODUCTS, JournalGrain.LEDGER))
    ledgers = batch.select(["entity", "currency"]).to_pylist()
    return journals, [ledgers[row["obligation_no"]] | row for row in of_march.to_pylist()]


def journals_and_runs(
    journal_breakage: Breakage = lambda rows: rows,
    run_breakage: Breakage = lambda rows: rows,
    others: Breakage = lambda rows: rows,
) -> dict[str, tuple[int, int]]:
    """Per ledger and account, what journals and runs debit less credit; other figures are added to none."""
    journals, runs = month_of_books()
    rows = [{name: row[name] for name in JOURNAL.names} for batch in journals for row in batch.to_pylist()]
    runs = [{name: row[name] for name in LEDGER_RUN.names} for row in runs]
    table = reconciled(
        reconciliation.journals_and_runs,
        source(journal_breakage(rows), JOURNAL),
        source(run_breakage(runs), LEDGER_RUN),
        source(others([]), ACCOUNT_FIGURES),
    )
    return {f"{row['currency']} {row['account']}": (row["journals_minor"], row["runs_minor"]) for row in table}


def test_sound_journals_are_the_runs_of_the_month_per_ledger_and_account() -> None:
    figures = journals_and_runs()
    assert set(figures) == {
        f"{currency} {account}"
        for currency in ("USD", "EUR")
        for account in ("billed", "recognized", "deferred", "unbilled")
    }
    assert all(journals == runs for journals, runs in figures.values())
    assert figures["USD billed"] == (365_00, 365_00)


@pytest.mark.parametrize(
    "breakage",
    [
        pytest.param({"journal_breakage": without(0)}, id="a stretch is lost"),
        pytest.param({"journal_breakage": twice(0)}, id="a stretch stands twice"),
        pytest.param({"journal_breakage": changed(0, amount_last_day_minor=1)}, id="another amount"),
        pytest.param({"journal_breakage": changed(0, days=3, amount_a_day_minor=1)}, id="more days"),
        pytest.param({"journal_breakage": changed(0, credit_account="billed")}, id="another account"),
        pytest.param(
            {
                "journal_breakage": lambda rows: changed(
                    0, debit_account=rows[0]["credit_account"], credit_account=rows[0]["debit_account"]
                )(rows)
            },
            id="sides swapped",
        ),
        pytest.param({"journal_breakage": changed(0, currency="JPY")}, id="another ledger"),
        pytest.param({"run_breakage": without(0)}, id="a run is lost"),
        pytest.param({"run_breakage": changed(0, amount_minor=1)}, id="a run of another amount"),
        pytest.param({"run_breakage": also(kind="NO_SUCH_KIND")}, id="a run of an unknown kind"),
    ],
)
def test_journals_that_are_not_the_runs_are_seen(breakage: dict[str, Breakage]) -> None:
    assert any(journals != runs for journals, runs in journals_and_runs(**breakage).values())


def test_other_figures_stand_beside_the_runs_and_may_take_from_them() -> None:
    """What manual journals post is added, what was posted before is taken away."""
    billed = {"entity": "default", "currency": "USD", "account": "billed"}
    others: Rows = [billed | {"net_debits_minor": 5_00}, billed | {"net_debits_minor": -65_00, "account": "deferred"}]
    sound, told = journals_and_runs(), journals_and_runs(others=lambda _: others)
    assert told["USD billed"] == (365_00, 370_00)
    assert told["USD deferred"] == (sound["USD deferred"][0], sound["USD deferred"][0] - 65_00)
    assert {name: figures for name, figures in told.items() if name not in ("USD billed", "USD deferred")} == {
        name: figures for name, figures in sound.items() if name not in ("USD billed", "USD deferred")
    }


def test_a_figure_of_a_ledger_without_journals_is_seen() -> None:
    other = {"entity": "eu", "currency": "JPY", "account": "billed", "net_debits_minor": 7}
    assert journals_and_runs(others=lambda _: [other])["JPY billed"] == (0, 7)


def balance_of(*changes: tuple[str, int]) -> LedgerBalance:
    """Balance of a ledger of one journal, with a column of its first row changed."""
    journals, _ = month_of_books()
    [batch] = journals
    for name, by in changes:
        rows = batch.to_pylist()
        rows[0][name] += by
        batch = pa.RecordBatch.from_pylist(rows, schema=batch.schema)
    return ledger_balance([batch])


def test_a_sound_ledger_balances_day_by_day() -> None:
    journals, runs = month_of_books()
    balance = balance_of()
    assert balance.rows == len(runs)
    assert balance.stretches_minor == balance.days_minor == sum(abs(row["amount_minor"]) for row in runs)
    assert balance.movements == sum(batch["days"].to_numpy().sum() for batch in journals)
    assert balance.one_account_rows == 0


@pytest.mark.parametrize("column", ["amount_minor", "amount_last_day_minor"])
def test_a_stretch_that_is_not_its_days_is_refused(column: str) -> None:
    with pytest.raises(BrokenStretchError, match="materialize the month's daily journals again"):
        balance_of((column, 1))


def test_a_stretch_that_debits_and_credits_one_account_is_counted() -> None:
    journals, _ = month_of_books()
    [batch] = journals
    rows = batch.to_pylist()
    rows[1]["debit_account"] = rows[1]["credit_account"]
    assert ledger_balance([pa.RecordBatch.from_pylist(rows, schema=batch.schema)]).one_account_rows == 1


def test_a_ledger_of_nothing_balances() -> None:
    assert ledger_balance([]) == LedgerBalance()


def test_sums_beyond_int64_are_exact_in_a_ledger_of_one_large_journal() -> None:
    journals, _ = month_of_books()
    row = journals[0].to_pylist()[0] | {
        "days": 1,
        "first_day": date(2025, 3, 1),
        "amount_a_day_minor": MAX_AMOUNT_MINOR,
        "amount_last_day_minor": MAX_AMOUNT_MINOR,
        "amount_minor": MAX_AMOUNT_MINOR,
    }
    rows = 100_000
    one = pa.RecordBatch.from_pylist([row], schema=journals[0].schema)
    balance = ledger_balance([one.take(pa.array([0] * rows))])
    assert balance.stretches_minor == balance.days_minor == rows * MAX_AMOUNT_MINOR > 2**63


def test_journals_that_do_not_fit_are_refused_rather_than_wrapped() -> None:
    with pytest.raises(duckdb.ConversionException):
        journals_and_runs(run_breakage=lambda rows: [row | {"amount_minor": 2**63 - 1} for row in rows])
