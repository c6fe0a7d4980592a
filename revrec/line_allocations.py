"""From landed invoices to the amount each line brings to its obligation (SPEC 3).

What belongs here: joining a month's invoices, lines, customers and products; applying the document rules; discounts. What does not:
the rules themselves (`revrec.document_rules`), the obligations' terms (`revrec.obligations`).

The work is relational, so it is done by DuckDB on a connection of the caller, who decides on its memory limit and spill folder.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from revrec import document_rules, tables
from revrec.money import MAX_AMOUNT_MINOR, known_currencies
from revrec.policy import Policy
from revrec.rejections import Rejection
from revrec.schemas import DATASETS, INVOICE_LINE_ITEMS, INVOICES

BATCH_ROWS = 65_536


@dataclass(frozen=True)
class MonthDocuments:
    """What landed for one document month, after each row was checked by itself.

    Attributes:
        month: document month, e.g. 2025-01.
        invoices: batches of the raw `invoices` table.
        lines: batches of the raw `invoice_line_items` table.
        customers: ids of all customers.
        products: product id to recognition method.
        rejected_invoices: invoice id to the reason why its row was rejected.
        rejected_lines: invoice id to the reason why a line of it was rejected.
    """

    month: str
    invoices: Iterable[pa.RecordBatch]
    lines: Iterable[pa.RecordBatch]
    customers: Iterable[str]
    products: Mapping[str, str]
    rejected_invoices: Mapping[str, str]
    rejected_lines: Mapping[str, str]


class LineAllocator:
    """Allocates one month's invoice lines.

    The two results come from one pass over the documents: `rejections()` says which rows stay out and why, `allocations()` where every
    other line's amount goes.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, documents: MonthDocuments, policy: Policy) -> None:
        """Join the documents and find every fault.

        Args:
            connection: an empty DuckDB database, for this month alone.
            documents: the month's documents.
            policy: entities, posting statuses and the versions' discount basis.
        """
        self._db = connection
        connection.execute("SET VARIABLE month = ?", [documents.month])
        for statement in _MACROS:
            connection.execute(statement)
        self._load(documents, policy)
        for statement in (_INVOICE, _LINE):
            connection.execute(statement)
        faults = " UNION ALL ".join(f"SELECT *, {order} AS rule FROM ({rule.violations})" for order, rule in enumerate(document_rules.DOCUMENT_RULES))
        connection.execute(f"CREATE TABLE fault AS {faults}")
        connection.execute(_REJECTED)

    def _load(self, documents: MonthDocuments, policy: Policy) -> None:
        self._create("raw_invoice", INVOICES.lake_schema, documents.invoices)
        self._create("raw_line", INVOICE_LINE_ITEMS.lake_schema, documents.lines)
        self._table("customer", customer_id=list(documents.customers))
        self._table("product", product_id=list(documents.products.keys()), method=list(documents.products.values()))
        self._table("entity", entity_id=list(policy.entities))
        self._table("currency", currency=list(known_currencies()), exponent=pa.array(known_currencies().values(), pa.int64()))
        self._table("posting_status", status=sorted(policy.posting_statuses))
        for name, rejected in (("rejected_invoice", documents.rejected_invoices), ("rejected_line", documents.rejected_lines)):
            self._table(name, invoice_id=list(rejected.keys()), reason=list(rejected.values()))
        self._table(
            "version",
            effective_from=pa.array([version.effective_from for version in policy.versions], pa.date32()),
            discount_basis=[str(version.discount_basis) for version in policy.versions],
        )

    def _create(self, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        source = pa.RecordBatchReader.from_batches(schema, iter(batches))
        self._db.register("arriving", source)
        self._db.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")
        self._db.unregister("arriving")

    def _table(self, name: str, **columns: "pa.Array | list[str]") -> None:
        arrays = {column: values if isinstance(values, pa.Array) else pa.array(values, pa.string()) for column, values in columns.items()}
        table = pa.table(arrays)
        self._create(name, table.schema, table.to_batches())

    def rejections(self) -> list[Rejection]:
        """Every row that stays out, one rejection per fault; a sound row of an invoice with a fault is rejected with the invoice."""
        relation = self._db.sql(_REJECTIONS)
        names = relation.columns
        return [_rejection(dict(zip(names, row, strict=True))) for row in relation.fetchall()]

    def allocations(self) -> Iterator[pa.RecordBatch]:
        """Batches of `tables.LINE_ALLOCATIONS`, ordered by invoice, then line; every line that is not rejected exactly once."""
        for statement in (_BASE, _GROUP_SHARES, _NET_TARGETS, _INVOICE_SHARES):
            self._db.execute(statement)
        reader = self._db.sql(_ALLOCATIONS).to_arrow_reader(BATCH_ROWS)
        return (batch.cast(tables.LINE_ALLOCATIONS) for batch in reader)


def _rejection(row: dict[str, object]) -> Rejection:
    dataset = str(row["dataset"])
    columns = {f"r_{name}": name for name in DATASETS[dataset].lake_schema.names}
    record = {columns[name]: None if value is None else str(value) for name, value in row.items() if name in columns}
    return Rejection(
        dataset=dataset,
        file=str(row["landed_file"]),
        row=int(str(row["landed_row"])),
        field=str(row["field"]),
        value=str(row["value"]),
        reason=str(row["reason"]),
        action=str(row["action"]),
        record=record,
    )


# minor(text, exponent): the SQL twin of `revrec.money.minor_units` for text the raw stage has checked to be a decimal; NULL where it has
# more decimals than the currency or is out of bounds. Integers only: at most 14 + 4 digits (AMOUNT_PATTERN) fit a BIGINT.
_MACROS = (
    "CREATE MACRO decimals_of(amount) AS CASE WHEN contains(amount, '.') THEN length(amount) - position('.' IN amount) ELSE 0 END",
    f"""CREATE MACRO minor(amount, exponent) AS CASE
        WHEN decimals_of(amount) > exponent OR length(ltrim(amount, '+-')) > 19 THEN NULL
        WHEN abs(CAST(replace(ltrim(amount, '+'), '.', '') AS HUGEINT) * [1, 10, 100, 1000, 10000][exponent - decimals_of(amount) + 1])
             > {MAX_AMOUNT_MINOR} THEN NULL
        ELSE CAST(replace(ltrim(amount, '+'), '.', '') AS BIGINT) * [1, 10, 100, 1000, 10000][exponent - decimals_of(amount) + 1] END""",
)

_INVOICE = """
CREATE TABLE invoice AS
SELECT i.* EXCLUDE (id, entity_id), i.id AS invoice_id, coalesce(i.entity_id, 'default') AS entity_id, currency.exponent,
       customer.customer_id IS NOT NULL AS known_customer, entity.entity_id IS NOT NULL AS known_entity,
       posting_status.status IS NOT NULL AS posts, rejected_line.reason AS rejected_line
FROM raw_invoice AS i
LEFT JOIN currency USING (currency)
LEFT JOIN customer USING (customer_id)
LEFT JOIN entity ON entity.entity_id = coalesce(i.entity_id, 'default')
LEFT JOIN posting_status USING (status)
LEFT JOIN rejected_line ON rejected_line.invoice_id = i.id
"""

# A group is a line item group of one invoice. Negative lines of a group that also charges are its discounts; in a group of only negative
# lines, those without a product are for the whole invoice, those with one are credits of their own (SPEC 3, rules 1 and 2).
_LINE = """
CREATE TABLE line AS
WITH joined AS (
    SELECT l.* EXCLUDE (id), l.id AS line_id, invoice.invoice_id IS NOT NULL AS invoice_found, invoice.currency, invoice.exponent,
           rejected_invoice.reason AS rejected_invoice, product.product_id IS NOT NULL AS known_product,
           coalesce(l.recognition_method, product.method) AS method,
           minor(l.net_total, invoice.exponent) AS net_total_minor,
           minor(l.list_price, invoice.exponent) AS list_price_minor,
           minor(l.standalone_selling_price, invoice.exponent) AS standalone_selling_price_minor,
           minor(l.credit_grant_amount, invoice.exponent) AS credit_grant_amount_minor
    FROM raw_line AS l
    LEFT JOIN invoice ON invoice.invoice_id = l.invoice_id
    LEFT JOIN product ON product.product_id = l.product_id
    LEFT JOIN rejected_invoice ON rejected_invoice.invoice_id = l.invoice_id
), charging_group AS (
    SELECT DISTINCT invoice_id, group_id FROM joined WHERE net_total_minor >= 0
)
SELECT joined.*,
       CASE WHEN joined.net_total_minor IS NULL OR joined.net_total_minor >= 0 THEN 'TARGET'
            WHEN charging_group.group_id IS NOT NULL THEN 'GROUP_DISCOUNT'
            WHEN joined.product_id IS NULL THEN 'INVOICE_DISCOUNT'
            ELSE 'TARGET' END AS role
FROM joined LEFT JOIN charging_group USING (invoice_id, group_id)
"""

_REJECTED = "CREATE TABLE rejected AS SELECT invoice_id, arg_min(reason, (rule, landed_file, landed_row)) AS reason FROM fault GROUP BY ALL"

_REJECTIONS = """
WITH landed AS (
    SELECT 'invoices' AS dataset, id AS of_invoice, landed_file, landed_row, COLUMNS(* EXCLUDE (landed_file, landed_row)) AS "r_\\0"
    FROM raw_invoice
    UNION ALL BY NAME
    SELECT 'invoice_line_items' AS dataset, invoice_id AS of_invoice, landed_file, landed_row,
           COLUMNS(* EXCLUDE (landed_file, landed_row, net_total)) AS "r_\\0", net_total AS r_net_total
    FROM raw_line
)
SELECT landed.dataset, landed.landed_file, landed.landed_row, coalesce(fault.field, '') AS field, coalesce(fault.value, '') AS value,
       coalesce(fault.reason, format('invoice {} is kept out whole: {}', landed.of_invoice, rejected.reason)) AS reason,
       coalesce(fault.action, 'correct the invoice''s other fault and land it again') AS action,
       COLUMNS('^r_')
FROM landed
JOIN rejected ON rejected.invoice_id = landed.of_invoice
LEFT JOIN fault ON fault.dataset = landed.dataset AND fault.landed_file = landed.landed_file AND fault.landed_row = landed.landed_row
ORDER BY landed.dataset, landed.landed_file, landed.landed_row, fault.rule
"""

# Lines of sound invoices. `place` is the line's place on its invoice, by id (shorter first, so that li_2 stands before li_10): ties in an
# allocation go to the earlier line whatever the order of rows in the landed file.
_BASE = """
CREATE TABLE base AS
SELECT line.*, coalesce(list_price_minor, line.net_total_minor) AS list_minor, version.discount_basis,
       row_number() OVER (PARTITION BY line.invoice_id ORDER BY length(line_id), line_id) AS place
FROM line
JOIN invoice USING (invoice_id)
-- documents older than the first version follow the first version
ASOF JOIN (SELECT CASE WHEN row_number() OVER (ORDER BY effective_from) = 1 THEN DATE '0001-01-01' ELSE effective_from END AS since,
                  discount_basis FROM version) AS version ON invoice.accounting_date >= version.since
WHERE line.invoice_id NOT IN (SELECT invoice_id FROM rejected)
"""


def _largest_remainder(pairs: str) -> str:
    """Shares of each discount over its targets, adding up to it exactly (SPEC 3: largest remainder, ties to the earlier line).

    Args:
        pairs: query giving (discount_id, discount_minor < 0, target_id, target_place, weight >= 0).
    """
    return f"""
    WITH pairs AS ({pairs}),
    weighted AS (
        SELECT *, CASE WHEN sum(weight) OVER d = 0 THEN 1 ELSE weight END AS w,
               CASE WHEN sum(weight) OVER d = 0 THEN count(*) OVER d ELSE sum(weight) OVER d END AS total
        FROM pairs WINDOW d AS (PARTITION BY discount_id)
    ), cut AS (
        -- on absolute amounts: integer division of negatives rounds differently from one engine to the next
        SELECT *, (CAST(-discount_minor AS HUGEINT) * w) // total AS quotient, (CAST(-discount_minor AS HUGEINT) * w) % total AS remainder
        FROM weighted
    ), ranked AS (
        SELECT *, row_number() OVER (PARTITION BY discount_id ORDER BY remainder DESC, target_place) AS rank,
               -discount_minor - sum(quotient) OVER (PARTITION BY discount_id) AS left_over
        FROM cut
    )
    SELECT discount_id, target_id, CAST(-(quotient + CASE WHEN rank <= left_over THEN 1 ELSE 0 END) AS BIGINT) AS share_minor
    FROM ranked
    """  # noqa: S608 - `pairs` is one of the two queries below


# A discount goes to the group's lines of its product and period where there are such, else of its product, else to all of the group.
_GROUP_SHARES = "CREATE TABLE group_share AS " + _largest_remainder("""
    SELECT d.line_id AS discount_id, d.net_total_minor AS discount_minor, t.line_id AS target_id, t.place AS target_place,
           greatest(CASE t.discount_basis WHEN 'list_price' THEN t.list_minor ELSE t.net_total_minor END, 0) AS weight
    FROM base AS d JOIN base AS t USING (invoice_id, group_id)
    WHERE d.role = 'GROUP_DISCOUNT' AND t.role = 'TARGET'
    QUALIFY 2 * (d.product_id IS NOT DISTINCT FROM t.product_id)::INT
            + (d.service_period_start IS NOT DISTINCT FROM t.service_period_start
               AND d.service_period_end IS NOT DISTINCT FROM t.service_period_end)::INT
          = max(2 * (d.product_id IS NOT DISTINCT FROM t.product_id)::INT
                + (d.service_period_start IS NOT DISTINCT FROM t.service_period_start
                   AND d.service_period_end IS NOT DISTINCT FROM t.service_period_end)::INT) OVER (PARTITION BY d.line_id)
""")

_NET_TARGETS = """
CREATE TABLE net_target AS
SELECT base.invoice_id, base.line_id, base.place, base.list_minor, base.discount_basis,
       CAST(base.net_total_minor + coalesce(sum(share_minor), 0) AS BIGINT) AS net_minor
FROM base LEFT JOIN group_share ON group_share.target_id = base.line_id
WHERE base.role = 'TARGET'
GROUP BY base.invoice_id, base.line_id, base.place, base.list_minor, base.discount_basis, base.net_total_minor
"""

_INVOICE_SHARES = "CREATE TABLE invoice_share AS " + _largest_remainder("""
    SELECT d.line_id AS discount_id, d.net_total_minor AS discount_minor, t.line_id AS target_id, t.place AS target_place,
           greatest(CASE t.discount_basis WHEN 'list_price' THEN t.list_minor ELSE t.net_minor END, 0) AS weight
    FROM base AS d JOIN net_target AS t USING (invoice_id)
    WHERE d.role = 'INVOICE_DISCOUNT'
""")

_ALLOCATIONS = """
WITH share AS (SELECT * FROM group_share UNION ALL SELECT * FROM invoice_share),
received AS (SELECT target_id AS line_id, sum(share_minor) AS share_minor FROM share GROUP BY ALL),
given AS (SELECT discount_id AS line_id, count(*) AS targets, min(target_id) AS target_id FROM share GROUP BY ALL),
outcome AS (
    SELECT base.*, invoice.entity_id, invoice.customer_id, invoice.contract_id, invoice.invoice_number, invoice.status,
           invoice.accounting_date, given.targets, given.target_id,
           CASE WHEN base.role = 'TARGET' THEN base.net_total_minor + coalesce(received.share_minor, 0) ELSE 0 END AS ends_with,
           CASE WHEN NOT invoice.posts THEN 'NOT_POSTED'
                WHEN base.role = 'GROUP_DISCOUNT' THEN 'NETTED'
                WHEN base.role = 'INVOICE_DISCOUNT' THEN 'ALLOCATED'
                WHEN ends_with = 0 THEN 'NOTHING_TO_RECOGNIZE'
                ELSE 'RECOGNIZED' END AS disposition
    FROM base JOIN invoice USING (invoice_id)
    LEFT JOIN received USING (line_id) LEFT JOIN given USING (line_id)
)
SELECT entity_id AS entity, currency, customer_id, product_id, contract_id, invoice_id, invoice_number, status AS invoice_status,
       accounting_date, line_id, group_id, kind, net_total_minor AS net_minor,
       CAST(CASE WHEN disposition = 'RECOGNIZED' THEN ends_with ELSE 0 END AS BIGINT) AS allocated_minor,
       disposition,
       CASE disposition
           WHEN 'NOT_POSTED' THEN format('invoice is {}', status)
           WHEN 'NETTED' THEN format('netted into {} line(s) of its group', targets)
           WHEN 'ALLOCATED' THEN format('allocated over {} line(s) of the invoice', targets)
           WHEN 'NOTHING_TO_RECOGNIZE' THEN 'nothing is left after discounts'
           ELSE '' END AS reason,
       CASE WHEN disposition = 'RECOGNIZED' THEN invoice_id || '/' || line_id
            WHEN disposition IN ('NETTED', 'ALLOCATED') AND targets = 1 THEN invoice_id || '/' || target_id END AS obligation_id,
       CASE WHEN role = 'TARGET' THEN method END AS recognition_method,
       service_period_start AS service_start, service_period_end AS service_end, recognition_date, landed_file, landed_row
FROM outcome
ORDER BY invoice_id, place
"""
