"""Credit grants: their purchase, what consumes them, and what expires (SPEC 3, rule 5).

What belongs here: joining grants with their purchases and transactions. What does not: their rules
(`revrec.amendments.credit_grant_rules`), the rows that follow (`revrec.amendments.credit_grant_rows`), the
arithmetic (`revrec.amendments.drawdowns`).

Tables made here: `credit_grant` and `grant_transaction` (one row per landed row, with the facts of the purchase),
`drawdown` (transactions and invoice lines that consume a deferred grant, in order), `drawn` and `breakage` (what came
of them).
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import pyarrow as pa

from revrec.amendments.credit_grant_rows import CREDIT_GRANT_ROWS
from revrec.amendments.credit_grant_rules import GRANT_RULES, TRANSACTION_RULES
from revrec.amendments.drawdowns import Breakage, Drawdown, Drawn, Grant, draw_down
from revrec.amendments.rules import collect
from revrec.amendments.workspace import Workspace

# Where several lines bought it, the earliest that is not void counts.
_PURCHASE = """
CREATE TABLE purchase AS
SELECT credit_grant_id AS grant_id, month AS purchase_month, entity, currency AS purchase_currency,
       customer_id AS purchase_customer_id, product_id AS purchase_product_id, invoice_id, invoice_number, line_id,
       accounting_date AS purchase_date, disposition AS purchase_disposition, reason AS purchase_reason,
       obligation_id, allocated_minor, credit_grant_policy
FROM billed ASOF JOIN policy_version ON billed.accounting_date >= policy_version.since
WHERE kind = 'CREDIT_GRANT' AND credit_grant_id IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY credit_grant_id
                           ORDER BY voided_on IS NOT NULL, accounting_date, length(invoice_id), invoice_id,
                                    length(line_id), line_id) = 1
"""

# Why nothing of a grant is recognized from here on; NULL where it is deferred until consumed.
_CREDIT_GRANT = """
CREATE TABLE credit_grant AS
SELECT g.*, '' AS home, g.id AS document_id, g.id AS row_id, newer.newer_month, door.reason AS rejected_version,
       customer.customer_id IS NOT NULL AS known_customer, currency.exponent, purchase.* EXCLUDE (grant_id),
       CASE WHEN purchase.line_id IS NULL THEN format('credit grant {} was not bought on an invoice', g.id)
            WHEN purchase_disposition = 'NOT_POSTED'
            THEN format('the purchase of credit grant {} is not posted: {}', g.id, purchase_reason)
            WHEN credit_grant_policy = 'recognized_at_grant'
            THEN format('the revenue of credit grant {} was recognized when it was booked', g.id)
            WHEN obligation_id IS NULL
            THEN format('nothing was paid for credit grant {}: {}', g.id, purchase_reason) END AS idle_because,
       coalesce(purchase_disposition = 'NOT_POSTED', false) AS unposted
FROM raw_credit_grants AS g
LEFT JOIN newer_credit_grants AS newer ON newer.month = g.month AND newer.id = g.id
LEFT JOIN door_credit_grants AS door ON door.month = g.month AND door.id = g.id
LEFT JOIN customer USING (customer_id)
LEFT JOIN currency USING (currency)
LEFT JOIN purchase ON purchase.grant_id = g.id
"""

_REJECTED_GRANT = """
CREATE TABLE rejected_grant AS
WITH known AS (
    SELECT document_id, rule, reason FROM fault WHERE dataset = 'credit_grants'
    UNION ALL SELECT id, -1, reason FROM door_credit_grants
)
SELECT document_id AS grant_id, arg_min(reason, (rule, reason)) AS grant_quarantine FROM known GROUP BY document_id
"""

_TRANSACTION = """
CREATE TABLE grant_transaction AS
SELECT t.*, t.id AS document_id, t.id AS row_id, newer.newer_month, door.reason AS rejected_version,
       g.document_id IS NOT NULL AS grant_found, rejected_grant.grant_quarantine, g.currency, g.exponent,
       g.idle_because, g.unposted, minor(t.amount, g.exponent) AS amount_minor,
       line_home.line_id IS NOT NULL AS line_found, line_home.line_invoices, quarantined_line.line_quarantine,
       CASE WHEN g.idle_because IS NULL THEN coalesce(g.purchase_month, t.month) ELSE t.month END AS home
FROM raw_credit_grant_transactions AS t
LEFT JOIN newer_credit_grant_transactions AS newer ON newer.month = t.month AND newer.id = t.id
LEFT JOIN door_credit_grant_transactions AS door ON door.month = t.month AND door.id = t.id
LEFT JOIN credit_grant AS g ON g.document_id = t.credit_grant_id
LEFT JOIN rejected_grant ON rejected_grant.grant_id = t.credit_grant_id
LEFT JOIN line_home ON line_home.line_id = t.invoice_line_item_id
LEFT JOIN quarantined_line ON quarantined_line.line_id = t.invoice_line_item_id
"""

# Sound transactions, and the lines a grant pays that no transaction of the grant names; a voided line gives back. On
# one day what is taken comes before what is given back, else shorter ids first.
_DRAWDOWN = """
CREATE TABLE drawdown AS
WITH deferred AS (
    FROM credit_grant ANTI JOIN (SELECT grant_id AS document_id FROM rejected_grant) USING (document_id)
    WHERE idle_because IS NULL AND newer_month IS NULL
), sound AS (
    FROM grant_transaction ANTI JOIN (FROM fault WHERE dataset = 'credit_grant_transactions') AS faulty
        USING (landed_file, landed_row)
    WHERE newer_month IS NULL
), paid_line AS (
    SELECT line.* FROM billed AS line
    ANTI JOIN (
        SELECT credit_grant_id, invoice_line_item_id AS line_id FROM sound WHERE invoice_line_item_id IS NOT NULL
    ) AS named USING (credit_grant_id, line_id)
    JOIN deferred ON deferred.document_id = line.credit_grant_id AND deferred.currency = line.currency
    WHERE line.kind = 'CHARGE' AND line.credit_grant_minor > 0 AND line.disposition <> 'NOT_POSTED'
), taken AS (
    SELECT credit_grant_id AS grant_id, date, type = 'CREDIT' AS gives_back, amount_minor, false AS is_line,
           false AS is_void, id AS document_id, id AS row_id, invoice_line_item_id AS line_id,
           'credit_grant_transactions' AS landed_dataset, landed_file, landed_row
    FROM sound
    UNION ALL
    SELECT credit_grant_id, accounting_date, false, credit_grant_minor, true, false, invoice_id, line_id, line_id,
           'invoice_line_items', landed_file, landed_row
    FROM paid_line
    UNION ALL
    SELECT credit_grant_id, greatest(voided_on, accounting_date), true, credit_grant_minor, true, true, invoice_id,
           line_id, line_id, 'invoice_line_items', landed_file, landed_row
    FROM paid_line WHERE voided_on IS NOT NULL
)
SELECT taken.*, row_number() OVER (
           ORDER BY grant_id, date, gives_back, length(row_id), row_id, document_id, is_line, is_void) AS drawdown_no
FROM taken SEMI JOIN (SELECT document_id AS grant_id FROM deferred) USING (grant_id)
"""

_IN_ORDER = """
SELECT drawdown_no, d.grant_id, d.date, d.gives_back, d.amount_minor, d.is_line, d.is_void, d.document_id, d.row_id
FROM drawdown AS d ORDER BY drawdown_no
"""

_DEFERRED = """
SELECT document_id, currency, amount_minor, allocated_minor, effective_date, expiry_date
FROM credit_grant ANTI JOIN (SELECT grant_id AS document_id FROM rejected_grant) USING (document_id)
WHERE idle_because IS NULL AND newer_month IS NULL
"""

_REFUSED = """
INSERT INTO fault
SELECT 'credit_grant_transactions', home, month, t.document_id, t.row_id, t.landed_file, t.landed_row, 'amount',
       t.amount, drawn.fault, 'correct the transaction, or those before it', {order}
FROM grant_transaction AS t
JOIN drawdown USING (landed_file, landed_row) JOIN drawn USING (drawdown_no)
WHERE drawdown.landed_dataset = 'credit_grant_transactions' AND drawn.fault IS NOT NULL
"""


def resolve_credit_grants(work: Workspace) -> None:
    """Turn every credit grant and transaction into rows of `amendment` or `fault`."""
    work.run(_PURCHASE, _CREDIT_GRANT)
    collect(work, GRANT_RULES)
    work.run(_REJECTED_GRANT, _TRANSACTION)
    collect(work, TRANSACTION_RULES)
    work.run(_DRAWDOWN)
    _draw_down_all(work)
    work.run(_REFUSED.format(order=len(TRANSACTION_RULES)), *CREDIT_GRANT_ROWS)


def _draw_down_all(work: Workspace) -> None:
    """Make `drawn` (one row per drawdown) and `breakage`."""
    grants = {grant.grant_id: grant for grant in map(_grant, work.rows(_DEFERRED))}
    numbers, drawn, breakages = list[object](), list[Drawn](), list[tuple[str, Breakage, object]]()
    for grant_id, rows in _by_grant(work.rows(_IN_ORDER), grants):
        outcome, expired = draw_down(grants[grant_id], list(_drawdowns(rows)))
        numbers.extend(row["drawdown_no"] for row in rows)
        drawn.extend(outcome)
        breakages.extend(
            (grant_id, item, None if item.cause is None else rows[item.cause]["drawdown_no"]) for item in expired
        )
    work.table(
        "drawn",
        drawdown_no=pa.array(numbers, pa.int64()),
        earned_minor=pa.array([item.amount_minor for item in drawn], pa.int64()),
        fault=[item.fault for item in drawn],
    )
    work.table(
        "breakage",
        grant_id=[grant_id for grant_id, _, _ in breakages],
        date=pa.array([item.date for _, item, _ in breakages], pa.date32()),
        earned_minor=pa.array([item.amount_minor for _, item, _ in breakages], pa.int64()),
        cause_no=pa.array([cause for _, _, cause in breakages], pa.int64()),
    )


def _by_grant(rows: list[dict[str, Any]], grants: Mapping[str, Grant]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every grant with its drawdowns, in order; a grant that nobody has used has none."""
    used = {str(grant_id): list(group) for grant_id, group in groupby(rows, lambda row: row["grant_id"])}
    yield from ((grant_id, used.get(grant_id, [])) for grant_id in sorted(grants))


def _drawdowns(rows: list[dict[str, Any]]) -> Iterator[Drawdown]:
    lines = {(row["document_id"], row["row_id"]): place for place, row in enumerate(rows) if _takes(row)}
    for row in rows:
        yield Drawdown(
            date=row["date"],
            amount_minor=row["amount_minor"],
            gives_back=bool(row["gives_back"]),
            voided_line=lines[row["document_id"], row["row_id"]] if row["is_void"] else None,
            is_line=bool(row["is_line"]),
        )


def _takes(row: Mapping[str, Any]) -> bool:
    return bool(row["is_line"]) and not row["is_void"]


def _grant(row: Mapping[str, Any]) -> Grant:
    return Grant(
        grant_id=row["document_id"],
        currency=row["currency"],
        amount_minor=row["amount_minor"],
        price_minor=row["allocated_minor"],
        effective_date=row["effective_date"],
        expiry_date=row["expiry_date"],
    )
