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
# own obligation gets (0 unless the disposition is RECOGNIZED); per posted invoice it adds up to the net total. A
# minimum fee that is allocated over several lines has a RECOGNIZED row per part, each with an obligation of its own.
# `voided_on` is the day a voided invoice is reversed. `credit_grant_minor` is what a credit grant pays of the line.
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
    ("voided_on", DATE),
    ("billing_schedule_id", TEXT),
    ("price_id", TEXT),
    ("credit_grant_id", TEXT),
    ("credit_grant_minor", MINOR),
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
        "voided_on",
        "billing_schedule_id",
        "price_id",
        "credit_grant_id",
    ),
)

# One row per landed row of every other document and per obligation it bears on: credit note lines, milestones, usage,
# billing schedule instalments, credit grant transactions, and what follows from a credit grant's expiry. Belongs to the
# document month of the obligation; a row that bears on none to the month it landed in.
#
# `event` says what it is, `disposition` what became of it:
#   APPLIED             changes an obligation of an invoice: CREDIT_NOTE lowers it on `event_date` by `amount_minor`
#                       (`mode` cancel or adjust); MILESTONE, CONSUMPTION and BREAKAGE earn `amount_minor` of it
#                       (a consumption given back is negative), over the period of `recognition_method` where there is
#                       one, else on `event_date`
#   STANDALONE          a credit note line that is an obligation of its own: `amount_minor` is still positive
#   ACCRUED             usage or an instalment without an invoice yet: an obligation of its own, never billed
#   TAKEN_OVER          the invoice line `line_id` took over the accrual, under the accrual's obligation id
#   NOT_POSTED, SUPERSEDED, NOTHING_TO_RECOGNIZE: bears on nothing, `reason` says why
# `amount_minor` of amounts that several obligations share is the obligation's part. `posting_floor` is the day before
# which nothing of the obligation is posted: what is earned earlier is posted on it.
AMENDMENTS = _schema(
    ("event", TEXT),
    ("disposition", TEXT),
    ("reason", TEXT),
    ("obligation_id", TEXT),
    ("line_id", TEXT),
    ("event_date", DATE),
    ("amount_minor", MINOR),
    ("mode", TEXT),
    ("entity", TEXT),
    ("currency", TEXT),
    ("customer_id", TEXT),
    ("product_id", TEXT),
    ("invoice_id", TEXT),
    ("invoice_number", TEXT),
    ("document_id", TEXT),
    ("document_number", TEXT),
    ("row_id", TEXT),
    ("recognition_method", TEXT),
    ("service_start", DATE),
    ("service_end", DATE),
    ("recognition_date", DATE),
    ("posting_floor", DATE),
    ("landed_dataset", TEXT),
    ("landed_file", TEXT),
    ("landed_row", pa.int64()),
    optional=(
        "obligation_id",
        "line_id",
        "mode",
        "product_id",
        "recognition_method",
        "service_start",
        "service_end",
        "recognition_date",
        "posting_floor",
    ),
)

# One row per obligation (SPEC 3), and one per credit note and void that lowers one, under the same obligation id with a
# negative amount: the rows of an obligation id add up to what is left of it. `obligation_no` counts from 0 within the
# document month: schedules refer to it. `effect` is OBLIGATION, or what lowers one: CANCEL or ADJUST (a credit note by
# its mode) or VOID, whose accounting date is the day they take effect. An obligation that no invoice bills has no
# accounting date; one of no invoice has an empty invoice id and number. `posting_floor`: see AMENDMENTS.
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
    ("credit_note_id", TEXT),
    ("credit_note_number", TEXT),
    ("line_id", TEXT),
    ("source", TEXT),
    ("effect", TEXT),
    ("recognition_method", TEXT),
    ("service_start", DATE),
    ("service_end", DATE),
    ("recognition_date", DATE),
    ("accounting_date", DATE),
    ("posting_floor", DATE),
    ("amount_minor", MINOR),
    ("allocation_strategy", TEXT),
    ("residue", TEXT),
    ("policy_effective_from", DATE),
    ("run_id", TEXT),
    ("landed_file", TEXT),
    ("landed_row", pa.int64()),
    optional=(
        "contract_id",
        "credit_note_id",
        "credit_note_number",
        "service_start",
        "service_end",
        "recognition_date",
        "accounting_date",
        "posting_floor",
    ),
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
# date: of a catch-up, the first day of the months it belongs to (`effective_last_day` the last). Rows of a credit note
# name it; all others have empty texts there. `manual_journal_id` is empty for journals of the system.
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
    ("credit_note_id", LABEL),
    ("credit_note_number", LABEL),
    ("manual_journal_id", LABEL),
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
    ("effective_last_day", DATE),
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
