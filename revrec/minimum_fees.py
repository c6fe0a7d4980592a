"""Minimum fees and true-ups: an amount allocated over the lines that it tops up (SPEC 3, rule 3).

What belongs here: which lines a fee covers, what it must have, its parts. What does not: discounts, which come off
first (`revrec.discounts`), and how shares are rounded (`revrec.largest_remainder`).

The queries run on the tables that `revrec.line_allocations` prepares in DuckDB. Each part is an obligation, of the
product that it tops up; a fee that covers nothing is an obligation by itself.
"""

from revrec.rules import line_rule

_FEE = "CREATE TABLE fee AS SELECT *, false AS covers FROM line WHERE kind = 'MINIMUM_FEE'"

# A fee covers the charges of its line item group; where there is none and the fee has no product, all charges of the
# invoice. Charges of 0 (a month without usage) are covered where nothing else could tell the fee's product. A price is
# before credit grants: they are how it is paid.
_COVERAGE = """
CREATE TABLE coverage AS
WITH charge AS (
    SELECT *, net_total_minor + coalesce(credit_grant_amount_minor, 0) AS price_minor
    FROM line SEMI JOIN fee USING (invoice_id) WHERE kind = 'CHARGE' AND role = 'TARGET'
), covered AS (
    SELECT fee.invoice_id, fee.line_id AS fee_id, charge.line_id AS target_id, charge.product_id,
           charge.standalone_selling_price_minor AS selling_minor,
           coalesce(charge.list_price_minor, charge.price_minor) AS list_minor,
           coalesce(fee.recognition_date, fee.service_period_end, charge.service_period_end) AS recognition_date,
           2 * (charge.price_minor > 0)::INT + (charge.group_id = fee.group_id)::INT AS nearness
    FROM fee JOIN charge USING (invoice_id)
    WHERE charge.price_minor >= 0
      AND (fee.product_id IS NULL OR (charge.group_id = fee.group_id AND charge.price_minor > 0))
    QUALIFY nearness = max(nearness) OVER (PARTITION BY fee_id)
)
SELECT invoice_id, fee_id, target_id, product_id, recognition_date,
       greatest(CASE WHEN bool_and(selling_minor IS NOT NULL) OVER (PARTITION BY fee_id) THEN selling_minor
                     ELSE list_minor END, 0) AS weight
FROM covered
"""

# On `line`: `fee`, the minimum fees, with `covers`; and `coverage`: each fee with each line it covers.
MINIMUM_FEES = (
    _FEE,
    _COVERAGE,
    "UPDATE fee SET covers = true WHERE line_id IN (SELECT fee_id FROM coverage)",
)

MINIMUM_FEE_RULES = (
    line_rule(
        "a_minimum_fee_raises_the_price",
        "net_total_minor < 0",
        "net_total",
        "format('a MINIMUM_FEE line has the negative amount {}', net_total)",
        "'make the amount positive, or the kind DISCOUNT'",
        table="fee",
    ),
    line_rule(
        "a_minimum_fee_covers_lines_or_has_a_product",
        "invoice_found AND NOT covers AND product_id IS NULL",
        "product_id",
        "'the minimum fee covers no line of its invoice and has no product_id'",
        "'give the fee a product_id, or land the lines it is meant for'",
        table="fee",
    ),
    line_rule(
        "a_minimum_fee_by_itself_has_the_service_period_of_its_method",
        """NOT covers AND product_id IS NOT NULL AND method IN ('STRAIGHT_LINE', 'USAGE')
           AND (service_period_start IS NULL OR service_period_end IS NULL)""",
        "service_period_start",
        "format('the minimum fee is recognized {} and has no service period', method)",
        "'give service_period_start and service_period_end, or no recognition_method'",
        table="fee",
    ),
)

# On `fee`, `coverage`, `received` and `rejected`: `fee_part`, the obligations of each fee that covers lines: line_id
# (the fee's), target_id, part_minor (not 0), product_id, recognition_date, and place from 1 on.
FEE_PARTS = (
    """
    CREATE TABLE fee_pair AS
    SELECT fee_id AS source_id, fee.net_total_minor + coalesce(received_minor, 0) AS total_minor, target_id, weight
    FROM coverage ANTI JOIN rejected USING (invoice_id)
    JOIN fee ON fee.line_id = fee_id LEFT JOIN received ON received.line_id = fee_id
    """,
    "CREATE TABLE fee_share AS FROM largest_remainder('fee_pair')",
    """
    CREATE TABLE fee_part AS
    SELECT fee_id AS line_id, target_id, share_minor AS part_minor, product_id, recognition_date,
           row_number() OVER (PARTITION BY fee_id ORDER BY length(target_id), target_id) AS place
    FROM coverage JOIN (SELECT source_id AS fee_id, target_id, share_minor FROM fee_share) AS shared
    USING (fee_id, target_id)
    WHERE share_minor <> 0
    """,
)
