"""Milestones: which line each completion releases, and how much of it (SPEC 2, MILESTONE).

What belongs here: joining milestones with their lines, the rules a milestone must keep, the rows that follow. What does
not: the arithmetic of the releases (`revrec.amendments.milestone_releases`).

Table made here: `milestone` (one row per landed row, with the facts of its line).
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import pyarrow as pa

from revrec.amendments.milestone_releases import MAX_PERCENT_DECIMALS, Completion, Line, Release, releases
from revrec.amendments.rules import AmendmentRule, amount_rule, arrival_rules, collect, line_rules
from revrec.amendments.workspace import Workspace

_MILESTONE = """
CREATE TABLE milestone AS
SELECT m.*, m.id AS document_id, m.id AS row_id, newer.newer_month, door.reason AS rejected_version,
       line.line_id IS NOT NULL AS line_found, line_home.line_invoices, quarantined_line.line_quarantine,
       coalesce(line.month, m.month) AS home, line.* EXCLUDE (month, landed_file, landed_row, accounting_date),
       currency.exponent, minor(m.amount, currency.exponent) AS amount_minor
FROM raw_milestones AS m
LEFT JOIN newer_milestones AS newer ON newer.month = m.month AND newer.id = m.id
LEFT JOIN door_milestones AS door ON door.month = m.month AND door.id = m.id
LEFT JOIN line_home ON line_home.line_id = m.invoice_line_item_id
LEFT JOIN billed AS line ON line.line_id = m.invoice_line_item_id AND line.invoice_id = line_home.invoice_id
LEFT JOIN currency ON currency.currency = line.currency
LEFT JOIN quarantined_line ON quarantined_line.line_id = m.invoice_line_item_id
"""


def _rule(name: str, condition: str, field: str, reason: str, action: str) -> AmendmentRule:
    return AmendmentRule(name, "milestones", "milestone", condition, field, reason, action)


_CORRECT = "'correct the milestone and land it again'"

# The text passed `revrec.money.AMOUNT_PATTERN`; compared only, never divided.
_PERCENT = f"CAST(percent AS DECIMAL(38, {MAX_PERCENT_DECIMALS}))"

MILESTONE_RULES: tuple[AmendmentRule, ...] = (
    *arrival_rules("milestones", "milestone", "milestone"),
    *line_rules("milestones", "milestone"),
    _rule(
        "its_line_is_earned_by_milestones",
        "line_found AND coalesce(recognition_method, '') <> 'MILESTONE'",
        "invoice_line_item_id",
        """format('invoice line {} is not recognized by MILESTONE but by {}', invoice_line_item_id,
                  coalesce(recognition_method, 'the lines it lowers'))""",
        "'correct invoice_line_item_id, or the line''s recognition_method'",
    ),
    _rule(
        "it_has_an_amount_or_a_percentage",
        "(amount IS NULL) = (percent IS NULL)",
        "amount",
        """CASE WHEN amount IS NULL THEN 'the milestone has neither amount nor percent'
                ELSE format('the milestone has both amount {} and percent {}', amount, percent) END""",
        "'give one of the two'",
    ),
    amount_rule("milestones", "milestone", "amount", "line_found"),
    _rule(
        "its_percentage_has_few_decimals",
        f"percent IS NOT NULL AND decimals_of(percent) > {MAX_PERCENT_DECIMALS}",
        "percent",
        f"format('percent {{}} has more than {MAX_PERCENT_DECIMALS} decimals', percent)",
        _CORRECT,
    ),
    _rule(
        "its_percentage_is_a_part_of_the_whole",
        f"decimals_of(percent) <= {MAX_PERCENT_DECIMALS} AND NOT ({_PERCENT} > 0 AND {_PERCENT} <= 100)",
        "percent",
        "format('percent {} is not more than 0 and at most 100', percent)",
        _CORRECT,
    ),
    _rule(
        "its_amount_is_a_part_of_the_line",
        "line_found AND amount_minor IS NOT NULL AND sign(amount_minor) * sign(net_minor) <> 1",
        "amount",
        """CASE WHEN amount_minor = 0 THEN 'the milestone has the amount 0'
                WHEN net_minor = 0 THEN format('invoice line {} has the amount 0', invoice_line_item_id)
                ELSE format('amount {} has not the sign of invoice line {}, which is {} {}', amount,
                            invoice_line_item_id, amount_text(net_minor, exponent), currency) END""",
        "'correct the amount, or give a percent'",
    ),
)

# Lines of drafts release nothing: which of the milestones would exceed them is settled once they are issued.
_COMPLETIONS = """
SELECT invoice_id, line_id, currency, net_minor, allocated_minor, landed_file, landed_row, row_id, amount_minor, percent
FROM milestone ANTI JOIN (FROM fault WHERE dataset = 'milestones') AS faulty USING (landed_file, landed_row)
WHERE newer_month IS NULL AND disposition = 'RECOGNIZED'
ORDER BY invoice_id, line_id, completed_on, length(row_id), row_id
"""

_EXCEEDS = """
INSERT INTO fault
SELECT 'milestones', home, month, document_id, row_id, landed_file, landed_row,
       if(amount IS NULL, 'percent', 'amount'), coalesce(amount, percent), released.reason,
       'correct the milestone, or those before it', {order}
FROM milestone JOIN released USING (landed_file, landed_row) WHERE released.amount_minor IS NULL
"""

_ROWS = """
INSERT INTO amendment BY NAME
WITH outcome AS (
    SELECT m.* EXCLUDE (disposition, reason, amount_minor), m.reason AS line_reason,
           released.amount_minor AS released_minor,
           CASE WHEN newer_month IS NOT NULL THEN 'SUPERSEDED' WHEN m.disposition <> 'RECOGNIZED' THEN m.disposition
                WHEN released.amount_minor = 0 THEN 'NOTHING_TO_RECOGNIZE' ELSE 'APPLIED' END AS disposition
    FROM milestone AS m LEFT JOIN released USING (landed_file, landed_row)
    ANTI JOIN (FROM fault WHERE dataset = 'milestones') AS faulty USING (landed_file, landed_row)
)
SELECT CASE WHEN disposition = 'SUPERSEDED' THEN month ELSE home END AS home, 'MILESTONE' AS event, disposition,
       CASE WHEN disposition = 'SUPERSEDED' THEN format('a later version of the milestone landed in {}', newer_month)
            WHEN disposition = 'APPLIED' THEN ''
            WHEN released_minor = 0 THEN 'rounds to nothing: a later milestone of the line releases it'
            ELSE line_reason END AS reason,
       CASE WHEN disposition = 'APPLIED' THEN obligation_id END AS obligation_id, invoice_line_item_id AS line_id,
       completed_on AS event_date, coalesce(released_minor, 0) AS amount_minor,
       coalesce(outcome.entity, home_entity.entity) AS entity, coalesce(currency, '') AS currency,
       coalesce(customer_id, '') AS customer_id, product_id, coalesce(invoice_id, '') AS invoice_id,
       coalesce(invoice_number, '') AS invoice_number, document_id, document_id AS document_number, row_id,
       'milestones' AS landed_dataset, landed_file, landed_row
FROM outcome CROSS JOIN home_entity
"""


def resolve_milestones(work: Workspace) -> None:
    """Turn every milestone into a row of `amendment` or rows of `fault`."""
    work.run(_MILESTONE)
    collect(work, MILESTONE_RULES)
    rows = work.rows(_COMPLETIONS)
    found = list(_released(rows))
    work.table(
        "released",
        landed_file=[str(row["landed_file"]) for row in rows],
        landed_row=pa.array([row["landed_row"] for row in rows], pa.int64()),
        amount_minor=pa.array([release.amount_minor for release in found], pa.int64()),
        reason=[release.fault for release in found],
    )
    work.run(_EXCEEDS.format(order=len(MILESTONE_RULES)), _ROWS)


def _released(rows: list[dict[str, Any]]) -> Iterator[Release]:
    """One release per row; rows of a line are consecutive, in order of completion."""
    for _, group in groupby(rows, lambda row: (row["invoice_id"], row["line_id"])):
        completions = list(group)
        first = completions[0]
        line = Line(first["line_id"], first["currency"], first["net_minor"], first["allocated_minor"])
        yield from releases(line, [_completion(row) for row in completions])


def _completion(row: Mapping[str, Any]) -> Completion:
    if row["percent"] is not None:
        return Completion(percent=str(row["percent"]))
    return Completion(amount_minor=row["amount_minor"])
