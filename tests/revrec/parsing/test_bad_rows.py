"""Every kind of bad input that one row alone can be, and what is said of it (SPEC 10)."""

from collections.abc import Callable

import pytest

from revrec.parsing import Parsed
from revrec.schemas import (
    BILLING_SCHEDULES,
    CREDIT_GRANT_TRANSACTIONS,
    CREDIT_GRANTS,
    CUSTOMERS,
    INVOICE_LINE_ITEMS,
    INVOICES,
    MILESTONES,
    PRODUCTS,
    USAGE,
    Dataset,
)

Parse = Callable[..., Parsed]

NOT_A_DECIMAL = "is not a decimal number such as 1200.00"
BEYOND_LARGEST = "is beyond the largest amount revrec computes exactly"
NOT_A_DATE = "is not a date: write it as YYYY-MM-DD, such as 2025-01-31"
NOT_A_TIMESTAMP = "is not a timestamp: write it in ISO 8601 with its time zone, such as 2025-01-31T13:45:00Z"
NO_SUCH_MOMENT = "is not a moment of a calendar day in the years 1900 to 2199"
CONTROL_CHARACTER = "holds a line break or another control character"

BAD_FIELDS = {
    "a required id is absent": (INVOICES, "customer_id", None, "customer_id is missing"),
    "a required text is empty": (INVOICE_LINE_ITEMS, "title", "", "title is missing"),
    "a required amount is empty": (INVOICES, "net_total", "", "net_total is missing"),
    "a choice nobody knows": (INVOICES, "status", "OPEN", "status 'OPEN' is not one of DRAFT, IN_PROGRESS, FINAL"),
    "a choice in lower case": (PRODUCTS, "recognition_method", "usage", "'usage' is not one of STRAIGHT_LINE, USAGE"),
    "a currency ISO 4217 does not list": (INVOICES, "currency", "XYZ", "'XYZ' is not an ISO 4217 currency code"),
    "a currency without a minor unit": (INVOICES, "currency", "XAU", "'XAU' is not an ISO 4217 currency code"),
    "a currency in lower case": (INVOICES, "currency", "usd", "'usd' is not an ISO 4217 currency code"),
    "a day February does not have": (INVOICES, "accounting_date", "2025-02-30", "is not a day of the calendar"),
    "a leap day of a common year": (INVOICES, "accounting_date", "1900-02-29", "is not a day of the calendar"),
    "a date with a time": (INVOICES, "accounting_date", "2025-01-15T00:00:00", NOT_A_DATE),
    "a date without zeros": (INVOICES, "accounting_date", "2025-1-5", NOT_A_DATE),
    "a date in American order": (INVOICES, "accounting_date", "01/15/2025", NOT_A_DATE),
    "a date of Arabic digits": (INVOICES, "accounting_date", "٢٠٢٥-٠١-١٥", NOT_A_DATE),
    "a date with blanks": (INVOICES, "accounting_date", " 2025-01-15", NOT_A_DATE),
    "a year with a swapped digit": (INVOICES, "accounting_date", "0225-01-15", "is outside the years 1900 to 2199"),
    "a year beyond contracts": (INVOICE_LINE_ITEMS, "recognition_date", "2200-01-01", "outside the years 1900 to 2199"),
    "a timestamp without time zone": (INVOICES, "updated_at", "2025-01-15T10:00:00", NOT_A_TIMESTAMP),
    "a timestamp that is a date": (INVOICES, "updated_at", "2025-01-15", NOT_A_TIMESTAMP),
    "a timestamp of nanoseconds": (INVOICES, "updated_at", "2025-01-15T10:00:00.123456789Z", NOT_A_TIMESTAMP),
    "a timestamp at hour 24": (INVOICES, "updated_at", "2025-01-15T24:00:00Z", NOT_A_TIMESTAMP),
    "a timestamp on no day": (INVOICES, "updated_at", "2025-02-29T10:00:00Z", NO_SUCH_MOMENT),
    "a timestamp of another age": (INVOICES, "updated_at", "1899-12-31T23:59:59Z", NO_SUCH_MOMENT),
    "a timestamp before the age in UTC": (INVOICES, "updated_at", "1900-01-01T00:00:00+01:00", NO_SUCH_MOMENT),
    "an amount with a comma": (INVOICES, "net_total", "1,200.00", NOT_A_DECIMAL),
    "an amount with its currency": (INVOICES, "net_total", "$1200", NOT_A_DECIMAL),
    "an amount with an exponent": (INVOICES, "net_total", "1.2e3", NOT_A_DECIMAL),
    "an amount that ends in a point": (INVOICES, "net_total", "1200.", NOT_A_DECIMAL),
    "an amount with a line break": (INVOICES, "net_total", "1200\n", NOT_A_DECIMAL),
    "an amount that is not a number": (INVOICES, "net_total", "NaN", NOT_A_DECIMAL),
    "more decimals than the currency has": (INVOICES, "net_total", "12.345", "'12.345' has 3 decimals, USD has 2"),
    "an amount beyond int64": (INVOICES, "net_total", "99999999999999999999", BEYOND_LARGEST),
    "an amount beyond exact computation": (INVOICES, "net_total", "1000000000000.00", BEYOND_LARGEST),
    "a decimal that is text": (INVOICE_LINE_ITEMS, "net_total", "twelve", "net_total 'twelve' is not a decimal number"),
    "a decimal with too many decimals": (
        INVOICE_LINE_ITEMS,
        "list_price",
        "1.0123456789",
        "has 10 decimals, at most 9",
    ),
    "a decimal of too many digits": (INVOICE_LINE_ITEMS, "list_price", "1" * 15, BEYOND_LARGEST),
    "an id with a blank behind": (INVOICES, "customer_id", "cus_1 ", "customer_id 'cus_1 ' has white space around it"),
    "an id with a no-break space": (INVOICES, "customer_id", "\u00a0cus_1", "has white space around it"),
    "an id with NUL": (INVOICES, "id", "in\x00v", f"id 'in\\x00v' {CONTROL_CHARACTER}"),
    "a text with a line break": (INVOICE_LINE_ITEMS, "title", "two\nlines", f"title 'two\\nlines' {CONTROL_CHARACTER}"),
    "a text with DEL": (INVOICE_LINE_ITEMS, "title", "a\x7fb", CONTROL_CHARACTER),
    "a text with a line separator": (INVOICE_LINE_ITEMS, "title", "two\u2028lines", CONTROL_CHARACTER),
    "a text with a C1 control": (INVOICE_LINE_ITEMS, "title", "a\x85b", CONTROL_CHARACTER),
    "a text that goes on and on": (
        CUSTOMERS,
        "legal_name",
        "é" * 1001,
        "is 1,001 characters long, more than the 1,000",
    ),
    "a text that is not UTF-8": (CUSTOMERS, "legal_name", b"caf\xe9", "legal_name is not valid UTF-8"),
    "an amount that is not UTF-8": (INVOICES, "net_total", b"\xff", "net_total is not valid UTF-8"),
    "a document of another month": (
        INVOICES,
        "accounting_date",
        "2025-02-01",
        "is in 2025-02, but the file lies in the",
    ),
    "a transaction of another month": (CREDIT_GRANT_TRANSACTIONS, "date", "2024-12-31", "the folder of 2025-01"),
    "a period that ends before it starts": (
        INVOICE_LINE_ITEMS,
        "service_period_end",
        "2025-01-14",
        "service_period_end 2025-01-14 is before service_period_start 2025-01-15",
    ),
    "usage that ends before it starts": (USAGE, "period_end", "2024-12-31", "is before period_start 2025-01-01"),
    "a schedule that ends before it starts": (BILLING_SCHEDULES, "end_date", "2024-12-31", "before start_date"),
    "a grant that expires before it starts": (CREDIT_GRANTS, "expiry_date", "2024-12-31", "before effective_date"),
    "a period of more than a century": (INVOICE_LINE_ITEMS, "service_period_end", "2125-01-16", "are 36,526 days"),
    "a period without an end": (
        INVOICE_LINE_ITEMS,
        "service_period_end",
        None,
        "service_period_start is given without service_period_end",
    ),
    "a period without a start": (
        INVOICE_LINE_ITEMS,
        "service_period_start",
        "",
        "service_period_end is given without service_period_start",
    ),
}


@pytest.mark.parametrize(("dataset", "field", "value", "reason"), BAD_FIELDS.values(), ids=BAD_FIELDS.keys())
def test_bad_input_is_rejected_with_row_field_value_and_reason(
    parse: Parse, dataset: Dataset, field: str, value: str | bytes | None, reason: str
) -> None:
    parsed = parse(dataset, {}, {field: value})

    assert parsed.good.num_rows == 1
    [rejection] = [item for item in parsed.rejections if item.row == 3]
    assert (rejection.dataset, rejection.file, rejection.field) == (dataset.name, "landing/some.csv", field)
    assert reason in rejection.reason
    assert rejection.action
    shown = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value or ""
    assert rejection.value == shown[:200]
    assert rejection.record[field] == (shown or None)
    assert rejection.record["id"] is not None


@pytest.mark.parametrize(
    ("currency", "amount", "reason"),
    [
        pytest.param("JPY", "100.5", "has 1 decimal, JPY has 0", id="yen have none"),
        pytest.param("KWD", "1.2345", "has 4 decimals, KWD has 3", id="dinars have three"),
        pytest.param("XYZ", "12.x", "is not a decimal number", id="an unknown currency hides no other fault"),
    ],
)
def test_an_amount_is_read_in_the_currency_of_its_row(parse: Parse, currency: str, amount: str, reason: str) -> None:
    parsed = parse(INVOICES, {"currency": currency, "net_total": amount})

    assert reason in parsed.rejections[-1].reason
    assert parsed.rejections[-1].field == "net_total"


def test_an_amount_in_an_unknown_currency_is_not_blamed_for_it(parse: Parse) -> None:
    parsed = parse(INVOICES, {"currency": "XYZ"})

    assert [item.field for item in parsed.rejections] == ["currency"]


def test_every_fault_of_a_row_is_found_and_the_row_counts_once(parse: Parse) -> None:
    parsed = parse(INVOICES, {"customer_id": "", "status": "OPEN", "accounting_date": "2025-02-01", "net_total": "x"})

    assert [item.field for item in parsed.rejections] == ["customer_id", "status", "net_total", "accounting_date"]
    assert parsed.rejected.num_rows == parsed.row_count == 1


def test_a_bad_row_takes_no_other_row_with_it(parse: Parse) -> None:
    parsed = parse(INVOICES, {"id": "a"}, {"id": "b", "net_total": "x"}, {"id": "c"}, {"id": "d", "updated_at": "x"})

    assert parsed.good["id"].to_pylist() == ["a", "c"]
    assert parsed.good["landed_row"].to_pylist() == [2, 4]
    assert parsed.rejected.to_pylist() == [
        {
            "landed_file": "landing/some.csv",
            "landed_row": 3,
            "id": "b",
            "updated_at": parsed.good["updated_at"][0].as_py(),
        },
        {"landed_file": "landing/some.csv", "landed_row": 5, "id": "d", "updated_at": None},
    ]


def test_an_id_at_fault_is_not_taken_for_an_id(parse: Parse) -> None:
    parsed = parse(CUSTOMERS, {"id": "cus_1 "}, {"id": b"\xff"}, {"id": None})

    assert parsed.rejected["id"].to_pylist() == [None, None, None]


@pytest.mark.parametrize("missing", ["effective_date", "expiry_date"])
def test_a_credit_grant_may_stay_open_but_must_start(parse: Parse, missing: str) -> None:
    faults = [item.field for item in parse(CREDIT_GRANTS, {missing: None}).rejections if item.field]

    assert faults == ([missing] if missing == "effective_date" else [])


def test_a_percentage_and_an_amount_are_both_checked(parse: Parse) -> None:
    parsed = parse(MILESTONES, {"amount": "x", "percent": "half"})

    assert [item.field for item in parsed.rejections] == ["amount", "percent"]


def test_a_megabyte_in_one_field_stays_out_of_the_sentence_but_not_out_of_the_record(parse: Parse) -> None:
    [rejection] = parse(INVOICES, {"net_total": "9" * 1_000_000}).rejections

    assert len(rejection.reason) < 200
    assert len(rejection.value) == 200
    assert rejection.record["net_total"] == "9" * 1_000_000
