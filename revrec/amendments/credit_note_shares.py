"""How a credit note's lines are shared out over obligations, and what is left of those (SPEC 4).

What belongs here: the obligations each line bears on, its exact shares, and the order in which notes use an obligation
up. What does not: which notes are sound otherwise (`revrec.amendments.credit_note_rules`).

Tables made here: `note_share` (month, note_id, row_id, obligation_id, line_id, product_id, share_minor <> 0),
`unshared_line` (lines without any obligation) and `note_credit` (one row per note and obligation).
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

import pyarrow as pa

from revrec.amendments.workspace import Workspace
from revrec.largest_remainder import LARGEST_REMAINDER
from revrec.money import to_text

_CREDITING_LINE = """
CREATE TABLE crediting_line AS
SELECT l.*, b.disposition AS line_disposition, b.reason AS line_reason, b.obligation_id AS line_obligation_id,
       b.group_id AS line_group_id
FROM note_line AS l ANTI JOIN rejected_note USING (month, note_id)
LEFT JOIN billed AS b ON b.invoice_id = l.invoice_id AND b.line_id = l.invoice_line_item_id
WHERE l.newer_month IS NULL AND l.posts AND NOT l.standalone AND l.net_total_minor <> 0
"""

# A line that names an invoice line credits its obligations; a discount's, those the discount lowered. One that names
# none credits the invoice's obligations of its product. What is negative already is credited only where it is named
# itself. One join per way, each by equality: an invoice may have 100,000 lines, and a note for each of them.
_PAIR = """
CREATE TABLE note_pair AS
WITH candidate AS (FROM part WHERE allocated_minor > 0)
SELECT l.*, p.obligation_id, p.line_id, p.product_id AS obligation_product_id, p.allocated_minor
FROM crediting_line AS l JOIN part AS p ON p.invoice_id = l.invoice_id AND p.line_id = l.invoice_line_item_id
UNION ALL
SELECT l.*, p.obligation_id, p.line_id, p.product_id, p.allocated_minor
FROM crediting_line AS l JOIN part AS p ON p.obligation_id = l.line_obligation_id
WHERE l.line_disposition IN ('NETTED', 'ALLOCATED')
UNION ALL
SELECT l.*, p.obligation_id, p.line_id, p.product_id, p.allocated_minor
FROM crediting_line AS l JOIN candidate AS p ON p.invoice_id = l.invoice_id AND p.group_id = l.line_group_id
WHERE l.line_disposition = 'NETTED' AND l.line_obligation_id IS NULL
UNION ALL
SELECT l.*, p.obligation_id, p.line_id, p.product_id, p.allocated_minor
FROM crediting_line AS l JOIN candidate AS p ON p.invoice_id = l.invoice_id
WHERE l.line_disposition = 'ALLOCATED' AND l.line_obligation_id IS NULL
UNION ALL
SELECT l.*, p.obligation_id, p.line_id, p.product_id, p.allocated_minor
FROM crediting_line AS l JOIN candidate AS p ON p.invoice_id = l.invoice_id
WHERE l.invoice_line_item_id IS NULL AND (l.product_id IS NULL OR l.product_id = p.product_id)
"""

_WEIGHTED = """
CREATE TABLE note_weight AS
SELECT {month: month, note_id: note_id, row_id: row_id} AS source_id, net_total_minor AS total_minor,
       obligation_id AS target_id, greatest(allocated_minor, 0) AS weight
FROM note_pair
"""

_SHARE = """
CREATE TABLE note_share AS
SELECT pair.month, pair.note_id, pair.row_id, obligation_id, line_id, obligation_product_id AS product_id, share_minor
FROM largest_remainder('note_weight') AS shared
JOIN note_pair AS pair
    ON pair.month = shared.source_id.month AND pair.note_id = shared.source_id.note_id
       AND pair.row_id = shared.source_id.row_id AND pair.obligation_id = shared.target_id
WHERE share_minor <> 0
"""

_UNSHARED = "CREATE TABLE unshared_line AS FROM crediting_line ANTI JOIN note_pair USING (month, note_id, row_id)"

_CREDIT = """
CREATE TABLE note_credit AS
WITH credited AS (
    SELECT month, note_id, obligation_id, sum(share_minor) AS credited_minor FROM note_share
    GROUP BY month, note_id, obligation_id
), obligation AS (SELECT obligation_id, any_value(allocated_minor) AS allocated_minor FROM part GROUP BY obligation_id)
SELECT note.*, obligation_id, CAST(credited_minor AS BIGINT) AS credited_minor, obligation.allocated_minor
FROM credited JOIN note USING (month, note_id) JOIN obligation USING (obligation_id)
"""

# Only obligations of which all notes together take more than there is: all others need no order.
_OVERDRAWN = """
WITH sound AS (FROM note_credit ANTI JOIN rejected_note USING (month, note_id)),
overdrawn AS (
    SELECT obligation_id FROM sound GROUP BY obligation_id HAVING sum(credited_minor) > any_value(allocated_minor)
)
SELECT month, note_id, obligation_id, credited_minor, allocated_minor, currency
FROM sound SEMI JOIN overdrawn USING (obligation_id)
ORDER BY accounting_date, length(note_id), note_id, length(obligation_id), obligation_id
"""

_EXCEEDS = """
INSERT INTO fault
SELECT 'credit_notes', home, note.month, note_id, note_id, landed_file, landed_row, 'net_total',
       amount_text(net_total_minor, exponent), refused.reason,
       'land a credit note of what is left, or correct the ones before it', {order}
FROM refused JOIN note USING (month, note_id)
"""


def share_out(work: Workspace) -> None:
    """Share out the lines of every note in `note_line` that posts and is not in `rejected_note`."""
    work.run(_CREDITING_LINE, _PAIR, LARGEST_REMAINDER, _WEIGHTED, _SHARE, _UNSHARED, _CREDIT)


def refuse_what_exceeds(work: Workspace, order: int) -> None:
    """Note as faults the notes that take more than what the sound ones before them have left (SPEC 4).

    Args:
        work: with `note_credit` and an up-to-date `rejected_note`.
        order: the place of this rule among the rules.
    """
    refused = _refused(work.rows(_OVERDRAWN))
    work.table(
        "refused",
        month=[month for month, _ in refused],
        note_id=[note for _, note in refused],
        reason=pa.array(refused.values(), pa.string()),
    )
    work.run(_EXCEEDS.format(order=order))


def _refused(note_credits: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """The notes that exceed an obligation, with the reason; rows of a note are consecutive, notes in their order."""
    left: dict[str, int] = {}
    refused: dict[tuple[str, str], str] = {}
    for key, rows in groupby(note_credits, lambda row: (str(row["month"]), str(row["note_id"]))):
        wanted = {str(row["obligation_id"]): row for row in rows}
        for obligation, row in wanted.items():
            left.setdefault(obligation, row["allocated_minor"])
        short = [name for name, row in wanted.items() if row["credited_minor"] > left[name]]
        if short:
            row, currency = wanted[short[0]], str(wanted[short[0]]["currency"])
            refused[key] = (
                f"it credits {to_text(row['credited_minor'], currency)} {currency} of {short[0]}, "
                f"of which {to_text(left[short[0]], currency)} is left"
            )
            continue
        for obligation, row in wanted.items():
            left[obligation] -= row["credited_minor"]
    return refused
