"""Every dataset a billing system lands, in one place (SPEC 10).

What belongs here: names, fields, types and which fields are required. What does not: how files are read
(`resources.landing`), how a field's text is parsed (`revrec.parsing`), rules across rows or datasets
(`revrec.document_rules`).
"""

from dataclasses import dataclass, field
from enum import StrEnum

import pyarrow as pa


class FieldType(StrEnum):
    """How a field's text is read, and what the lake holds of it."""

    ID = "id"  # non-empty text
    TEXT = "text"
    CHOICE = "choice"  # one of the field's choices
    CURRENCY = "currency"  # ISO 4217 code
    DATE = "date"  # YYYY-MM-DD -> date32
    TIMESTAMP = "timestamp"  # ISO 8601 with Z -> timestamp[us, UTC]
    MONEY = "money"  # decimal string in the row's own `currency` -> int64 `<name>_minor`
    DECIMAL = "decimal"  # decimal string whose currency is another document's, or a percentage -> the text, checked


ARROW_TYPES = {
    FieldType.DATE: pa.date32(),
    FieldType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    FieldType.MONEY: pa.int64(),
}


@dataclass(frozen=True)
class Field:
    """One field of a dataset, as the extract names it."""

    name: str
    type: FieldType = FieldType.TEXT
    required: bool = True
    choices: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """Name in the lake: units last, so that nobody mistakes minor units for a decimal."""
        return f"{self.name}_minor" if self.type is FieldType.MONEY else self.name

    @property
    def arrow_field(self) -> pa.Field:
        """Column of the lake table."""
        return pa.field(self.column, ARROW_TYPES.get(self.type, pa.string()), nullable=not self.required)


# Where a row came from: kept on every row up to the audit trail. `landed_row` counts as a person sees the file: a CSV's
# header is row 1.
PROVENANCE = (pa.field("landed_file", pa.string(), nullable=False), pa.field("landed_row", pa.int64(), nullable=False))


@dataclass(frozen=True)
class Dataset:
    """One landing dataset.

    Attributes:
        name: folder under landing/.
        fields: in the order of SPEC 10; a landed file may have them in any order, and more columns, which are left
            alone.
        month_field: the date whose month must be the folder's (None: the month follows another document, or there is no
            month folder).
        monthly: whether files lie in month folders.
        period: the (start, end) fields where end must not be before start.
    """

    name: str
    fields: tuple[Field, ...]
    month_field: str | None = None
    monthly: bool = True
    period: tuple[str, str] | None = None
    _by_name: dict[str, Field] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Index the fields by name."""
        self._by_name.update({item.name: item for item in self.fields})

    def __getitem__(self, name: str) -> Field:
        """Field of that name."""
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        """Whether the dataset has a field of that name."""
        return name in self._by_name

    @property
    def lake_schema(self) -> pa.Schema:
        """Columns of the raw lake table: the fields, then where the row came from."""
        return pa.schema([*(item.arrow_field for item in self.fields), *PROVENANCE])


RECOGNITION_METHODS = ("STRAIGHT_LINE", "USAGE", "POINT_IN_TIME", "MILESTONE")
INVOICE_STATUSES = ("DRAFT", "IN_PROGRESS", "FINAL", "SENT", "PAID", "VOIDED")
LINE_KINDS = ("CHARGE", "DISCOUNT", "MINIMUM_FEE", "CREDIT_GRANT")


def _id(name: str = "id", *, required: bool = True) -> Field:
    return Field(name, FieldType.ID, required)


def _text(name: str, *, required: bool = True) -> Field:
    return Field(name, FieldType.TEXT, required)


def _date(name: str, *, required: bool = True) -> Field:
    return Field(name, FieldType.DATE, required)


def _choice(name: str, choices: tuple[str, ...], *, required: bool = True) -> Field:
    return Field(name, FieldType.CHOICE, required, choices)


def _decimal(name: str, *, required: bool = True) -> Field:
    return Field(name, FieldType.DECIMAL, required)


def _money(name: str) -> Field:
    return Field(name, FieldType.MONEY)


_CURRENCY = Field("currency", FieldType.CURRENCY)
_UPDATED_AT = Field("updated_at", FieldType.TIMESTAMP)
_METHOD = _choice("recognition_method", RECOGNITION_METHODS)
_METHOD_OVERRIDE = _choice("recognition_method", RECOGNITION_METHODS, required=False)


CUSTOMERS = Dataset("customers", (_id(), _text("legal_name"), _UPDATED_AT), monthly=False)
PRODUCTS = Dataset("products", (_id(), _text("name"), _METHOD, _UPDATED_AT), monthly=False)
INVOICES = Dataset(
    "invoices",
    (
        _id(),
        _text("invoice_number"),
        _id("customer_id"),
        _choice("status", INVOICE_STATUSES),
        _CURRENCY,
        _date("accounting_date"),
        _id("entity_id", required=False),
        _id("contract_id", required=False),
        _id("billing_schedule_id", required=False),
        Field("voided_at", FieldType.TIMESTAMP, required=False),
        _money("net_total"),
        _UPDATED_AT,
    ),
    month_field="accounting_date",
)
INVOICE_LINE_ITEMS = Dataset(
    "invoice_line_items",
    (
        _id(),
        _id("invoice_id"),
        _id("group_id"),
        _id("product_id", required=False),
        _text("title"),
        _choice("kind", LINE_KINDS),
        _decimal("net_total"),
        _decimal("list_price", required=False),
        _date("service_period_start", required=False),
        _date("service_period_end", required=False),
        _METHOD_OVERRIDE,
        _date("recognition_date", required=False),
        _id("bundle_id", required=False),
        _decimal("standalone_selling_price", required=False),
        _id("price_id", required=False),
        _id("credit_grant_id", required=False),
        _decimal("credit_grant_amount", required=False),
    ),
    period=("service_period_start", "service_period_end"),
)
CREDIT_NOTES = Dataset(
    "credit_notes",
    (
        _id(),
        _text("credit_note_number"),
        _id("customer_id"),
        _id("invoice_id", required=False),
        _choice("status", INVOICE_STATUSES),
        _CURRENCY,
        _date("accounting_date"),
        _money("net_total"),
        _UPDATED_AT,
    ),
    month_field="accounting_date",
)
CREDIT_NOTE_LINE_ITEMS = Dataset(
    "credit_note_line_items",
    (
        _id(),
        _id("credit_note_id"),
        _id("invoice_line_item_id", required=False),
        _id("product_id", required=False),
        _text("title"),
        _decimal("net_total"),
        _date("service_period_start", required=False),
        _date("service_period_end", required=False),
        _METHOD_OVERRIDE,
    ),
    period=("service_period_start", "service_period_end"),
)
MILESTONES = Dataset(
    "milestones",
    (
        _id(),
        _id("invoice_line_item_id"),
        _decimal("amount", required=False),
        _decimal("percent", required=False),
        _date("completed_on"),
    ),
)
USAGE = Dataset(
    "usage",
    (
        _id(),
        _id("customer_id"),
        _id("product_id"),
        _CURRENCY,
        _date("period_start"),
        _date("period_end"),
        _money("amount"),
        _id("billing_schedule_id", required=False),
        _id("price_id", required=False),
    ),
    period=("period_start", "period_end"),
)
BILLING_SCHEDULES = Dataset(
    "billing_schedules",
    (
        _id(),
        _id("customer_id"),
        _id("product_id"),
        _id("price_id"),
        _CURRENCY,
        _money("amount"),
        _choice("frequency", ("MONTHLY", "QUARTERLY", "HALF_YEARLY", "YEARLY", "ONE_TIME")),
        _date("start_date"),
        _date("end_date"),
        _choice("billing_type", ("IN_ARREARS", "IN_ADVANCE")),
        _METHOD_OVERRIDE,
    ),
    monthly=False,
    period=("start_date", "end_date"),
)
CREDIT_GRANTS = Dataset(
    "credit_grants",
    (
        _id(),
        _id("customer_id"),
        _text("name"),
        _CURRENCY,
        _money("amount"),
        _date("effective_date"),
        _date("expiry_date", required=False),
    ),
    monthly=False,
    period=("effective_date", "expiry_date"),
)
CREDIT_GRANT_TRANSACTIONS = Dataset(
    "credit_grant_transactions",
    (
        _id(),
        _id("credit_grant_id"),
        _choice("type", ("DEBIT", "CREDIT")),
        _decimal("amount"),
        _date("date"),
        _id("invoice_line_item_id", required=False),
    ),
    month_field="date",
)

DATASETS = {
    dataset.name: dataset
    for dataset in (
        CUSTOMERS,
        PRODUCTS,
        CREDIT_GRANTS,
        BILLING_SCHEDULES,
        INVOICES,
        INVOICE_LINE_ITEMS,
        CREDIT_NOTES,
        CREDIT_NOTE_LINE_ITEMS,
        MILESTONES,
        USAGE,
        CREDIT_GRANT_TRANSACTIONS,
    )
}
REFERENCE_DATASETS = tuple(dataset for dataset in DATASETS.values() if not dataset.monthly)
DOCUMENT_DATASETS = tuple(dataset for dataset in DATASETS.values() if dataset.monthly)
