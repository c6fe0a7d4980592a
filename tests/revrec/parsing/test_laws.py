"""What holds for any rows whatever: nothing is lost, and no row depends on its neighbours."""

from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec.money import currency_exponent
from revrec.parsing import Parsed
from revrec.schemas import DATASETS, INVOICES, Dataset

Parse = Callable[..., Parsed]

# Values near the border between good and bad, in any field.
TRICKY_TEXTS = [
    "",
    " ",
    "0",
    "-0",
    "1.5",
    "12.345",
    "1e5",
    "999999999999999999999",
    "NaN",
    "USD",
    "JPY",
    "SENT",
    "CHARGE",
]
TRICKY_DATES = ["2025-01-15", "2025-02-30", "2025-13-01", "2025-01-15T10:00:00Z", "2025-02-30T10:00:00Z"]
TRICKY_INSTANTS = ["2025-01-15T10:00:00+23:59", "0000-01-01T00:00:00Z", "2200-01-01T00:00:00+00:01"]
TRICKY_CHARACTERS = ["a\x00", "é", "\u2028", "x" * 1001, b"\xff", b"\xed\xa0\x80"]
TRICKY: st.SearchStrategy[str | bytes | None] = st.sampled_from(
    [None, *TRICKY_TEXTS, *TRICKY_DATES, *TRICKY_INSTANTS, *TRICKY_CHARACTERS]
)
VALUES = TRICKY | st.text(max_size=8) | st.binary(max_size=8)


@st.composite
def changed_rows(draw: st.DrawFn) -> tuple[Dataset, list[dict[str, str | bytes | None]]]:
    dataset = draw(st.sampled_from(list(DATASETS.values())))
    names = st.sampled_from([field.name for field in dataset.fields])
    return dataset, draw(st.lists(st.dictionaries(names, VALUES, max_size=3), max_size=5))


@given(changed_rows())
@settings(deadline=None, max_examples=150)
def test_every_row_is_either_good_or_rejected_with_a_reason(
    parse: Parse, case: tuple[Dataset, list[dict[str, str | bytes | None]]]
) -> None:
    dataset, changes = case
    parsed = parse(dataset, *changes)

    assert parsed.row_count == len(changes)
    rejected = parsed.rejected["landed_row"].to_pylist()
    assert sorted(parsed.good["landed_row"].to_pylist() + rejected) == list(range(2, 2 + len(changes)))
    assert sorted({item.row for item in parsed.rejections}) == sorted(rejected)
    parsed.good.validate(full=True)
    assert not any(parsed.good[field.column].null_count for field in dataset.fields if field.required)


@given(changed_rows())
@settings(deadline=None, max_examples=100)
def test_a_row_is_parsed_the_same_alone_and_among_others(
    parse: Parse, case: tuple[Dataset, list[dict[str, str | bytes | None]]]
) -> None:
    dataset, changes = case
    together, alone = parse(dataset, *changes), [parse(dataset, change) for change in changes]

    columns = [field.column for field in dataset.fields]
    rows = pa.Table.from_batches([item.good for item in alone], dataset.lake_schema)
    assert together.good.select(columns).to_pylist() == rows.select(columns).to_pylist()
    said = [(item.field, item.reason, item.record) for item in together.rejections]
    assert said == [(item.field, item.reason, item.record) for one in alone for item in one.rejections]


@given(
    st.sampled_from(["USD", "JPY", "KWD", "EUR"]),
    st.decimals(min_value=-(10**10), max_value=10**10, allow_nan=False, places=5),
    st.integers(min_value=0, max_value=5),
)
@settings(deadline=None, max_examples=150)
def test_an_amount_is_read_exactly_or_not_at_all(parse: Parse, currency: str, amount: Decimal, places: int) -> None:
    text = f"{amount:.{places}f}"
    parsed = parse(INVOICES, {"currency": currency, "net_total": text})

    exponent = currency_exponent(currency)
    expected = [] if places > exponent else [int(Decimal(text).scaleb(exponent))]
    assert parsed.good["net_total_minor"].to_pylist() == expected
