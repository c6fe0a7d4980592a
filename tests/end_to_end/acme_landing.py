"""The example company's landed files in SQL, read by plain readers without the generator's own notion of an invoice.

What belongs here: the fields of each dataset, reading the files, and views of what must survive. What does not: judging
what is there (`test_example_data.py`, `example_facts.sql`).
"""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

ACME = Path(__file__).parents[2] / "examples/acme"

# The fields of SPEC 10: all of them in the files of the order desk, in those of the subscriptions (`extract-N`) only
# the ones that they fill.
FIELDS = {
    "customers": "id legal_name updated_at",
    "products": "id name recognition_method updated_at",
    "invoices": (
        "id invoice_number customer_id status currency accounting_date entity_id contract_id billing_schedule_id "
        "voided_at net_total updated_at"
    ),
    "invoice_line_items": (
        "id invoice_id group_id product_id title kind net_total list_price service_period_start service_period_end "
        "recognition_method recognition_date bundle_id standalone_selling_price price_id credit_grant_id "
        "credit_grant_amount"
    ),
    "credit_notes": "id credit_note_number customer_id invoice_id status currency accounting_date net_total updated_at",
    "credit_note_line_items": (
        "id credit_note_id invoice_line_item_id product_id title net_total service_period_start service_period_end "
        "recognition_method"
    ),
    "milestones": "id invoice_line_item_id amount percent completed_on",
    "usage": ("id customer_id product_id currency period_start period_end amount billing_schedule_id price_id"),
    "billing_schedules": (
        "id customer_id product_id price_id currency amount frequency start_date end_date billing_type "
        "recognition_method"
    ),
    "credit_grants": "id customer_id name currency amount effective_date expiry_date",
    "credit_grant_transactions": "id credit_grant_id type amount date invoice_line_item_id",
}
SUBSCRIPTION_FIELDS = {
    "invoices": "id invoice_number customer_id status currency accounting_date contract_id net_total updated_at",
    "invoice_line_items": (
        "id invoice_id group_id product_id title kind net_total list_price service_period_start service_period_end "
        "recognition_method recognition_date"
    ),
}
# Datasets of which every row counts that is not in quarantine; of usage and the like, a later month replaces an
# earlier one.
OTHERS = ("milestones", "usage", "billing_schedules", "credit_grants", "credit_grant_transactions")

# `invoices`, `lines`, `customers`, ...: what must survive, in its last version; bad rows are out, and what is lost with
# them.
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
    qualify row_number() over (partition by line.id order by line.landing_order::int desc) = 1;
create view credit_notes as
    from landed_credit_notes where credit_note_number not in (from lost)
    qualify row_number() over (partition by id order by updated_at desc) = 1;
create view credited as
    select line.*, note.invoice_id, note.accounting_date, note.status, billed.kind
    from landed_credit_note_line_items line
    join credit_notes note on note.id = credit_note_id and note.folder = line.folder
    left join lines billed on billed.id = invoice_line_item_id;
"""
VIEW = """
create view {0} as
    from landed_{0} where id not in (from lost)
    qualify row_number() over (partition by id order by landing_order::int desc) = 1;
"""
# What is billed in the year per ledger: invoices, their total, what notes and voids take back, and what is left.
BILLED = """
with document as (
    select coalesce(entity_id, 'default') as entity, currency, net_total::decimal(18, 2) as net_total, status
    from invoices where status in ('SENT', 'PAID', 'VOIDED')
), note as (
    select coalesce(entity_id, 'default') as entity, n.currency, n.net_total::decimal(18, 2) as net_total
    from credit_notes n left join invoices on invoices.id = n.invoice_id where n.status = 'SENT'
), posted as (
    select entity, currency, 1 as invoices, net_total as invoiced, if(status = 'VOIDED', net_total, 0) as taken_back
    from document
    union all select entity, currency, 0, 0, net_total from note
)
select entity || '-' || currency as ledger, currency, sum(invoices), sum(invoiced), sum(taken_back),
       sum(invoiced) - sum(taken_back)
from posted group by all order by ledger
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


def opened(lost: Iterable[str]) -> duckdb.DuckDBPyConnection:
    """Every landed row as text in `landed_*`, and `VIEWS` on them.

    Args:
        lost: numbers of documents and ids of rows that are quarantined.
    """
    connection = duckdb.connect()
    connection.execute("create table lost (name varchar)")
    for name in lost:
        connection.execute("insert into lost values (?)", [name])
    for dataset, fields in FIELDS.items():
        schema = pa.schema([(name, pa.string()) for name in [*fields.split(), "folder", "landing_order"]])
        connection.register(f"landed_{dataset}", pa.Table.from_pylist(list(landed_rows(dataset)), schema=schema))
    connection.execute(VIEWS)
    for dataset in OTHERS:
        connection.execute(VIEW.format(dataset))
    return connection
