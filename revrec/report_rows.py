"""What a row of a report is made of: its key, its figures, and the schedules or journals that add up to them (SPEC 8).

What belongs here: per report, how a row is named and which parts belong to it with which share. What does not: the
parts (`revrec.report_parts`), the reports themselves (`revrec.reports`).

A part is a schedule's movements of one month, or what a journal does to one account; `scope` are the rows of the report
that a key names, each once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from revrec.accounts import NORMAL_SIDE, Direction
from revrec.reports.deferred_revenue_totals import DIMENSIONS
from revrec.reports.remaining_performance_obligations import BANDS, UNSCHEDULED

NO_DATE = "no date yet"


@dataclass(frozen=True)
class Figure:
    """A figure of a row.

    Attributes:
        name: e.g. recognized.
        reported: SQL that adds it up over the rows that the key names.
        share: SQL of what one part of a row in `scope` adds to it.
    """

    name: str
    reported: str
    share: str


@dataclass(frozen=True)
class ReportRows:
    """The rows of one report.

    Attributes:
        keys: SQL of the texts that name a row; several rows may have one.
        named_by: what the keys are, for people.
        scope: columns that tell rows apart.
        belongs: SQL: whether a `part` belongs to a row of `scope`.
        figures: of a row.
        of_journals: whether the parts are the month's journals rather than schedules.
    """

    keys: tuple[str, ...]
    named_by: str
    scope: tuple[str, ...]
    belongs: str
    figures: tuple[Figure, ...]
    of_journals: bool = False


_IS_PAST = "coalesce(part.movement_month <= getvariable('month'), true)"
_IS_LATER = "coalesce(part.movement_month > getvariable('month'), false)"


def _so_far(column: str) -> str:
    return f"if({_IS_PAST}, part.{column}, 0)"


_DEFERRED = (
    Figure("contracted", "sum(contracted_minor)", "part.contracted"),
    Figure("invoiced", "sum(invoiced_minor)", _so_far("billed")),
    Figure("recognized", "sum(recognized_minor)", _so_far("recognized")),
    Figure("balance", "sum(balance_minor)", f"part.contracted - {_so_far('recognized')}"),
    Figure("remaining", "sum(remaining_minor)", _so_far("deferred")),
    Figure("unbilled", "sum(unbilled_minor)", _so_far("unbilled")),
)
_REGISTER = (
    Figure("total", "sum(total_minor)", "part.contracted"),
    Figure("earned", "sum(earned_minor)", _so_far("recognized")),
    Figure("billed", "sum(billed_minor)", _so_far("billed")),
    Figure("remaining", "sum(remaining_minor)", f"part.contracted - {_so_far('recognized')}"),
    Figure("deferred", "sum(deferred_minor)", _so_far("deferred")),
    Figure("unbilled", "sum(unbilled_minor)", _so_far("unbilled")),
)


def _of_waterfall(figure: str, share: str) -> Figure:
    return Figure(figure.lower(), f"sum(amount_minor) FILTER (figure = '{figure}')", share)


_WATERFALL = (
    _of_waterfall("BOOKED", _so_far("billed")),
    _of_waterfall("RECOGNIZED", _so_far("recognized")),
    _of_waterfall("UNBILLED", _so_far("unbilled")),
    _of_waterfall("REMAINING", _so_far("deferred")),
    _of_waterfall("RELEASE", f"if(part.is_billed AND {_IS_LATER}, -part.deferred, 0)"),
    _of_waterfall("UNSCHEDULED", f"if(part.is_billed OR {_IS_PAST}, part.deferred, 0)"),
)

_AHEAD = "datediff('month', CAST(getvariable('month') || '-01' AS DATE), CAST(part.movement_month || '-01' AS DATE))"
_WHENS = " ".join(f"WHEN {_AHEAD} <= {last} THEN {place}" for place, (last, _) in enumerate(BANDS))
_BAND = f"CASE {_WHENS} ELSE {len(BANDS)} END"
_NO_BAND = f"scope.band = '{UNSCHEDULED}'"
_BILLED_LATER = (
    f"CASE WHEN {_NO_BAND} THEN if(part.is_billed OR {_IS_PAST}, part.deferred, 0)"
    f" WHEN part.is_billed AND {_IS_LATER} AND {_BAND} = scope.position THEN -part.deferred ELSE 0 END"
)
_UNBILLED_LATER = (
    f"CASE WHEN part.is_billed THEN 0 WHEN {_NO_BAND} THEN part.contracted - part.recognized"
    f" WHEN {_IS_LATER} AND {_BAND} = scope.position THEN part.recognized ELSE 0 END"
)
_FORECAST = "if(scope.revenue_month IS NULL, part.contracted - part.recognized, part.recognized)"

_DEBIT_NORMAL = ", ".join(f"'{account}'" for account, side in NORMAL_SIDE.items() if side is Direction.DEBIT)
_SIGN = f"if(scope.account IN ({_DEBIT_NORMAL}), 1, -1)"
_MOVED = "part.debit - part.credit"

REPORT_ROWS: Mapping[str, ReportRows] = MappingProxyType(
    {
        "trial_balance": ReportRows(
            ("account",),
            "account",
            ("account",),
            "part.account = scope.account",
            (
                Figure("opening", "sum(opening_minor)", "part.opening"),
                Figure("debit", "sum(debit_minor)", "part.debit"),
                Figure("credit", "sum(credit_minor)", "part.credit"),
                Figure("closing", "sum(closing_minor)", f"part.opening + {_MOVED}"),
            ),
            of_journals=True,
        ),
        "roll_forward": ReportRows(
            ("account || '/' || line",),
            "account/line",
            ("account", "line"),
            "part.account = scope.account",
            (
                Figure(
                    "amount",
                    "sum(amount_minor)",
                    f"{_SIGN} * CASE scope.line WHEN 'OPENING' THEN part.opening WHEN 'UNEXPLAINED' THEN 0"
                    f" WHEN 'CLOSING' THEN part.opening + {_MOVED} WHEN part.cause THEN {_MOVED} ELSE 0 END",
                ),
            ),
            of_journals=True,
        ),
        "deferred_revenue": ReportRows(
            ("obligation_id", "document_id", "document_number"),
            "obligation_id, document_id or document_number",
            ("obligation_id", "document", "document_id"),
            "(part.obligation_id, part.document, part.document_id)"
            " = (scope.obligation_id, scope.document, scope.document_id)",
            _DEFERRED,
        ),
        "deferred_revenue_totals": ReportRows(
            ("dimension || '/' || key", "dimension || '/' || name"),
            "dimension/key",
            ("dimension", "key"),
            "scope.key = CASE scope.dimension"
            f" {' '.join(f'WHEN {name!r} THEN part.{key}' for name, (key, _) in DIMENSIONS.items())} END",
            _DEFERRED,
        ),
        "revenue_waterfall": ReportRows(
            (
                "if(level = 'CUSTOMER', customer_id, customer_id || '/' || product_id)",
                "if(level = 'CUSTOMER', customer_name, customer_name || '/' || product_name)",
            ),
            "customer, or customer/product",
            ("level", "customer_id", "product_id"),
            "part.customer_id = scope.customer_id AND (scope.level = 'CUSTOMER' OR part.product_id = scope.product_id)",
            _WATERFALL,
        ),
        "obligation_register": ReportRows(
            ("obligation_id", "invoice_id", "invoice_number"),
            "obligation_id, invoice_id or invoice_number",
            ("obligation_id",),
            "part.obligation_id = scope.obligation_id AND part.document <> 'MANUAL'",
            _REGISTER,
        ),
        "remaining_performance_obligations": ReportRows(
            ("band",),
            "band",
            ("position", "band"),
            "true",
            (
                Figure("billed", "sum(billed_minor)", _BILLED_LATER),
                Figure("unbilled", "sum(unbilled_minor)", _UNBILLED_LATER),
                Figure("total", "sum(total_minor)", f"{_BILLED_LATER} + {_UNBILLED_LATER}"),
            ),
        ),
        "revenue_cohorts": ReportRows(
            ("cohort_month || '/' || revenue_month", "cohort_month"),
            "cohort_month, or cohort_month/revenue_month",
            ("cohort_month", "revenue_month"),
            "part.cohort_month = scope.cohort_month AND part.movement_month = scope.revenue_month",
            (Figure("recognized", "sum(recognized_minor)", "part.recognized"),),
        ),
        "revenue_forecast": ReportRows(
            (
                f"coalesce(revenue_month, '{NO_DATE}')",
                "product_id",
                "product_name",
                f"product_id || '/' || coalesce(revenue_month, '{NO_DATE}')",
            ),
            "revenue_month, product, or product/revenue_month",
            ("product_id", "recognition_method", "revenue_month"),
            "part.product_id = scope.product_id AND part.recognition_method = scope.recognition_method"
            " AND (scope.revenue_month IS NULL OR part.movement_month = scope.revenue_month)",
            (
                Figure("billed", "sum(billed_minor)", f"if(part.is_billed, {_FORECAST}, 0)"),
                Figure("unbilled", "sum(unbilled_minor)", f"if(part.is_billed, 0, {_FORECAST})"),
                Figure("recognized", "sum(recognized_minor)", _FORECAST),
            ),
        ),
    }
)
