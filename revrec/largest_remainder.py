"""An amount shared out to the minor unit, in SQL: what every allocation of SPEC 3 rests on.

What belongs here: the macro. What does not: which amounts are shared out, over what and by which weights
(`revrec.discounts`, `revrec.bundles`, `revrec.minimum_fees`, `revrec.amendments.credit_note_shares`).
"""

# largest_remainder(pairs): (source_id, target_id, share_minor), the shares of each amount over its targets; they add up
# to it exactly and have its sign. `pairs` names a table of source_id, total_minor, target_id, weight >= 0; weights that
# are all 0 count as equal. Ties go to the earlier line: the one with the smaller id, shorter ids first, so that li_2
# stands before li_10; the order of rows in a landed file must not matter. Amounts are absolute: integer division of
# negatives rounds differently from one engine to the next.
LARGEST_REMAINDER = """
CREATE MACRO largest_remainder(pairs) AS TABLE
WITH weighted AS (
    SELECT source_id, target_id, CAST(abs(total_minor) AS HUGEINT) AS amount, sign(total_minor) AS direction,
           CASE WHEN sum(weight) OVER d = 0 THEN 1 ELSE weight END AS weight,
           CASE WHEN sum(weight) OVER d = 0 THEN count(*) OVER d ELSE sum(weight) OVER d END AS total
    FROM query_table(pairs) WINDOW d AS (PARTITION BY source_id)
), cut AS (
    SELECT *, amount * weight // total AS quotient, amount * weight % total AS remainder FROM weighted
), ranked AS (
    SELECT *, amount - sum(quotient) OVER (PARTITION BY source_id) AS left_over,
           row_number() OVER (PARTITION BY source_id ORDER BY remainder DESC, length(target_id), target_id) AS place
    FROM cut
)
SELECT source_id, target_id,
       CAST(direction * (quotient + CASE WHEN place <= left_over THEN 1 ELSE 0 END) AS BIGINT) AS share_minor
FROM ranked
"""
