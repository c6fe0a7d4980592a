"""Implementation projects: invoices that are earned by milestones.

What belongs here: the projects' invoices and the milestones reported for them. What does not: anything else that the
order desk sells.
"""

from collections.abc import Iterator
from datetime import date

from .documents import DISCOUNT, month_of
from .landing import Placed
from .orders import Order, OrderLine, charge, line_id, order

# Order, what was completed and when, and what that releases: an amount, or a percentage of the line.
_COMPLETED = (
    # Before the invoice of 10 February and after it, by amount; the three make up the line.
    ("migration", "plan", date(2025, 1, 28), "6000.00", None),
    ("migration", "data", date(2025, 3, 31), "10000.00", None),
    ("migration", "handover", date(2025, 6, 13), "8000.00", None),
    # Two before the invoice of 30 June, one after it, by percentage.
    ("warehouse", "design", date(2025, 5, 9), None, "30"),
    ("warehouse", "build", date(2025, 6, 20), None, "45"),
    ("warehouse", "acceptance", date(2025, 9, 12), None, "25"),
    # Unfinished at the year's end: 33.4 percent are open.
    ("sign_on", "design", date(2025, 10, 8), None, "33.3"),
    ("sign_on", "build", date(2025, 11, 26), None, "33.3"),
    # Of an invoice that is still a draft: nothing posts.
    ("audit_trail", "kick_off", date(2025, 12, 15), None, "50"),
)
# First reported as of 6 June; the report that landed in July says 20 June.
_FIRST_REPORTED = ("warehouse", "build", date(2025, 6, 6), None, "45")
_REPORTED_LATER = "2025-07"


def project_orders() -> Iterator[Order]:
    """Yield the invoices of the projects."""
    migration = charge("prod_project", "data migration", 24_000_00)
    off = OrderLine(
        group=migration.group,
        product_id="prod_project",
        kind=DISCOUNT,
        title="Discount 10% on the data migration",
        amount_minor=-2_400_00,
    )
    yield order("migration", "cus_012", date(2025, 2, 10), migration, off, status="PAID")
    warehouse = charge("prod_project", "warehouse integration", 15_500_00)
    yield order("warehouse", "cus_022", date(2025, 6, 30), warehouse, status="PAID")
    yield order("sign_on", "cus_007", date(2025, 9, 15), charge("prod_project", "single sign-on", 9_999_99))
    audit_trail = charge("prod_project", "audit trail", 5_000_00)
    yield order("audit_trail", "cus_038", date(2025, 12, 11), audit_trail, status="DRAFT")


def milestone_rows() -> Iterator[Placed]:
    """Yield the milestones: each lands in the month of its completion."""
    for label, what, completed_on, amount, percent in _COMPLETED:
        placed = milestone_row(f"ms_{label}_{what}", line_id(label, 1), completed_on, amount, percent)
        if (label, what) == _FIRST_REPORTED[:2]:
            yield milestone_row(placed.row["id"] or "", line_id(label, 1), *_FIRST_REPORTED[2:])
            placed = placed._replace(month=_REPORTED_LATER)
        yield placed


def milestone_row(
    milestone_id: str, of_line: str, completed_on: date, amount: str | None, percent: str | None
) -> Placed:
    """Return a milestone of an invoice line."""
    row = {
        "id": milestone_id,
        "invoice_line_item_id": of_line,
        "amount": amount,
        "percent": percent,
        "completed_on": completed_on.isoformat(),
    }
    return Placed("milestones", month_of(completed_on), row)
