"""Whether every landed row is accounted for: nothing lost, nothing twice, no exclusion without a reason.

What belongs here: counting landed rows beside what became of them. What does not: sums of money
(`revrec.reconciliation`), deciding what a difference means (the asset checks).
"""

import duckdb
import pyarrow as pa

from revrec.reconciliation import Source, query


def lines_accounted_for(
    connection: duckdb.DuckDBPyConnection, lines: Source, allocations: Source, obligations: Source, rejected: Source
) -> pa.Table:
    """Whether each landed line has exactly one obligation or one recorded exclusion (DESIGN, Checks).

    A minimum fee has an obligation per line that it covers (SPEC 3): as many as it was allocated to.

    Args:
        connection: a DuckDB database.
        lines: id, kind, landed_file, landed_row of every line that was read.
        allocations: line_id, disposition, reason.
        obligations: line_id of what invoices bring, without credit notes and voids.
        rejected: landed_file, landed_row of lines in quarantine.

    Returns:
        one row: lines, with_obligation, excluded, quarantined, unaccounted, accounted_twice, without_reason, and
        never_landed: obligations and allocations of lines that were not read.
    """
    sources = {"line": lines, "allocation": allocations, "obligation": obligations, "rejected_row": rejected}
    return query(connection, _LINES_ACCOUNTED_FOR, sources)


_LINES_ACCOUNTED_FOR = """
WITH obliged AS (SELECT line_id AS id, count(*) AS obligations FROM obligation GROUP BY line_id),
allocated AS (
    SELECT line_id AS id, count(*) FILTER (disposition <> 'RECOGNIZED') AS exclusions,
           count(*) FILTER (disposition = 'RECOGNIZED') AS parts
    FROM allocation GROUP BY line_id
),
quarantined AS (SELECT DISTINCT landed_file, landed_row, 1 AS rejections FROM rejected_row),
found AS (
    -- all parts of a fee are accounted for as one, a part too few as none, a part too many as two
    SELECT CASE WHEN kind = 'MINIMUM_FEE' AND obligations > 0 THEN 1 + sign(obligations - coalesce(parts, 0))
                ELSE coalesce(obligations, 0) END AS obligations,
           coalesce(allocated.exclusions, 0) AS exclusions,
           coalesce(quarantined.rejections, 0) AS rejections
    FROM line LEFT JOIN obliged USING (id) LEFT JOIN allocated USING (id)
    LEFT JOIN quarantined USING (landed_file, landed_row)
)
SELECT count(*) AS lines, count(*) FILTER (obligations = 1) AS with_obligation,
       count(*) FILTER (exclusions = 1) AS excluded, count(*) FILTER (rejections = 1) AS quarantined,
       count(*) FILTER (obligations + exclusions + rejections = 0) AS unaccounted,
       count(*) FILTER (obligations + exclusions + rejections > 1) AS accounted_twice,
       (SELECT count(*) FROM allocation WHERE disposition <> 'RECOGNIZED' AND reason = '') AS without_reason,
       (SELECT count(*) FROM (FROM obliged ANTI JOIN line USING (id)))
       + (SELECT count(*) FROM (FROM allocated ANTI JOIN line USING (id))) AS never_landed
FROM found
"""


def documents_accounted_for(
    connection: duckdb.DuckDBPyConnection, landed: Source, amendments: Source, rejected: Source
) -> pa.Table:
    """Per dataset, whether each landed row of a document that is not an invoice bears on something, is excluded with a
    reason, or is in quarantine: exactly one of these.

    Args:
        connection: a DuckDB database.
        landed: dataset, landed_file, landed_row of every row that was read.
        amendments: landed_dataset, landed_file, landed_row, disposition, reason of all document months.
        rejected: landed_file, landed_row in quarantine.

    Returns:
        dataset, rows, amending, excluded, quarantined, unaccounted, accounted_twice, without_reason.
    """
    sources = {"landed_row": landed, "amendment": amendments, "rejected_row": rejected}
    return query(connection, _DOCUMENTS_ACCOUNTED_FOR, sources)


_DOCUMENTS_ACCOUNTED_FOR = """
WITH amended AS (
    SELECT landed_file, landed_row, bool_or(amends) AS amends, bool_or(NOT amends) AS is_excluded,
           bool_or(NOT amends AND reason = '') AS is_silent
    FROM (SELECT *, disposition IN ('APPLIED', 'STANDALONE', 'ACCRUED', 'TAKEN_OVER') AS amends FROM amendment)
    GROUP BY ALL
), found AS (
    SELECT dataset, CAST(coalesce(amends, false) AS INT) AS amending,
           CAST(coalesce(is_excluded, false) AS INT) AS excluded,
           CAST(rejected.landed_row IS NOT NULL AS INT) AS quarantined, coalesce(is_silent, false) AS is_silent
    FROM landed_row LEFT JOIN amended USING (landed_file, landed_row)
    LEFT JOIN (SELECT DISTINCT landed_file, landed_row FROM rejected_row) AS rejected USING (landed_file, landed_row)
)
SELECT dataset, count(*) AS rows, sum(amending)::BIGINT AS amending, sum(excluded)::BIGINT AS excluded,
       sum(quarantined)::BIGINT AS quarantined,
       count(*) FILTER (amending + excluded + quarantined = 0) AS unaccounted,
       count(*) FILTER (greatest(amending, excluded) + quarantined > 1) AS accounted_twice,
       count(*) FILTER (is_silent) AS without_reason
FROM found GROUP BY ALL ORDER BY ALL
"""
