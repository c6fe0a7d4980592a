"""Exports that people ask for: what their words mean, and what is refused with the nearest match."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from revrec.accounts import Ledger
from revrec.errors import RevrecError
from revrec.exports import EXPORT_FORMATS
from revrec.exports.layout import FileLayout
from revrec.exports.requests import (
    REQUESTABLE_FORMATS,
    ExportRequest,
    FormatDisabledError,
    RequestTexts,
    kinds_of,
)
from revrec.policy import Granularity, Policy
from revrec.reports.journal_report_files import JournalReportLayout

LEDGER = Ledger("default", "USD")


def request(time_zone: str = "UTC", **words: Any) -> ExportRequest:
    return RequestTexts(**{"format": "generic", "first": "2025-01", "last": "2025-01", **words}).request(time_zone)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2025-01", "2025-01", (date(2025, 1, 1), date(2025, 1, 31))),
        ("2024-11", "2025-02", (date(2024, 11, 1), date(2025, 2, 28))),
        ("2025-01-15", "2025-03", (date(2025, 1, 15), date(2025, 3, 31))),
        ("2025-01", "2025-03-15", (date(2025, 1, 1), date(2025, 3, 15))),
    ],
)
def test_days_and_months_give_a_range_with_both_ends(first: str, last: str, days: tuple[date, date]) -> None:
    selection = request(first=first, last=last).selection
    assert (selection.first_day, selection.last_day) == days


@pytest.mark.parametrize(
    ("text", "time_zone", "moment"),
    [
        ("2025-01-31", "UTC", datetime(2025, 1, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2025-01-31", "America/New_York", datetime(2025, 2, 1, 4, 59, 59, 999999, tzinfo=UTC)),
        ("2025-03-30", "Europe/Berlin", datetime(2025, 3, 30, 21, 59, 59, 999999, tzinfo=UTC)),
        ("2025-01-31T18:00:00Z", "Asia/Tokyo", datetime(2025, 1, 31, 18, tzinfo=UTC)),
        ("2025-01-31T18:00:00+09:00", "UTC", datetime(2025, 1, 31, 9, tzinfo=UTC)),
    ],
)
def test_an_as_of_day_lasts_until_its_end_where_the_company_is(text: str, time_zone: str, moment: datetime) -> None:
    assert request(time_zone, as_of=text).selection.as_of == moment


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"format": "xeroo"}, r"'xeroo' is not known \(did you mean xero\?\): give one of generic, xero"),
        ({"format": "journal_report"}, r"did you mean journal-report\?"),
        ({"format": "xero", "kind": "imports"}, "the xero export has no kind 'imports': it has report and import"),
        ({"kind": "import"}, "generic export has no kind 'import': it has report"),
        ({"granularity": "montly"}, "'montly' is not known: give daily or monthly"),
        ({"first": "January"}, "from 'January' is neither a day nor a month"),
        ({"last": "2025-02-30"}, "to '2025-02-30' is neither a day nor a month"),
        ({"first": "2025-02"}, "the last day 2025-01-31 is before the first day 2025-02-01"),
        ({"as_of": "yesterday"}, "as-of 'yesterday' is neither a day nor a timestamp"),
        ({"as_of": "2025-01-31T18:00:00"}, "has no time zone"),
        ({"as_of": "9999-12-31"}, "as-of '9999-12-31' is beyond what a calendar has"),
        ({"first": "2025-W01-1"}, "from '2025-W01-1' is neither a day nor a month"),
        ({"texts": {"currency": "XXZ"}}, "XXZ"),
        ({"texts": {"source": "INVOICES"}}, r"did you mean INVOICE\?"),
    ],
)
def test_what_cannot_be_is_told_in_one_line_with_the_value(words: dict[str, Any], said: str) -> None:
    with pytest.raises(RevrecError, match=said) as refused:
        request(**words)
    assert "\n" not in str(refused.value)


def test_a_request_tells_all_it_asks_for_once() -> None:
    asked = request(
        format="xero",
        last="2025-03",
        as_of="2025-04-01T00:00:00Z",
        granularity="monthly",
        kind="import",
        texts={"entity": "", "currency": "USD"},
        names={"customers": ("Bolt, Inc", "acme")},
    )
    assert asked.told() == {
        "from": "2025-01-01",
        "to": "2025-03-31",
        "as_of": "2025-04-01T00:00:00+00:00",
        "currency": "USD",
        "customers": '"Bolt, Inc", acme',
        "granularity": "monthly",
        "kind": "import",
    }
    assert asked.filters == {"currency": "USD", "customers": '"Bolt, Inc", acme'}
    assert request().told() == {"from": "2025-01-01", "to": "2025-01-31"}
    assert request().filters == {}


def test_words_of_ours_and_currencies_may_be_typed_in_small_letters_and_ids_stay_as_they_are() -> None:
    asked = request(texts={"entity": "ltd", "currency": "usd", "type": "manual", "source": "standalone"})
    assert asked.filters == {"entity": "ltd", "currency": "USD", "type": "MANUAL", "source": "STANDALONE"}


def test_the_formats_are_those_of_the_registry_and_the_report() -> None:
    assert (*EXPORT_FORMATS, "journal-report") == REQUESTABLE_FORMATS
    assert kinds_of("xero") == ("report", "import")
    assert kinds_of("journal-report") == kinds_of("netsuite") == ("report",)


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        pytest.param({}, [("", Granularity.DAILY)], id="what the policy says"),
        pytest.param({"granularity": "monthly"}, [("", Granularity.MONTHLY)], id="another granularity"),
        pytest.param(
            {"format": "xero", "granularity": "daily"},
            [("", Granularity.DAILY), ("-import", Granularity.MONTHLY)],
            id="a file that knows one granularity keeps it",
        ),
        pytest.param({"format": "xero", "kind": "import"}, [("-import", Granularity.MONTHLY)], id="one kind of file"),
    ],
)
def test_a_request_means_kinds_of_file(words: dict[str, Any], kinds: list[tuple[str, Granularity]]) -> None:
    layouts = request(**words).file_kinds(Policy(), LEDGER)
    assert all(isinstance(layout, FileLayout) for layout in layouts)
    found = [(layout.suffix, layout.granularity) for layout in layouts if isinstance(layout, FileLayout)]
    assert found == kinds


@pytest.mark.parametrize("granularity", ["", "daily", "monthly"])
def test_the_report_is_monthly_unless_asked_for_by_day(granularity: str) -> None:
    [layout] = request(format="journal-report", granularity=granularity).file_kinds(Policy(), LEDGER)
    assert isinstance(layout, JournalReportLayout)
    assert layout.granularity == (granularity or "monthly")


def test_a_format_that_the_policy_switches_off_is_refused() -> None:
    policy = Policy.model_validate({"exports": {"netsuite": {"enabled": False}}})
    with pytest.raises(FormatDisabledError, match=r"set exports\.netsuite\.enabled to true"):
        request(format="netsuite").file_kinds(policy, LEDGER)
