"""The page in a real browser: it loads from disk alone, works, prints, and runs nothing that came with the data.

Needs a Chromium; where there is none the tests are skipped, unless REVREC_REQUIRE_BROWSER=1 says that there must be.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.compute as pc
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from revrec.close_pack import ClosePack
from revrec.close_pack.amounts import accounting_text
from revrec.close_pack.views import MAX_PRINTED_ROWS
from revrec.columns import exact_sum

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def _browser_path() -> str | None:
    return os.environ.get("REVREC_TEST_BROWSER") or next(filter(None, map(shutil.which, _NAMES)), None)


@dataclass
class Opened:
    """The page in a browser, and all that the browser told of it."""

    page: Page
    path: Path
    told: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = _browser_path()
    if path is None:
        if os.environ.get("REVREC_REQUIRE_BROWSER") == "1":
            pytest.fail(f"REVREC_REQUIRE_BROWSER=1, but none of {', '.join(_NAMES)} is installed")
        pytest.skip(f"none of {', '.join(_NAMES)} is installed, and REVREC_TEST_BROWSER names no other")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def loaded(browser: Browser, page: bytes, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    path = tmp_path_factory.mktemp("pack") / "default-USD.html"
    path.write_bytes(page)
    opened = Opened(browser.new_page(viewport={"width": 1440, "height": 1000}), path)
    opened.page.on("console", lambda message: opened.told.append(message.text))
    opened.page.on("pageerror", lambda error: opened.told.append(str(error)))
    opened.page.on("dialog", lambda dialog: opened.told.append(dialog.message))
    opened.page.on("request", lambda request: opened.requests.append(request.url))
    opened.page.goto(path.as_uri())
    return opened


@pytest.fixture
def shown(loaded: Opened) -> Page:
    """The page as it opens."""
    loaded.page.reload()
    return loaded.page


def column(page: Page, table: str, heading: str) -> list[str]:
    """Texts of the rows that are shown."""
    headings = page.locator(f"#table-{table} thead th").all_inner_texts()
    place = headings.index(heading) + 1
    return page.locator(f"#table-{table} tbody tr:visible td:nth-child({place})").all_inner_texts()


def test_it_loads_from_disk_without_errors_or_any_other_request(loaded: Opened) -> None:
    assert set(loaded.requests) == {loaded.path.as_uri()}  # as often as it was opened
    assert loaded.told == []
    assert loaded.page.evaluate("window.hacked") is None
    assert loaded.page.locator("img").count() == 0


def test_a_script_that_got_in_would_not_run(shown: Page, loaded: Opened) -> None:
    shown.evaluate("""() => {
        document.body.insertAdjacentHTML("beforeend", "<img src='data:,' onerror='window.hacked = 3'>");
        const script = document.createElement("script");
        script.textContent = "window.hacked = 4";
        document.body.append(script);
    }""")
    shown.wait_for_timeout(50)
    assert shown.evaluate("window.hacked") is None
    assert any("Content Security Policy" in told for told in loaded.told)
    loaded.told.clear()


def test_the_totals_on_the_page_equal_the_tables(shown: Page, pack: ClosePack) -> None:
    remaining = accounting_text(exact_sum(pack.report("deferred_revenue")["remaining_minor"]), "USD")
    for table in ("deferred_revenue", "revenue_waterfall"):
        headings = shown.locator(f"#table-{table} thead th").all_inner_texts()
        total = shown.locator(f"#table-{table} tfoot td").nth(headings.index("Remaining")).inner_text()
        assert total == remaining
    assert shown.locator("[data-figure='Deferred at month end'] .figure").inner_text() == remaining


def test_hostile_names_are_shown_as_they_are(shown: Page, hostile_names: tuple[str, ...]) -> None:
    names = {name.strip() for name in shown.locator("#table-revenue_waterfall tr.parent td.name bdi").all_inner_texts()}
    assert {re.sub(r"\s+", " ", name) for name in hostile_names} <= names


def test_charts_are_drawn(shown: Page) -> None:
    for chart in ("recognized", "run-off", "bridge", "cohorts"):
        svg = shown.locator(f"#chart-{chart} svg")
        box = svg.bounding_box()
        assert box is not None
        assert box["width"] > 300
        assert box["height"] > 150
        assert svg.locator("path[fill^='#']").count() > 3


def test_amounts_sort_as_numbers_and_names_as_text(shown: Page, pack: ClosePack) -> None:
    amounts = sorted(pack.report("deferred_revenue")["invoiced_minor"].to_pylist())
    heading = shown.locator("#table-deferred_revenue th", has_text="Invoiced")
    heading.click()
    assert column(shown, "deferred_revenue", "Invoiced") == [accounting_text(each, "USD") for each in amounts]
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.press("Enter")
    assert column(shown, "deferred_revenue", "Invoiced") == [accounting_text(each, "USD") for each in amounts[::-1]]
    shown.locator("#table-deferred_revenue th", has_text="Product").click()
    products = column(shown, "deferred_revenue", "Product")
    assert products == sorted(products, key=str.lower)


def test_a_filter_leaves_matching_rows_and_says_what_they_add_up_to(shown: Page, pack: ClosePack) -> None:
    shown.locator("#deferred_revenue input").fill("analytics customer")
    table = pack.report("deferred_revenue")
    wanted = table.filter(
        pc.and_(pc.equal(table["product_name"], "Analytics"), pc.starts_with(table["customer_name"], "Customer"))
    )
    assert 0 < wanted.num_rows < table.num_rows
    assert len(column(shown, "deferred_revenue", "Customer")) == wanted.num_rows
    headings = shown.locator("#table-deferred_revenue thead th").all_inner_texts()
    filtered = shown.locator("#table-deferred_revenue tr.filtered td").nth(headings.index("Invoiced"))
    assert filtered.inner_text() == accounting_text(exact_sum(wanted["invoiced_minor"]), "USD")
    assert shown.locator("#deferred_revenue .shown").inner_text() == f"{wanted.num_rows} of {table.num_rows} rows"


def test_totals_are_chosen_by_dimension(shown: Page, pack: ClosePack) -> None:
    shown.locator("#deferred_revenue_totals select").select_option("Customer")
    table = pack.report("deferred_revenue_totals")
    customers = table.filter(pc.equal(table["dimension"], "CUSTOMER"))
    assert len(column(shown, "deferred_revenue_totals", "Name")) == customers.num_rows


def test_a_customer_opens_to_its_products_and_keeps_them_when_sorted(shown: Page) -> None:
    rows = shown.locator("#table-revenue_waterfall tbody tr:visible")
    closed = rows.count()
    shown.locator("#table-revenue_waterfall tr.parent", has_text="Customer 03").locator(".opener").click()
    assert rows.count() == closed + 2
    shown.locator("#table-revenue_waterfall th", has_text="Booked").click()
    classes = [row.get_attribute("class") or "" for row in rows.all()]
    place = next(at for at, row in enumerate(rows.all()) if "Customer 03" in row.inner_text())
    assert ["child" in each for each in classes[place : place + 4]] == [False, True, True, False]


def test_a_row_leads_to_journals_days_documents_and_the_landed_row(shown: Page, pack: ClosePack) -> None:
    table = pack.report("deferred_revenue")
    row = table.filter(pc.equal(table["service_start"], pc.max(table["service_start"]))).to_pylist()[0]
    shown.locator("#table-deferred_revenue tbody tr", has_text=row["invoice_number"]).locator(".drill").click()
    dialog = shown.locator("dialog")
    journals = pack.embedded.filter(pc.equal(pack.embedded["obligation_id"], row["obligation_id"]))
    whole = accounting_text(exact_sum(journals["amount_minor"]), "USD")
    assert f"1 journal in 2025-12, debits = credits = {whole} USD" in dialog.inner_text()
    days = dialog.locator("table").first.locator("tbody tr")
    assert days.count() == 2 * exact_sum(journals["days"]) + 1
    assert days.last.locator("td").nth(2).inner_text() == days.last.locator("td").nth(3).inner_text() == whole
    source = dialog.locator(".sources tbody tr").first.locator("td").all_inner_texts()
    assert source[1] == row["document_number"]
    assert source[4:] == [row["landed_file"], str(row["landed_row"])]


def test_a_hostile_row_leads_down_as_text(shown: Page, loaded: Opened, hostile_names: tuple[str, ...]) -> None:
    shown.locator("#table-revenue_waterfall tr.parent").filter(has_text=hostile_names[0]).locator(".drill").click()
    assert hostile_names[0] in shown.locator("dialog h2").inner_text()
    assert shown.locator("dialog img, dialog script").count() == 0
    assert loaded.told == []


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("#table-trial_balance tbody tr >> nth=0", "BILLED_DEFERRED"),
        ("#table-roll_forward tbody tr:has-text('Earned')", "EARNED_DEFERRED"),
    ],
)
def test_balances_lead_to_the_journals_that_moved_them(row: str, kind: str, shown: Page, pack: ClosePack) -> None:
    shown.locator(row).locator(".drill").click()
    rows = pack.embedded.filter(pc.equal(pack.embedded["kind"], kind))
    journals = pc.count_distinct(rows["journal_number"]).as_py()
    whole = accounting_text(exact_sum(rows["amount_minor"]), "USD")
    told = shown.locator("dialog .intro").inner_text()
    assert told.startswith(f"{journals} journal")
    assert f"= {whole} USD" in told


def test_it_prints_on_pages_of_both_orientations(shown: Page) -> None:
    pdf = shown.pdf(prefer_css_page_size=True, print_background=True)
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    shapes = {("landscape" if float(width) > float(height) else "portrait") for width, height in boxes}
    assert len(boxes) >= 6
    assert shapes == {"landscape", "portrait"}


def test_on_paper_there_are_no_controls_and_long_tables_end(shown: Page) -> None:
    shown.emulate_media(media="print")
    assert shown.locator("nav, .tools, .drill, .opener, dialog").locator("visible=true").count() == 0
    assert shown.locator("#sign-off .line").first.is_visible()
    assert shown.locator("#table-deferred_revenue tbody tr:visible").count() <= MAX_PRINTED_ROWS
    shown.emulate_media(media="screen")


@pytest.mark.parametrize("width", [800, 1024, 1440])
def test_nothing_but_tables_is_wider_than_the_window(width: int, shown: Page) -> None:
    shown.set_viewport_size({"width": width, "height": 1000})
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    shown.set_viewport_size({"width": 1440, "height": 1000})
