"""Bundles: the total of several lines, shared out by standalone selling price (SPEC 3, rule 4).

What belongs here: which lines are a bundle's, what they must have, their parts. What does not: discounts, which come
off first (`revrec.discounts`), and how shares are rounded (`revrec.largest_remainder`).

The queries run on the tables that `revrec.line_allocations` prepares in DuckDB. Source: ASC 606-10-32-31, IFRS 15.76
(the transaction price is allocated on a relative standalone selling price basis).
"""

from revrec.rules import line_rule

# The lines of bundles, of one invoice each. A discount in a bundle's group is netted before; a minimum fee is about the
# lines it covers, not one of them.
BUNDLED = """
CREATE TABLE bundled AS
FROM line WHERE bundle_id IS NOT NULL AND role = 'TARGET' AND kind <> 'MINIMUM_FEE'
"""

BUNDLE_RULES = (
    line_rule(
        "a_bundled_line_has_a_standalone_selling_price",
        "standalone_selling_price IS NULL OR standalone_selling_price_minor <= 0",
        "standalone_selling_price",
        """format('the line of bundle {} has no standalone selling price above 0 to share the bundle''s total by',
                  bundle_id)""",
        "'give the line a standalone_selling_price, or take it out of the bundle'",
        table="bundled",
    ),
    line_rule(
        "a_bundled_line_is_not_negative",
        "net_total_minor < 0",
        "net_total",
        "format('the line of bundle {} is negative and lowers no line of its group', bundle_id)",
        "'give the discount the group_id of the line that it lowers, or take it out of the bundle'",
        table="bundled",
    ),
)

# On `bundled`, `received` and `rejected`: `bundle_share`, what each line of a bundle ends with. Line ids stand once in
# a month, so the first one of a bundle can name it.
BUNDLE_SHARES = (
    """
    CREATE TABLE bundle_pair AS
    SELECT min(line_id) OVER b AS source_id, sum(net_total_minor + coalesce(received_minor, 0)) OVER b AS total_minor,
           line_id AS target_id, standalone_selling_price_minor AS weight
    FROM bundled ANTI JOIN rejected USING (invoice_id) LEFT JOIN received USING (line_id)
    WINDOW b AS (PARTITION BY invoice_id, bundle_id)
    """,
    "CREATE TABLE bundle_share AS FROM largest_remainder('bundle_pair')",
)
