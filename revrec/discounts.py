"""Discounts: which lines each falls to, and how much of it (SPEC 3, rules 1 and 2).

What belongs here: the roles of an invoice's lines, and the shares of its discounts. What does not: where lines come
from (`revrec.line_allocations`), how shares are rounded (`revrec.largest_remainder`), what else moves amounts between
lines (`revrec.bundles`, `revrec.minimum_fees`).

The queries run on the tables that `revrec.line_allocations` prepares in DuckDB. Most invoices have no discount: only
those that have one are looked at twice.
"""

# A line that lowers its invoice. One of 0.00 does where its kind says so: it must not make its group one that charges.
# A minimum fee never does.
_LOWERS = """
CREATE MACRO lowers(net_minor, kind) AS
    coalesce((net_minor < 0 AND kind <> 'MINIMUM_FEE') OR (kind = 'DISCOUNT' AND net_minor = 0), false)
"""

# A group is a line item group of one invoice. Lowering lines of a group that also charges are its discounts; in a group
# that charges nothing, those without a product are for the whole invoice, and those with one are credits of their own:
# targets, like every charge. Updated in place: most lines are targets, and a copy of all takes as long as reading them.
_ROLES = """
UPDATE line SET role = CASE WHEN of_group.charges THEN 'GROUP_DISCOUNT' ELSE 'INVOICE_DISCOUNT' END
FROM (
    SELECT invoice_id, group_id, bool_or(NOT lowers(net_total_minor, kind)) AS charges FROM line
    SEMI JOIN (SELECT invoice_id, group_id FROM line WHERE lowers(net_total_minor, kind)) AS lowering
    USING (invoice_id, group_id) GROUP BY invoice_id, group_id
) AS of_group
WHERE line.invoice_id = of_group.invoice_id AND line.group_id = of_group.group_id
  AND lowers(net_total_minor, kind) AND (of_group.charges OR product_id IS NULL)
"""

# The lines of sound invoices with a discount. A price is before credit grants: they are how it is paid.
_DISCOUNTED = """
CREATE TABLE discounted AS
WITH dated AS (
    SELECT line.*, invoice.accounting_date, line.net_total_minor + coalesce(credit_grant_amount_minor, 0) AS price_minor
    FROM line
    SEMI JOIN (SELECT invoice_id FROM line WHERE role <> 'TARGET') AS lowered USING (invoice_id)
    ANTI JOIN rejected USING (invoice_id)
    JOIN invoice USING (invoice_id)
)
SELECT dated.*, coalesce(list_price_minor, price_minor) AS list_minor, version.discount_basis
FROM dated ASOF JOIN version ON dated.accounting_date >= version.since
"""

# A discount goes to the charges of its group that are nearest to it: of its product and period where there are such,
# else of its product, else of its period, else all of them; to a minimum fee only where its group has nothing else.
_GROUP_PAIRS = """
CREATE TABLE group_pair AS
SELECT d.line_id AS source_id, d.net_total_minor AS total_minor, t.line_id AS target_id,
       greatest(CASE t.discount_basis WHEN 'list_price' THEN t.list_minor ELSE t.price_minor END, 0) AS weight,
       4 * (t.kind <> 'MINIMUM_FEE')::INT + 2 * (d.product_id IS NOT DISTINCT FROM t.product_id)::INT
       + (d.service_period_start IS NOT DISTINCT FROM t.service_period_start
          AND d.service_period_end IS NOT DISTINCT FROM t.service_period_end)::INT AS nearness
FROM discounted AS d JOIN discounted AS t USING (invoice_id, group_id)
WHERE d.role = 'GROUP_DISCOUNT' AND t.role = 'TARGET'
QUALIFY nearness = max(nearness) OVER (PARTITION BY d.line_id)
"""

# Net prices are those after product-level discounts. A discount of a bundle goes to the bundle's lines.
_INVOICE_PAIRS = """
CREATE TABLE invoice_pair AS
WITH netted AS (SELECT target_id, sum(share_minor) AS share_minor FROM group_share GROUP BY target_id)
SELECT d.line_id AS source_id, d.net_total_minor AS total_minor, t.line_id AS target_id,
       greatest(CASE t.discount_basis WHEN 'list_price' THEN t.list_minor
                                      ELSE t.price_minor + coalesce(netted.share_minor, 0) END, 0) AS weight,
       coalesce(d.bundle_id = t.bundle_id, false) AS of_its_bundle
FROM discounted AS d JOIN discounted AS t USING (invoice_id)
LEFT JOIN netted ON netted.target_id = t.line_id
WHERE d.role = 'INVOICE_DISCOUNT' AND t.role = 'TARGET'
QUALIFY of_its_bundle = bool_or(of_its_bundle) OVER (PARTITION BY d.line_id)
"""

# In this order, on the table `line`: the lines' `role`.
LINE_ROLES = (_LOWERS, "ALTER TABLE line ADD COLUMN role VARCHAR DEFAULT 'TARGET'", _ROLES)

# In this order, on `line`, `invoice`, `rejected` and `version`: the tables `discounted`, the lines of invoices with a
# discount; `share`: source_id (the discount), target_id, share_minor <= 0; `received`: line_id, received_minor, the sum
# of a line's shares.
DISCOUNT_SHARES = (
    _DISCOUNTED,
    _GROUP_PAIRS,
    "CREATE TABLE group_share AS FROM largest_remainder('group_pair')",
    _INVOICE_PAIRS,
    "CREATE TABLE share AS FROM group_share UNION ALL FROM largest_remainder('invoice_pair')",
    """CREATE TABLE received AS
       SELECT target_id AS line_id, sum(share_minor)::BIGINT AS received_minor FROM share GROUP BY target_id""",
)
