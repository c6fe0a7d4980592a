"""Discounts: which lines each falls to, and how much of it (SPEC 3, rules 1 and 2).

What belongs here: the roles of an invoice's lines, and the shares of its discounts. What does not: where lines come
from and what becomes of them (`revrec.line_allocations`).

The queries run on the tables that `revrec.line_allocations` prepares in DuckDB. Most invoices have no discount: only
those that have one are looked at twice.
"""

# A line that lowers its invoice. One of 0.00 does where its kind says so: it must not make its group one that charges.
_LOWERS = """
CREATE MACRO lowers(net_minor, kind) AS coalesce(net_minor < 0 OR (kind = 'DISCOUNT' AND net_minor = 0), false)
"""

# From `typed_line` to `line`, which has the lines' roles. A group is a line item group of one invoice. Lowering lines
# of a group that also charges are its discounts; in a group that charges nothing, those without a product are for the
# whole invoice, and those with one are credits of their own: targets, like every charge.
_LINE = """
CREATE TABLE line AS
WITH lowering AS (SELECT DISTINCT invoice_id, group_id FROM typed_line WHERE lowers(net_total_minor, kind)),
charging AS (
    SELECT DISTINCT invoice_id, group_id FROM typed_line SEMI JOIN lowering USING (invoice_id, group_id)
    WHERE NOT lowers(net_total_minor, kind)
)
SELECT typed_line.*,
       CASE WHEN NOT lowers(net_total_minor, kind) THEN 'TARGET'
            WHEN charging.group_id IS NOT NULL THEN 'GROUP_DISCOUNT'
            WHEN product_id IS NULL THEN 'INVOICE_DISCOUNT'
            ELSE 'TARGET' END AS role
FROM typed_line LEFT JOIN charging USING (invoice_id, group_id)
"""

# The lines of sound invoices with a discount. Documents older than the policy's first version follow the first version.
_DISCOUNTED = """
CREATE TABLE discounted AS
WITH rule AS (
    SELECT discount_basis, if(effective_from = min(effective_from) OVER (), DATE '0001-01-01', effective_from) AS since
    FROM version
), dated AS (
    SELECT line.*, invoice.accounting_date, coalesce(list_price_minor, line.net_total_minor) AS list_minor
    FROM line
    SEMI JOIN (SELECT invoice_id FROM line WHERE role <> 'TARGET') AS lowered USING (invoice_id)
    ANTI JOIN rejected USING (invoice_id)
    JOIN invoice USING (invoice_id)
)
SELECT dated.*, rule.discount_basis FROM dated ASOF JOIN rule ON dated.accounting_date >= rule.since
"""

# largest_remainder(pairs): shares of each discount over its targets, adding up to it exactly (SPEC 3). `pairs` names a
# table of discount_id, discount_minor <= 0, target_id, weight >= 0. Ties go to the earlier line: the one with the
# smaller id, shorter ids first, so that li_2 stands before li_10; the order of rows in a landed file must not matter.
# Amounts are absolute: integer division of negatives rounds differently from one engine to the next.
_LARGEST_REMAINDER = """
CREATE MACRO largest_remainder(pairs) AS TABLE
WITH weighted AS (
    SELECT discount_id, target_id, CAST(-discount_minor AS HUGEINT) AS discount,
           CASE WHEN sum(weight) OVER d = 0 THEN 1 ELSE weight END AS weight,
           CASE WHEN sum(weight) OVER d = 0 THEN count(*) OVER d ELSE sum(weight) OVER d END AS total
    FROM query_table(pairs) WINDOW d AS (PARTITION BY discount_id)
), cut AS (
    SELECT *, discount * weight // total AS quotient, discount * weight % total AS remainder FROM weighted
), ranked AS (
    SELECT *, discount - sum(quotient) OVER (PARTITION BY discount_id) AS left_over,
           row_number() OVER (PARTITION BY discount_id ORDER BY remainder DESC, length(target_id), target_id) AS place
    FROM cut
)
SELECT discount_id, target_id,
       CAST(-(quotient + CASE WHEN place <= left_over THEN 1 ELSE 0 END) AS BIGINT) AS share_minor
FROM ranked
"""

# A discount goes to the charges of its group that are nearest to it: of its product and period where there are such,
# else of its product, else of its period, else all of them.
_GROUP_PAIRS = """
CREATE TABLE group_pair AS
SELECT d.line_id AS discount_id, d.net_total_minor AS discount_minor, t.line_id AS target_id,
       greatest(CASE t.discount_basis WHEN 'list_price' THEN t.list_minor ELSE t.net_total_minor END, 0) AS weight,
       2 * (d.product_id IS NOT DISTINCT FROM t.product_id)::INT
       + (d.service_period_start IS NOT DISTINCT FROM t.service_period_start
          AND d.service_period_end IS NOT DISTINCT FROM t.service_period_end)::INT AS nearness
FROM discounted AS d JOIN discounted AS t USING (invoice_id, group_id)
WHERE d.role = 'GROUP_DISCOUNT' AND t.role = 'TARGET'
QUALIFY nearness = max(nearness) OVER (PARTITION BY d.line_id)
"""

# Net prices are those after product-level discounts.
_INVOICE_PAIRS = """
CREATE TABLE invoice_pair AS
WITH netted AS (SELECT target_id, sum(share_minor) AS share_minor FROM group_share GROUP BY target_id)
SELECT d.line_id AS discount_id, d.net_total_minor AS discount_minor, t.line_id AS target_id,
       greatest(CASE t.discount_basis WHEN 'list_price' THEN t.list_minor
                                      ELSE t.net_total_minor + coalesce(netted.share_minor, 0) END, 0) AS weight
FROM discounted AS d JOIN discounted AS t USING (invoice_id)
LEFT JOIN netted ON netted.target_id = t.line_id
WHERE d.role = 'INVOICE_DISCOUNT' AND t.role = 'TARGET'
"""

# In this order, on `typed_line`: the table `line`, with the lines' roles.
LINE_ROLES = (_LOWERS, _LINE)

# In this order, on `line`, `invoice`, `rejected` and `version`: the tables `discounted`, the lines of invoices with a
# discount, and `share`: discount_id, target_id, share_minor <= 0.
DISCOUNT_SHARES = (
    _DISCOUNTED,
    _LARGEST_REMAINDER,
    _GROUP_PAIRS,
    "CREATE TABLE group_share AS FROM largest_remainder('group_pair')",
    _INVOICE_PAIRS,
    "CREATE TABLE share AS FROM group_share UNION ALL FROM largest_remainder('invoice_pair')",
)
