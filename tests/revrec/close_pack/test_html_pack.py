"""The page says what the tables say, and no name in it is ever anything but text."""

import base64
import hashlib
import json
import re
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revrec.accounts import Ledger
from revrec.close_pack import ClosePack, PackError, TieRow, drilldown, html, journal_extracts, views
from revrec.close_pack.amounts import accounting_text
from revrec.close_pack.html import html_pack
from revrec.columns import exact_sum
from revrec.reports.schemas import REPORTS
from tests.revrec.close_pack.contracts import contracts_of, make_pack
from tests.revrec.close_pack.page_reader import Element, read_page, rows_of, shape

# Of each table with totals, the report's column that stands under a heading.
TOTALS = {
    "trial_balance": {"Debits": "debit_minor", "Credits": "credit_minor"},
    "deferred_revenue": {"Invoiced": "invoiced_minor", "Balance": "balance_minor", "Remaining": "remaining_minor"},
    "obligation_register": {"Total": "total_minor", "Earned": "earned_minor", "Deferred": "deferred_minor"},
    "remaining_performance_obligations": {"Invoiced": "billed_minor", "Total": "total_minor"},
    "revenue_forecast": {"Total": "recognized_minor"},
    "revenue_cohorts": {"All": "recognized_minor"},
}


@pytest.fixture(scope="module")
def parsed(page: bytes) -> Element:
    return read_page(page)


def total_row(parsed: Element, name: str) -> dict[str, str]:
    table = parsed.all("table", id=f"table-{name}")[0]
    headings = [each.text for each in table.all("thead")[0].all("th")]
    return dict(zip(headings, [cell.text for cell in table.all("tfoot")[0].all("td")], strict=True))


@pytest.mark.parametrize("name", TOTALS)
def test_the_totals_on_the_page_are_those_of_the_report(name: str, parsed: Element, pack: ClosePack) -> None:
    totals = total_row(parsed, name)
    for heading, column in TOTALS[name].items():
        assert totals[heading] == accounting_text(exact_sum(pack.report(name)[column]), "USD")
        assert totals[heading] not in ("", views.cell(0, views.Kind.AMOUNT, "USD").text)


def test_the_waterfall_adds_up_to_the_deferred_balance_across_its_months(parsed: Element, pack: ClosePack) -> None:
    table = parsed.all("table", id="table-revenue_waterfall")[0]
    cells = table.all("tfoot")[0].all("td")[1:]
    booked, recognized, unbilled, remaining, *releases = (int(cell.attributes["data-sort"]) for cell in cells)
    assert booked + unbilled == recognized + remaining
    assert sum(releases) == remaining == exact_sum(pack.report("deferred_revenue")["remaining_minor"])


def test_every_report_row_is_on_the_page_when_none_is_cut(parsed: Element, pack: ClosePack) -> None:
    for name in ("deferred_revenue", "obligation_register", "deferred_revenue_totals", "trial_balance"):
        assert len(rows_of(parsed, name)) == pack.report(name).num_rows
    assert len(rows_of(parsed, "journals")) == pack.journals.journals.of


def test_hostile_names_are_text_wherever_they_stand(
    parsed: Element, page: bytes, hostile_names: tuple[str, ...]
) -> None:
    shown = {row[0] for row in rows_of(parsed, "deferred_revenue")}
    assert set(hostile_names) <= shown
    assert not parsed.all("img")
    assert not parsed.all("b")
    assert not [name for each in parsed.all() for name in each.attributes if name.startswith("on")]
    assert b"</script><img" not in page


def test_names_do_not_change_the_shape_of_the_page() -> None:
    plain = shape(read_page(html_pack(_pack_of(["Plain name"]))))
    for name in ("</script>", '" autofocus onfocus="x', "<!--", "{{ config }}", "\x00\x01\ufffe", "a\u2028b"):
        assert shape(read_page(html_pack(_pack_of([name])))) == plain


# html.parser drops what HTML has no character for; carriage returns become line feeds in any HTML parser
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), min_size=1, max_size=40)
_PLAIN_SHAPE: list[tuple[str, tuple[str, ...]]] = []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(customer=_TEXT, product=_TEXT)
def test_any_text_as_a_name_stays_within_its_cell(customer: str, product: str) -> None:
    if not _PLAIN_SHAPE:
        _PLAIN_SHAPE.extend(shape(read_page(html_pack(_pack_of(["Plain"], "Plain")))))
    page = read_page(html_pack(_pack_of([customer], product)))
    assert shape(page) == _PLAIN_SHAPE
    assert rows_of(page, "deferred_revenue")[0][:2] == [customer, product]
    assert customer in _data(page)["drilldown"]["texts"]


def test_embedded_data_cannot_end_its_element() -> None:
    text = drilldown.script_json(["</script>", "<!--", "]]>", "&amp;", "\u2028"])
    assert not re.search(r"[<>&\u2028]", text)
    assert json.loads(text) == ["</script>", "<!--", "]]>", "&amp;", "\u2028"]


def test_the_page_allows_nothing_but_its_own_scripts_and_style(parsed: Element, page: bytes) -> None:
    policy = next(each for each in parsed.all("meta") if each.attributes.get("http-equiv")).attributes["content"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    scripts = [each.text for each in parsed.all("script") if each.attributes.get("type") != "application/json"]
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in scripts]
    assert rules["script-src"].split() == hashes
    assert "unsafe" not in policy
    assert not [each for each in parsed.all() if {"src", "style", "srcdoc"} & each.attributes.keys()]
    assert {each.attributes["href"][0] for each in parsed.all("a")} == {"#"}


def test_the_same_pack_makes_the_same_bytes(pack: ClosePack, page: bytes) -> None:
    assert html_pack(pack) == page


def test_rows_over_the_cap_are_the_smallest_and_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MAX_TABLE_ROWS", 10)
    pack = make_pack(contracts_of([f"C{number}" for number in range(20)], ["P"], 23))
    parsed = read_page(html_pack(pack))
    table = pack.report("deferred_revenue")
    assert len(rows_of(parsed, "deferred_revenue")) == 10 < table.num_rows
    smallest_shown = sorted(table["invoiced_minor"].to_pylist(), reverse=True)[9]
    assert accounting_text(smallest_shown, "USD") in {row[6] for row in rows_of(parsed, "deferred_revenue")}
    whole = accounting_text(exact_sum(table["invoiced_minor"]), "USD")
    assert total_row(parsed, "deferred_revenue")["Invoiced"] == whole
    note = parsed.all(id="deferred_revenue")[0].text
    assert f"Shown: 10 of {table.num_rows} rows" in note
    assert "reports/deferred_revenue/2025-12/default-USD.csv" in note


def test_embedded_journals_are_whole_the_largest_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_extracts, "MAX_STRETCHES", 6)
    pack = make_pack(contracts_of([f"C{number}" for number in range(20)], ["P"], 23))
    data = drilldown.drilldown(pack)
    numbers = {data["texts"][place] for place in data["stretches"]["journal_number"]}
    every = pack.journals.stretches.rows
    rows = every.filter(pc.is_in(every["journal_number"], pa.array(sorted(numbers))))
    assert rows.num_rows == len(data["stretches"]["days"]) <= 6
    assert data["journals_embedded"] == len(numbers) < data["journals"]
    by_journal = every.group_by("journal_number").aggregate([("amount_minor", "sum")]).to_pylist()
    left_out = [row["amount_minor_sum"] for row in by_journal if row["journal_number"] not in numbers]
    assert max(left_out) <= min(row["amount_minor_sum"] for row in by_journal if row["journal_number"] in numbers)


def test_a_failed_check_is_told_at_the_head_and_in_its_row() -> None:
    pack = make_pack(contracts_of(["C"], ["P"], 23), checks=(TieRow("ties", False, "1.00 against 2.00"),))
    parsed = read_page(html_pack(pack))
    assert "1 failed" in parsed.all("header")[0].text
    assert rows_of(parsed, "checks") == [["Failed", "ties", "1.00 against 2.00"]]


def test_a_pack_without_a_month_before_says_so() -> None:
    parsed = read_page(html_pack(make_pack(contracts_of(["C"], ["P"], 23), previous={})))
    assert "No figure for 2025-11." in parsed.all(id="summary")[0].text


def test_an_empty_month_has_a_page() -> None:
    parsed = read_page(html_pack(make_pack([])))
    assert "None in December 2025." in parsed.all(id="journals")[0].text


@pytest.mark.parametrize(("currency", "decimals"), [("JPY", 0), ("USD", 2), ("KWD", 3)])
def test_amounts_have_the_decimals_of_their_currency(currency: str, decimals: int) -> None:
    parsed = read_page(html_pack(make_pack(contracts_of(["C"], ["P"], 23), ledger=Ledger("default", currency))))
    text = total_row(parsed, "deferred_revenue")["Invoiced"]
    assert len(text.partition(".")[2]) == decimals


def test_a_pack_without_a_report_is_refused() -> None:
    pack = make_pack([])
    with pytest.raises(PackError, match="has no revenue_cohorts: materialize"):
        replace(pack, reports={name: pack.reports[name] for name in REPORTS if name != "revenue_cohorts"})


def test_rows_of_another_ledger_are_refused() -> None:
    with pytest.raises(PackError, match="rows of currency"):
        replace(make_pack(contracts_of(["C"], ["P"], 23)), ledger=Ledger("default", "EUR"))


def test_sections_hold_every_report(pack: ClosePack) -> None:
    assert set(REPORTS) <= {table.name for section in html.sections(pack) for table in section.tables}


def _pack_of(customers: list[str], product: str = "Product") -> ClosePack:
    return make_pack(contracts_of(customers, [product], 23))


def _data(page: Element) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = json.loads(page.all("script", id="pack-data")[0].text)
    return found
