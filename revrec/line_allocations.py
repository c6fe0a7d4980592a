"""From landed invoices to the amount each line brings to its obligation (SPEC 3).

What belongs here: joining a month's invoices, lines, customers and products; applying the document rules. What does
not: the rules themselves (`revrec.document_rules`), what moves amounts between lines (`revrec.discounts`,
`revrec.bundles`, `revrec.minimum_fees`), the rows that come of it (`revrec.line_outcomes`).

The work is relational, so it is done by DuckDB on a connection of the caller, who decides on its memory limit and spill
folder.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from revrec import tables
from revrec.bundles import BUNDLE_SHARES, BUNDLED
from revrec.credit_grant_lines import AMOUNTS_AFTER_GRANTS, GRANTED, PURCHASES, CreditGrantTerms
from revrec.discounts import DISCOUNT_SHARES, LINE_ROLES
from revrec.document_rules import DOCUMENT_RULES
from revrec.largest_remainder import LARGEST_REMAINDER
from revrec.line_outcomes import ALLOCATIONS, ENDINGS
from revrec.minimum_fees import FEE_PARTS, MINIMUM_FEES
from revrec.money import MAX_AMOUNT_MINOR, MONEY_MACROS, known_currencies
from revrec.policy import Policy
from revrec.rejections import Rejection, rejection_of
from revrec.schemas import DATASETS, INVOICE_LINE_ITEMS, INVOICES

BATCH_ROWS = 65_536
# Rows of rejections fetched at a time: each is held twice for a moment, as a row and as a `Rejection`.
_PAGE_ROWS = 10_000


@dataclass(frozen=True)
class MonthDocuments:
    """What landed for one document month, after each row was checked by itself.

    Attributes:
        month: document month, e.g. 2025-01.
        invoices: batches of the raw `invoices` table.
        lines: batches of the raw `invoice_line_items` table.
        customers: ids of all customers.
        products: product id to recognition method.
        rejected_invoices: invoice id to the reason why its row, or a later version of it, was rejected.
        rejected_lines: invoice id to the reason why a line of it was rejected.
        superseded: invoice id to the document month that has a later version of it (`revrec.document_months`).
        credit_grants: terms of all landed credit grants by id.
    """

    month: str
    invoices: Iterable[pa.RecordBatch]
    lines: Iterable[pa.RecordBatch]
    customers: Iterable[str]
    products: Mapping[str, str]
    rejected_invoices: Mapping[str, str]
    rejected_lines: Mapping[str, str]
    superseded: Mapping[str, str] = field(default_factory=dict)
    credit_grants: Mapping[str, CreditGrantTerms] = field(default_factory=dict)


class LineAllocator:
    """Allocates one month's invoice lines.

    The two results come from one pass over the documents: `rejections()` says which rows stay out and why,
    `allocations()` where every other line's amount goes.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, documents: MonthDocuments, policy: Policy) -> None:
        """Join the documents and find every fault.

        Args:
            connection: an empty DuckDB database, for this month alone.
            documents: the month's documents.
            policy: entities, posting statuses, time zone, and the versions' discount basis and credit grant policy.
        """
        self._db = connection
        connection.execute("SET VARIABLE month = ?", [documents.month])
        connection.execute("SET VARIABLE largest_amount_minor = ?", [MAX_AMOUNT_MINOR])
        connection.execute("SET VARIABLE time_zone = ?", [policy.time_zone])
        self._run(*MONEY_MACROS, _TIMESTAMP_TEXT, LARGEST_REMAINDER)
        self._load(documents, policy)
        self._run(_INVOICE, _LINE, *LINE_ROLES, AMOUNTS_AFTER_GRANTS, _LINE_TOTAL)
        self._run(BUNDLED, *MINIMUM_FEES, GRANTED, _FAULT)
        for order, rule in enumerate(DOCUMENT_RULES):
            connection.execute(f"INSERT INTO fault SELECT DISTINCT *, {order} FROM ({rule.violations})")  # noqa: S608 - our own constants
        self._run(_REJECTED, *DISCOUNT_SHARES, *BUNDLE_SHARES, *FEE_PARTS, PURCHASES, *ENDINGS)

    def _run(self, *statements: str) -> None:
        for statement in statements:
            self._db.execute(statement)

    def _load(self, documents: MonthDocuments, policy: Policy) -> None:
        self._create("raw_invoice", INVOICES.lake_schema, documents.invoices)
        self._create("raw_line", INVOICE_LINE_ITEMS.lake_schema, documents.lines)
        currencies = known_currencies()
        self._table("customer", customer_id=sorted(set(documents.customers)))
        self._table("product", product_id=list(documents.products.keys()), method=list(documents.products.values()))
        self._table("entity", entity_id=list(policy.entities))
        self._table("currency", currency=list(currencies), exponent=pa.array(currencies.values(), pa.int64()))
        self._table("posting_status", status=sorted(policy.posting_statuses))
        self._reasons("rejected_invoice", documents.rejected_invoices)
        self._reasons("rejected_line", documents.rejected_lines)
        self._table("newer", invoice_id=list(documents.superseded.keys()), month=list(documents.superseded.values()))
        # documents older than the policy's first version follow the first version
        since = [dt.date.min, *(version.effective_from for version in policy.versions[1:])]
        self._table(
            "version",
            since=pa.array(since, pa.date32()),
            discount_basis=[str(version.discount_basis) for version in policy.versions],
            credit_grant_policy=[version.credit_grant_policy for version in policy.versions],
        )
        self._load_credit_grants(documents.credit_grants)

    def _load_credit_grants(self, grants: Mapping[str, CreditGrantTerms]) -> None:
        self._table(
            "credit_grant",
            credit_grant_id=list(grants),
            effective_date=pa.array([grant.effective_date for grant in grants.values()], pa.date32()),
            grant_currency=[grant.currency for grant in grants.values()],
            grant_customer_id=[grant.customer_id for grant in grants.values()],
        )

    def _reasons(self, name: str, reasons: Mapping[str, str]) -> None:
        self._table(name, invoice_id=list(reasons.keys()), reason=list(reasons.values()))

    def _create(self, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        source = pa.RecordBatchReader.from_batches(schema, iter(batches))
        self._db.register("arriving", source)
        self._db.execute(f"CREATE TABLE {name} AS FROM arriving")
        self._db.unregister("arriving")

    def _table(self, name: str, **columns: "pa.Array | list[str]") -> None:
        table = pa.table(
            {
                column: values if isinstance(values, pa.Array) else pa.array(values, pa.string())
                for column, values in columns.items()
            }
        )
        self._create(name, table.schema, table.to_batches())

    def rejections(self) -> list[Rejection]:
        """Every row that stays out, one rejection per fault; a sound row of a faulty invoice is rejected with it."""
        pages = self._db.sql(_REJECTIONS).to_arrow_reader(_PAGE_ROWS)
        return [rejection_of(DATASETS[row["dataset"]], row) for page in pages for row in page.to_pylist()]

    def allocations(self) -> Iterator[pa.RecordBatch]:
        """Batches of `tables.LINE_ALLOCATIONS`, ordered by invoice, then line.

        Every line that is not rejected has one row, a minimum fee one per part.
        """
        reader = self._db.sql(ALLOCATIONS).to_arrow_reader(BATCH_ROWS)
        return (batch.cast(tables.LINE_ALLOCATIONS) for batch in reader)


# As a Python value a timestamp would need pytz, and show the machine's time zone.
_TIMESTAMP_TEXT = """
CREATE MACRO timestamp_text(moment) AS
    replace(strftime(make_timestamp(epoch_us(moment)), '%Y-%m-%dT%H:%M:%S.%fZ'), '.000000Z', 'Z')
"""

# A voided invoice posts, and is reversed on the day of the void; on any other status that date says nothing.
_INVOICE = """
CREATE TABLE invoice AS
SELECT i.* EXCLUDE (id, entity_id), i.id AS invoice_id, coalesce(i.entity_id, 'default') AS entity_id,
       currency.exponent, customer.customer_id IS NOT NULL AS known_customer,
       entity.entity_id IS NOT NULL AS known_entity, posting_status.status IS NOT NULL OR i.status = 'VOIDED' AS posts,
       CASE WHEN i.status = 'VOIDED' THEN (i.voided_at AT TIME ZONE getvariable('time_zone'))::DATE END AS voided_on,
       rejected_line.reason AS rejected_line, rejected_invoice.reason AS rejected_version, newer.month AS newer_month
FROM raw_invoice AS i
LEFT JOIN currency USING (currency)
LEFT JOIN customer USING (customer_id)
LEFT JOIN entity ON entity.entity_id = coalesce(i.entity_id, 'default')
LEFT JOIN posting_status USING (status)
LEFT JOIN rejected_line ON rejected_line.invoice_id = i.id
LEFT JOIN rejected_invoice ON rejected_invoice.invoice_id = i.id
LEFT JOIN newer ON newer.invoice_id = i.id
"""

# How minimum fees and purchases of credit grants are recognized does not depend on their products.
_LINE = """
CREATE TABLE line AS
SELECT l.* EXCLUDE (id, title), l.id AS line_id, invoice.invoice_id IS NOT NULL AS invoice_found,
       invoice.currency, invoice.exponent, rejected_invoice.reason AS rejected_invoice,
       product.product_id IS NOT NULL AS known_product,
       CASE kind WHEN 'CREDIT_GRANT' THEN 'POINT_IN_TIME'
                 WHEN 'MINIMUM_FEE' THEN coalesce(l.recognition_method, 'POINT_IN_TIME')
                 ELSE coalesce(l.recognition_method, product.method) END AS method,
       minor(l.net_total, invoice.exponent) AS net_total_minor,
       minor(l.list_price, invoice.exponent) AS list_price_minor,
       minor(l.standalone_selling_price, invoice.exponent) AS standalone_selling_price_minor,
       minor(l.credit_grant_amount, invoice.exponent) AS credit_grant_amount_minor
FROM raw_line AS l
LEFT JOIN invoice ON invoice.invoice_id = l.invoice_id
LEFT JOIN product ON product.product_id = l.product_id
LEFT JOIN rejected_invoice ON rejected_invoice.invoice_id = l.invoice_id
"""

_LINE_TOTAL = """
CREATE TABLE line_total AS
SELECT invoice_id, count(*) AS lines, sum(net_total_minor) AS net_minor, sum(abs(net_total_minor)) AS magnitude_minor,
       bool_and(net_total_minor IS NOT NULL AND (credit_grant_amount IS NULL OR credit_grant_amount_minor IS NOT NULL))
           AS readable
FROM line GROUP BY invoice_id
"""

_FAULT = """
CREATE TABLE fault (dataset VARCHAR NOT NULL, invoice_id VARCHAR NOT NULL, landed_file VARCHAR NOT NULL,
                    landed_row BIGINT NOT NULL, field VARCHAR NOT NULL, value VARCHAR NOT NULL, reason VARCHAR NOT NULL,
                    action VARCHAR NOT NULL, rule INTEGER NOT NULL)
"""

_REJECTED = """
CREATE TABLE rejected AS
SELECT invoice_id, arg_min(reason, (rule, landed_file, landed_row)) AS reason FROM fault GROUP BY invoice_id
"""

_REJECTIONS = """
WITH landed AS (
    SELECT 'invoices' AS dataset, id AS of_invoice, landed_file, landed_row,
           COLUMNS(* EXCLUDE (landed_file, landed_row, updated_at, voided_at)) AS "r_\\0",
           timestamp_text(updated_at) AS r_updated_at, timestamp_text(voided_at) AS r_voided_at
    FROM raw_invoice
    UNION ALL BY NAME
    SELECT 'invoice_line_items' AS dataset, invoice_id AS of_invoice, landed_file, landed_row,
           COLUMNS(* EXCLUDE (landed_file, landed_row)) AS "r_\\0"
    FROM raw_line
)
SELECT landed.dataset, landed.landed_file, landed.landed_row, coalesce(fault.field, '') AS field,
       coalesce(fault.value, '') AS value,
       coalesce(fault.reason, format('invoice {} is kept out whole: {}', landed.of_invoice, rejected.reason)) AS reason,
       coalesce(fault.action, 'correct the invoice''s other fault and land it again') AS action,
       COLUMNS('^r_')
FROM landed
JOIN rejected ON rejected.invoice_id = landed.of_invoice
LEFT JOIN fault USING (dataset, landed_file, landed_row)
ORDER BY landed.dataset, landed.landed_file, landed.landed_row, fault.rule
"""
