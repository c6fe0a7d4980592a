"""The example year that newcomers run is what its README says.

The landed files are read here by plain readers and looked at with SQL, without the generator's own notion of an
invoice.
"""

import csv
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from revrec.policy import parse_policy

EXAMPLES = Path(__file__).parents[2] / "examples"
ACME = EXAMPLES / "acme"
# The folder is no package of the project: the generator is found the way `python examples/generate.py` finds it.
sys.path.insert(0, str(EXAMPLES))
acme = importlib.import_module("generator.acme")
bad_rows = importlib.import_module("generator.bad_rows")

# The fields of SPEC 10 that the example fills; optional ones of later issues are absent.
FIELDS = {
    "customers": "id legal_name updated_at",
    "products": "id name recognition_method updated_at",
    "invoices": ("id invoice_number customer_id status currency accounting_date contract_id net_total updated_at"),
    "invoice_line_items": (
        "id invoice_id group_id product_id title kind net_total list_price service_period_start service_period_end "
        "recognition_method recognition_date"
    ),
}

# `invoices`, `lines`, `customers`: what must survive, in its last version; bad rows and what is lost with them are out.
VIEWS = """
create view customers as from landed_customers where id not in (from lost);
create view products as from landed_products;
create view invoices as
    select * replace (accounting_date::date as accounting_date)
    from landed_invoices where invoice_number not in (from lost)
    qualify row_number() over (partition by id order by updated_at desc) = 1;
create view lines as
    select line.* replace (
            line.net_total::decimal(18, 2) as net_total, list_price::decimal(18, 2) as list_price,
            service_period_start::date as service_period_start, service_period_end::date as service_period_end,
            recognition_date::date as recognition_date),
        [line.net_total, line.list_price] as amount_texts, currency, accounting_date, customer_id, contract_id,
        line.service_period_end::date - line.service_period_start::date + 1 as days,
        case when accounting_date <= line.service_period_start::date then 'advance'
             when accounting_date > line.service_period_end::date then 'arrears' else 'midst' end as billed
    from landed_invoice_line_items line join invoices on invoices.id = invoice_id
    qualify row_number() over (partition by line.id order by line.landing_order desc) = 1;
"""

Row = dict[str, str | None]


def rows_of(file: Path) -> list[Row]:
    """The file's records, empty cells as None."""
    if file.suffix == ".csv":
        with file.open(encoding="utf-8", newline="") as stream:
            return [{name: cell or None for name, cell in row.items()} for row in csv.DictReader(stream)]
    if file.suffix == ".jsonl":
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    rows: list[Row] = pq.read_table(file).to_pylist()
    return rows


def landed_files(dataset: str = "") -> list[Path]:
    return sorted(path for path in (ACME / "landing" / dataset).rglob("*") if path.is_file())


def landed_rows(dataset: str) -> Iterator[Row]:
    for order, file in enumerate(landed_files(dataset)):
        for row in rows_of(file):
            yield row | {"folder": file.parent.name, "landing_order": str(order)}


@pytest.fixture(scope="module")
def year() -> Any:
    return acme.build_acme()


@pytest.fixture(scope="module")
def books(year: Any) -> duckdb.DuckDBPyConnection:
    """The committed year in SQL: every landed row as text in `landed_*`, and `VIEWS` on them."""
    connection = duckdb.connect()
    connection.execute("create table lost (name varchar)")
    for bad in year.bad_rows:
        connection.execute("insert into lost values (?)", [bad.invoice_number or bad.record_id])
    for dataset, fields in FIELDS.items():
        schema = pa.schema([(name, pa.string()) for name in [*fields.split(), "folder", "landing_order"]])
        connection.register(f"landed_{dataset}", pa.Table.from_pylist(list(landed_rows(dataset)), schema=schema))
    connection.execute(VIEWS)
    return connection


@pytest.fixture(scope="module")
def readme() -> str:
    return (ACME / "README.md").read_text(encoding="utf-8")


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(f"select count(*) from ({query})").fetchone()
    assert row is not None
    return int(row[0])


def created_by(parquet: bytes) -> str:
    return str(pq.read_metadata(pa.BufferReader(parquet)).created_by)


def test_the_committed_files_are_what_the_generator_writes(year: Any) -> None:
    committed = {path.relative_to(ACME).as_posix(): path.read_bytes() for path in landed_files()}
    assert sorted(committed) == sorted(year.files)
    for path, content in year.files.items():
        if path.endswith(".parquet") and created_by(content) != created_by(committed[path]):
            # A Parquet file names the pyarrow that wrote it: under another one the tables are equal, the bytes are not.
            assert pq.read_table(pa.BufferReader(content)).equals(pq.read_table(pa.BufferReader(committed[path]))), path
        else:
            assert committed[path] == content, path


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_year_with_the_same_bad_rows(year: Any) -> None:
    first, again, other = (acme.build_acme(seed) for seed in (7, 7, 8))
    assert first.files == again.files
    assert (
        first.files["landing/invoices/2025-05/extract-1.csv"] != other.files["landing/invoices/2025-05/extract-1.csv"]
    )
    assert [bad.reason for bad in other.bad_rows] == [bad.reason for bad in year.bad_rows]


def test_files_lie_in_the_landing_layout_in_all_three_formats() -> None:
    paths = [path.relative_to(ACME / "landing").as_posix() for path in landed_files()]
    months = r"(invoices|invoice_line_items)/2025-(0[1-9]|1[0-2])/extract-[12]"
    assert all(
        re.fullmatch(rf"(customers/customers|products/products|{months})\.(csv|jsonl|parquet)", p) for p in paths
    )
    assert {path.rsplit(".")[-1] for path in paths} == {"csv", "jsonl", "parquet"}
    assert len({path.split("/")[1] for path in paths if path.startswith("invoices/")}) == 12


@pytest.mark.parametrize("dataset", FIELDS)
def test_every_record_has_the_fields_of_its_dataset(dataset: str) -> None:
    assert {" ".join(row) for file in landed_files(dataset) for row in rows_of(file)} == {FIELDS[dataset]}


def facts() -> list[Any]:
    """The named queries of example_facts.sql, each with the bounds of its row count."""
    text = Path(__file__).with_name("example_facts.sql").read_text(encoding="utf-8")
    return [_fact(paragraph) for paragraph in text.split("\n\n")[1:]]


def _fact(paragraph: str) -> Any:
    parts = re.fullmatch(r"-- (.+): (\d+) to (\d+)\n([^;]+);\s*", paragraph)
    assert parts is not None, paragraph
    name, least, most, query = parts.groups()
    return pytest.param(query, int(least), int(most), id=name)


@pytest.mark.parametrize(("query", "least", "most"), facts())
def test_the_year_holds(query: str, least: int, most: int, books: duckdb.DuckDBPyConnection) -> None:
    assert least <= count(books, query) <= most


def test_every_bad_row_lies_where_the_list_says(year: Any) -> None:
    for bad in year.bad_rows:
        header = 1 if bad.file.endswith(".csv") else 0
        row = rows_of(ACME / bad.file)[bad.row - 1 - header]
        assert (row["id"], row[bad.field] or "") == (bad.record_id, bad.value), bad.reason


def test_every_bad_row_has_a_reason_and_an_invoice_of_its_own(year: Any) -> None:
    invoices = [bad.invoice_number for bad in year.bad_rows if bad.invoice_number]
    assert len(set(invoices)) == len(invoices) == 8
    assert len({bad.reason for bad in year.bad_rows}) == len(year.bad_rows) == 10


def test_a_later_extract_turns_the_draft_into_a_sent_invoice_with_the_same_ids() -> None:
    first, second = (
        {
            dataset: rows_of(ACME / f"landing/{dataset}/2025-06/extract-{extract}.csv")
            for dataset in ("invoices", "invoice_line_items")
        }
        for extract in (1, 2)
    )
    [sent] = second["invoices"]
    [draft] = [row for row in first["invoices"] if row["id"] == sent["id"]]
    assert (draft["status"], sent["status"]) == ("DRAFT", "SENT")
    assert str(draft["updated_at"]) < str(sent["updated_at"])
    drafted_lines = [row for row in first["invoice_line_items"] if row["invoice_id"] == sent["id"]]
    assert [row["id"] for row in drafted_lines] == [row["id"] for row in second["invoice_line_items"]]
    assert [row["net_total"] for row in drafted_lines] == ["399.00", "63.00"]
    assert [row["net_total"] for row in second["invoice_line_items"]] == ["399.00", "141.75"]


def test_the_readme_lists_the_bad_rows(year: Any, readme: str) -> None:
    assert bad_rows.markdown_table(year.bad_rows) in readme


def test_the_readme_says_how_much_landed(books: duckdb.DuckDBPyConnection, readme: str) -> None:
    invoices, lines = (
        count(books, f"select distinct id from {dataset}")
        for dataset in ("landed_invoices", "landed_invoice_line_items")
    )
    assert f"{invoices} invoices with {lines} lines" in readme


def test_the_readme_says_what_is_billed(books: duckdb.DuckDBPyConnection, readme: str) -> None:
    billed = books.execute(
        "select currency, count(*), sum(net_total::decimal(18, 2)) from invoices where status in ('SENT', 'PAID')"
        " group by currency order by currency"
    ).fetchall()
    table = [
        f"| {currency} | {invoices} | {total:,.0f} |"
        if currency == "JPY"
        else f"| {currency} | {invoices} | {total:,} |"
        for currency, invoices, total in billed
    ]
    assert "\n".join(table) in readme


@pytest.mark.parametrize(
    ("invoices", "words"),
    [
        pytest.param("invoices where status = 'DRAFT'", "`{}` (DRAFT)", id="draft"),
        pytest.param("invoices where status = 'IN_PROGRESS'", "`{}` (IN_PROGRESS)", id="in progress"),
        pytest.param(
            "invoices where updated_at[:10]::date > accounting_date + 7", "`{}` in June: a draft", id="corrected"
        ),
    ],
)
def test_the_readme_names_the_special_invoice(
    invoices: str, words: str, books: duckdb.DuckDBPyConnection, readme: str
) -> None:
    [(number,)] = books.execute(f"select invoice_number from {invoices}").fetchall()
    assert words.format(number) in readme


def test_the_policy_beside_the_landing_files_is_valid_and_names_the_entity() -> None:
    policy = parse_policy((ACME / "policy.yaml").read_text(encoding="utf-8"), "policy.yaml")
    assert {key: entity.name for key, entity in policy.entities.items()} == {"default": "Acme Inc"}


def test_the_command_writes_the_committed_files(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, EXAMPLES / "generate.py", "--out", tmp_path], capture_output=True, text=True, check=True
    )
    assert run.stdout == f"wrote 28 files with 10 bad rows to {tmp_path / 'landing'}\n"
    assert len(landed_files()) == len([path for path in tmp_path.rglob("*") if path.is_file()]) == 28
    for file in landed_files("invoices"):
        assert rows_of(tmp_path / file.relative_to(ACME)) == rows_of(file)


def test_the_command_refuses_a_folder_with_other_landing_files(tmp_path: Path) -> None:
    foreign = tmp_path / "landing/invoices/2025-01/mine.csv"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("id\n")
    run = subprocess.run(
        [sys.executable, EXAMPLES / "generate.py", "--out", tmp_path], capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert "landing/invoices/2025-01/mine.csv" in run.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [foreign]
