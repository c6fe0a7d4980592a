"""The example year that newcomers run is what its README says.

The landed files are read here by plain readers and looked at with SQL, without the generator's own notion of an
invoice.
"""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from revrec.policy import parse_policy
from tests.end_to_end.acme_landing import ACME, BILLED, FIELDS, SUBSCRIPTION_FIELDS, landed_files, opened, rows_of

EXAMPLES = Path(__file__).parents[2] / "examples"
# The folder is no package of the project: the generator is found the way `python examples/generate.py` finds it.
sys.path.insert(0, str(EXAMPLES))
acme = importlib.import_module("generator.acme")
bad_rows = importlib.import_module("generator.bad_rows")


@pytest.fixture(scope="module")
def year() -> Any:
    return acme.build_acme()


@pytest.fixture(scope="module")
def books(year: Any) -> duckdb.DuckDBPyConnection:
    """The committed year in SQL: see `acme_landing`."""
    return opened(bad.document_number or bad.record_id for bad in year.bad_rows)


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
    references = r"(customers|products|credit_grants|billing_schedules)"
    documents = f"({'|'.join(set(FIELDS) - {'customers', 'products', 'credit_grants', 'billing_schedules'})})"
    layout = rf"({references}/\2|{documents}/2025-(0[1-9]|1[0-2])/(extract|services)-[12])\.(csv|jsonl|parquet)"
    assert [path for path in paths if not re.fullmatch(layout, path)] == []
    assert {path.split("/")[0] for path in paths} == set(FIELDS)
    assert {path.rsplit(".")[-1] for path in paths} == {"csv", "jsonl", "parquet"}
    assert len({path.split("/")[1] for path in paths if path.startswith("invoices/")}) == 12


@pytest.mark.parametrize("dataset", FIELDS)
def test_every_record_has_the_fields_of_its_dataset(dataset: str) -> None:
    for file in landed_files(dataset):
        of_subscriptions = file.stem.startswith("extract-")
        expected = SUBSCRIPTION_FIELDS[dataset] if of_subscriptions else FIELDS[dataset]
        assert {" ".join(row) for row in rows_of(file)} == {expected}, file


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


def test_every_bad_row_has_a_reason_and_a_document_of_its_own(year: Any) -> None:
    documents = [bad.document_number for bad in year.bad_rows if bad.document_number]
    assert len(set(documents)) == len(documents) == 16
    assert len({bad.reason for bad in year.bad_rows}) == len(year.bad_rows) == 30


def test_every_dataset_has_a_bad_row(year: Any) -> None:
    assert {bad.file.split("/")[1] for bad in year.bad_rows} == set(FIELDS) - {"products"}


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
    def shown(amount: Any, currency: str) -> str:
        return f"{amount:,.0f}" if currency == "JPY" else f"{amount:,}"

    table = [
        f"| {ledger} | {invoices} | {' | '.join(shown(amount, currency) for amount in amounts)} |"
        for ledger, currency, invoices, *amounts in books.execute(BILLED).fetchall()
    ]
    assert "\n".join(table) in readme, "\n".join(table)


@pytest.mark.parametrize(
    ("invoices", "words"),
    [
        pytest.param("invoices where status = 'DRAFT' and invoice_number like 'INV%'", "`{}` (DRAFT)", id="draft"),
        pytest.param("invoices where status = 'IN_PROGRESS'", "`{}` (IN_PROGRESS)", id="in progress"),
        pytest.param(
            "invoices where updated_at[:10]::date > accounting_date + 7 and status = 'SENT'",
            "`{}` in June: a draft",
            id="corrected",
        ),
    ],
)
def test_the_readme_names_the_special_invoice(
    invoices: str, words: str, books: duckdb.DuckDBPyConnection, readme: str
) -> None:
    [(number,)] = books.execute(f"select invoice_number from {invoices}").fetchall()
    assert words.format(number) in readme


def test_the_policy_beside_the_landing_files_is_valid_and_names_the_entities() -> None:
    policy = parse_policy((ACME / "policy.yaml").read_text(encoding="utf-8"), "policy.yaml")
    assert {key: entity.name for key, entity in policy.entities.items()} == {
        "default": "Acme Inc",
        "europe": "Acme Europe GmbH",
    }


def test_the_command_writes_the_committed_files(year: Any, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, EXAMPLES / "generate.py", "--out", tmp_path], capture_output=True, text=True, check=True
    )
    files = len(landed_files())
    assert run.stdout == f"wrote {files} files with {len(year.bad_rows)} bad rows to {tmp_path / 'landing'}\n"
    assert files == len(year.files) == len([path for path in tmp_path.rglob("*") if path.is_file()])
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
