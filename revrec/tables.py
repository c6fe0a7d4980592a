"""Columns of the lake tables between the landed documents and the exports.

What belongs here: one Arrow schema per computed table, with the meaning of a row. What does not: the raw tables, which
follow the landing datasets (`revrec.schemas`), and how rows are computed.
"""

import pyarrow as pa


def _schema(*fields: tuple[str, pa.DataType], optional: tuple[str, ...] = ()) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable=name in optional) for name, kind in fields])


# Text that repeats down a column: Parquet stores each value once per row group, kernels expand by index.
LABEL = pa.dictionary(pa.int32(), pa.string())
TEXT, DATE, MINOR = pa.string(), pa.date32(), pa.int64()

# One row per landed invoice line that passed validation: where its amount went. `allocated_minor` is what the line's
# own obligation gets (0 unless the disposition is RECOGNIZED); per posted invoice it adds up to the net total.
LINE_ALLOCATIONS = _schema(
    ("entity", TEXT),
    ("currency", TEXT),
    ("customer_id", TEXT),
    ("product_id", TEXT),
    ("contract_id", TEXT),
    ("invoice_id", TEXT),
    ("invoice_number", TEXT),
    ("invoice_status", TEXT),
    ("accounting_date", DATE),
    ("line_id", TEXT),
    ("group_id", TEXT),
    ("kind", TEXT),
    ("net_minor", MINOR),
    ("allocated_minor", MINOR),
    ("disposition", TEXT),
    ("reason", TEXT),
    ("obligation_id", TEXT),
    ("recognition_method", TEXT),
    ("service_start", DATE),
    ("service_end", DATE),
    ("recognition_date", DATE),
    ("landed_file", TEXT),
    ("landed_row", pa.int64()),
    optional=(
        "product_id",
        "contract_id",
        "obligation_id",
        "recognition_method",
        "service_start",
        "service_end",
        "recognition_date",
    ),
)

# One row per obligation (SPEC 3). `obligation_no` counts from 0 within the document month: schedules refer to it.
OBLIGATIONS = _schema(
    ("obligation_no", pa.int32()),
    ("obligation_id", TEXT),
    ("entity", TEXT),
    ("currency", TEXT),
    ("customer_id", TEXT),
    ("product_id", TEXT),
    ("contract_id", TEXT),
    ("invoice_id", TEXT),
    ("invoice_number", TEXT),
    ("line_id", TEXT),
    ("source", TEXT),
    ("recognition_method", TEXT),
    ("service_start", DATE),
    ("service_end", DATE),
    ("recognition_date", DATE),
    ("accounting_date", DATE),
    ("amount_minor", MINOR),
    ("allocation_strategy", TEXT),
    ("residue", TEXT),
    ("policy_effective_from", DATE),
    ("run_id", TEXT),
    ("landed_file", TEXT),
    ("landed_row", pa.int64()),
    optional=("contract_id", "service_start", "service_end", "recognition_date"),
)

# One row per obligation, month and movement kind: `days` consecutive days from `first_day`, each of `daily_minor`, the
# last one of amount_minor - daily_minor * (days - 1). Signed: a negative obligation has negative runs. `month` is the
# month's first day.
RECOGNIZED_SCHEDULES = _schema(
    ("obligation_no", pa.int32()),
    ("month", DATE),
    ("kind", LABEL),
    ("first_day", DATE),
    ("days", pa.int32()),
    ("amount_minor", MINOR),
    ("daily_minor", MINOR),
)

# One row per journal and stretch of equal days (DESIGN): on each of `days` days from `first_day` on, debit one account
# and credit another by `amount_a_day_minor`, on the last day by `amount_last_day_minor`; all amounts >= 0,
# `amount_minor` their sum > 0. Sorted by entity, currency, journal number, then obligation, first day, kind: the rows
# of a ledger, and of a journal, are consecutive. `effective_first_day` is the first day before any shift by a lock
# date.
DAILY_JOURNALS = _schema(
    ("entity", LABEL),
    ("currency", LABEL),
    ("journal_number", TEXT),
    ("narrative", TEXT),
    ("product_id", TEXT),
    ("product_name", TEXT),
    ("customer_id", TEXT),
    ("customer_name", TEXT),
    ("invoice_id", TEXT),
    ("invoice_number", TEXT),
    ("recognition_method", LABEL),
    ("source", LABEL),
    ("type", LABEL),
    ("obligation_id", TEXT),
    ("kind", LABEL),
    ("debit_account", LABEL),
    ("credit_account", LABEL),
    ("first_day", DATE),
    ("days", pa.int32()),
    ("amount_a_day_minor", MINOR),
    ("amount_last_day_minor", MINOR),
    ("amount_minor", MINOR),
    ("effective_first_day", DATE),
    ("run_id", LABEL),
)

# One row per side of a movement (SPEC 7): of a day, or of a month (then `date` is the month's last day).
ENTRIES = _schema(
    ("journal_number", TEXT),
    ("date", DATE),
    ("narrative", TEXT),
    ("product_id", TEXT),
    ("product_name", TEXT),
    ("customer_id", TEXT),
    ("customer_name", TEXT),
    ("direction", LABEL),
    ("account", LABEL),
    ("amount_minor", MINOR),
    ("invoice_id", TEXT),
    ("invoice_number", TEXT),
    ("currency", LABEL),
    ("entity", LABEL),
    ("recognition_method", LABEL),
    ("source", LABEL),
    ("type", LABEL),
    ("obligation_id", TEXT),
    ("effective_date", DATE),
    ("run_id", LABEL),
)
