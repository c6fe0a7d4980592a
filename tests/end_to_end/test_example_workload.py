"""The workload of the benchmarks is well-formed at any size, and the same for the same seed."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
# The folder is no package of the project: the generator is found the way the benchmarks find it.
sys.path.insert(0, str(EXAMPLES))
workload = importlib.import_module("generator.workload")
landing = importlib.import_module("generator.landing")


def opened(store: Path) -> duckdb.DuckDBPyConnection:
    """The written files in SQL, all columns as text, with the month folder of each document."""
    connection = duckdb.connect()
    for dataset, files in (
        ("customers", "*"),
        ("products", "*"),
        ("invoices", "*/*"),
        ("invoice_line_items", "*/*"),
    ):
        connection.execute(
            f"create table {dataset} as select * exclude (filename), split_part(filename, '/', -2) as folder"
            f" from read_csv('{store}/landing/{dataset}/{files}.csv', all_varchar = true, filename = true)"
        )
    connection.execute(
        "create table documents as select i.*, l.* exclude (id, net_total, folder), l.id as line_id,"
        " l.net_total as line_total, l.folder as line_folder,"
        " accounting_date::date as day, service_period_end::date as last_day"
        " from invoices i join invoice_line_items l on l.invoice_id = i.id"
    )
    return connection


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    store = tmp_path_factory.mktemp("workload")
    workload.write_workload(store, 5_000)
    return opened(store)


def one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


def test_every_line_has_an_invoice_of_its_own(written: duckdb.DuckDBPyConnection) -> None:
    query = (
        "select count(*), count(distinct id), count(distinct line_id), count(distinct invoice_number) from documents"
    )
    assert one(written, query) == (5_000,) * 4
    assert one(written, "select count(*) from invoices") == one(written, "select count(*) from invoice_line_items")


def test_the_lines_spread_evenly_over_two_years_of_months(written: duckdb.DuckDBPyConnection) -> None:
    months = written.execute("select folder, count(*) from documents group by folder order by folder").fetchall()
    assert [month for month, _ in months] == [f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13)]
    assert {lines for _, lines in months} == {208, 209}


def test_the_lines_of_a_month_spread_over_all_its_days(written: duckdb.DuckDBPyConnection) -> None:
    assert one(written, "select count(distinct day) from documents") == (366 + 365,)


@pytest.mark.parametrize(
    "violation",
    [
        pytest.param(
            "folder != strftime(day, '%Y-%m') or line_folder != folder", id="the folder is the document's month"
        ),
        pytest.param("service_period_start != accounting_date", id="service starts on the accounting date"),
        pytest.param(
            "last_day != day + interval 1 year - interval 1 day and day != '2024-02-29'", id="a year less a day"
        ),
        pytest.param("day = '2024-02-29' and last_day != '2025-02-28'", id="a year from a leap day"),
        pytest.param("line_total != net_total", id="the invoice is its line"),
        pytest.param("customer_id not in (select id from customers)", id="known customers"),
        pytest.param("product_id not in (select id from products)", id="known products"),
        pytest.param("status != 'SENT' or kind != 'CHARGE'", id="all post"),
        pytest.param("currency != 'JPY' and not regexp_full_match(net_total, '[1-9]\\d*\\.\\d\\d')", id="two decimals"),
        pytest.param("currency = 'JPY' and not regexp_full_match(net_total, '[1-9]\\d*')", id="yen have none"),
        pytest.param("net_total::decimal(18, 2) < 100 or net_total::decimal(18, 2) >= 10000000", id="amounts in range"),
    ],
)
def test_no_line_breaks_the_rule(violation: str, written: duckdb.DuckDBPyConnection) -> None:
    assert written.execute(f"select * from documents where {violation}").fetchall() == []


def test_there_are_2000_customers_50_products_and_one_of_3_currencies_a_customer(
    written: duckdb.DuckDBPyConnection,
) -> None:
    assert one(written, "select count(distinct id) from customers") == (2_000,)
    assert one(written, "select count(distinct id) from products") == (50,)
    assert one(written, "select count(distinct product_id), count(distinct currency) from documents") == (50, 3)
    assert one(written, "select count(distinct customer_id) > 1800 from documents") == (True,)
    currencies = "select count(distinct currency) as n from documents group by customer_id"
    assert one(written, f"select max(n) from ({currencies})") == (1,)
    assert one(written, "select count(*) from products where recognition_method != 'STRAIGHT_LINE'") == (0,)


def test_one_month_larger_than_a_chunk_holds_all_lines_in_the_order_of_its_days(tmp_path: Path) -> None:
    lines = 2 * workload.CHUNK_LINES + 1
    files = workload.write_workload(tmp_path, lines, months=1, first_month="2025-02")
    assert [path.relative_to(tmp_path / "landing").as_posix() for path in files[2:]] == [
        "invoices/2025-02/workload.csv",
        "invoice_line_items/2025-02/workload.csv",
    ]
    dates = [row.split(",")[5] for row in files[2].read_text().splitlines()[1:]]
    assert len(dates) == lines
    assert dates == sorted(dates)
    assert (dates[0], dates[-1], len(set(dates))) == ("2025-02-01", "2025-02-28", 28)
    connection = opened(tmp_path)
    assert one(connection, "select count(*), count(distinct line_id) from documents") == (lines, lines)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first, again, other = (
        [path.read_bytes() for path in workload.write_workload(tmp_path / name, 500, seed=seed)]
        for name, seed in (("first", 1), ("again", 1), ("other", 2))
    )
    assert first == again
    assert first != other


def test_fewer_lines_than_months_make_only_the_months_they_need(tmp_path: Path) -> None:
    files = workload.write_workload(tmp_path, 3, first_month="2025-11")
    assert [path.parent.name for path in files if "/invoices/" in path.as_posix()] == ["2025-11", "2025-12", "2026-01"]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        pytest.param({"lines": 0}, "0 lines", id="no lines"),
        pytest.param({"lines": 5, "months": 0}, "0 months", id="no months"),
        pytest.param({"lines": 5, "first_month": "2024-13"}, "'2024-13' is no month", id="no month"),
    ],
)
def test_a_workload_that_cannot_be_made_is_refused(arguments: dict[str, Any], names: str, tmp_path: Path) -> None:
    with pytest.raises(workload.WorkloadError, match=names):
        workload.write_workload(tmp_path, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_smaller_workload_does_not_mix_with_an_earlier_one(tmp_path: Path) -> None:
    workload.write_workload(tmp_path, 48)
    with pytest.raises(landing.ForeignLandingFilesError, match="choose another folder"):
        workload.write_workload(tmp_path, 24, months=12)


def test_the_command_writes_a_workload(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, EXAMPLES / "generate.py", "--lines", "100", "--months", "2", "--out", tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == f"wrote 6 files with 100 invoice lines to {tmp_path / 'landing'}\n"
    assert one(opened(tmp_path), "select count(*), count(distinct folder) from documents") == (100, 2)
