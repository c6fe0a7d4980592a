"""The worked examples of docs/accounting post what their pages say, from landing files to export files.

`docs/accounting/README.md` says how an example reads. Those that only land are posted from one store; those that need
steps between, such as a close, share another on which the steps are done. Each goes through the code that its command
starts.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest
import yaml

from assets.closing import Closing
from assets.up_to_date import Places
from resources.lake import Lake
from resources.opening import open_books, open_store
from resources.policy_file import load_policy
from resources.settings import STORE, settings_from
from revrec.calendar import months_between
from revrec.manual_journals import parse_manual_csv, parse_manual_journals
from revrec.policy import PolicyVersion
from tests.assets.accountant import Accountant
from tests.end_to_end.example_pages import DAY, RULES, Example, Pages, policy_of

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Exported, LandingStore, Movement, Movements, ParseTable

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

# Date or month, debited account, credited account, then the example's telling columns.
Posting = tuple[str, ...]


@pytest.fixture(scope="module")
def pages(parse_table: ParseTable) -> Pages:
    return Pages(parse_table)


def test_every_rule_has_an_example(pages: Pages) -> None:
    assert RULES
    assert {example.name.split(":")[0] for example in pages.examples} == set(RULES)
    for name, setting in PolicyVersion.model_fields.items():
        if name != "effective_from":
            values = {str(value) for value in get_args(setting.annotation) or setting.annotation or ()}
            used = {part.settings.get(name) for example in pages.examples for part in example.policies}
            assert used >= values - {str(setting.default)}, f"a value of {name} has no example"


def test_every_example_posts_what_its_page_says(
    pages: Pages,
    landing_store: LandingStore,
    exported: Exported,
    movements: Movements,
    subtests: pytest.Subtests,
) -> None:
    examples = [example for example in pages.examples if not example.takes_steps]
    store = landing_store(pages.landing(examples), yaml.safe_dump(policy_of(examples)))
    accountant = Accountant(store)
    for month in months_between(*posting_months(examples)):
        accountant.post(month)
    assert_posted(examples, by_example(store, exported, movements), subtests)
    assert list((store / "quarantine").rglob("*.jsonl")) == []


def test_every_example_with_closed_days_posts_what_its_page_says(
    pages: Pages,
    landing_store: LandingStore,
    exported: Exported,
    movements: Movements,
    subtests: pytest.Subtests,
) -> None:
    examples = [example for example in pages.examples if example.takes_steps]
    store = landing_store(pages.landing(examples), yaml.safe_dump(policy_of(examples)))
    record_manual_journals(store, examples)
    done: list[str] = []
    for step in [*pages.steps, *remaining_closes(pages.steps, examples)]:
        closing = Closing(places_of(store), lambda *_: None, NOW)
        match step.split():
            case ["close", month]:
                closing.close(month, "Kim")
            case ["lock", day]:
                closing.lock(dt.date.fromisoformat(day), "Kim")
            case ["reopen", month]:
                closing.reopen(month, "Kim", "the worked examples ask for it")
            case _:
                raise AssertionError(f"no such step: {step}")
        if step not in done:
            done.append(step)
            late = pages.landing(examples, step)
            landing_store(late, yaml.safe_dump(policy_of(examples, done)), store)
    assert_posted(examples, by_example(store, exported, movements), subtests)
    assert list((store / "quarantine").rglob("*.jsonl")) == []


def places_of(store: Path) -> Places:
    settings = settings_from({STORE: str(store)})
    objects = open_store(settings)
    return Places(objects, Lake(objects), open_books(settings), load_policy(None, objects))


def record_manual_journals(store: Path, examples: Iterable[Example]) -> None:
    places = places_of(store)
    for example in examples:
        for file in example.manual:
            parse = parse_manual_csv if file.format == "csv" else parse_manual_journals
            journals = parse(file.text, f"journals.{file.format}", "Kim", "Lee", places.policy)
            places.books.record_manual_journals(
                [
                    replace(
                        journal,
                        entity=example.entity(journal.entity),
                        customer_id=f"{example.key}_{journal.customer_id}",
                    )
                    for journal in journals
                ],
                now=NOW,
            )


def remaining_closes(steps: Iterable[str], examples: list[Example]) -> list[str]:
    """A close of every month after those of the steps: it writes the month's files, as a run would."""
    newest = max(step.removeprefix("close ") for step in steps if step.startswith("close "))
    return [f"close {month}" for month in months_between(newest, posting_months(examples)[1])[1:]]


def posting_months(examples: list[Example]) -> tuple[str, str]:
    """First and last month in which an example posts."""
    months = [entry["Date"][:7] for example in examples for entry in example.entries]
    return min(months), max(months)


def by_example(store: Path, exported: Exported, movements: Movements) -> dict[str, list[Movement]]:
    """All that was exported: what belongs to an example has its customers. Each line says its ledger, too."""
    found: defaultdict[str, list[Movement]] = defaultdict(list)
    for ledger in sorted({path.stem for path in (store / "exports" / "generic").glob("*/*.csv")}):
        for movement in movements(exported(store, files=f"{ledger}.csv")):
            movement.line["Ledger"] = ledger
            (key,) = re.findall(r"^example_[0-9]+", movement.line["Customer ID"])
            found[key].append(movement)
    return found


def assert_posted(examples: list[Example], found: dict[str, list[Movement]], subtests: pytest.Subtests) -> None:
    assert found.keys() <= {example.key for example in examples}
    for example in examples:
        with subtests.test(example.name):
            expected = expected_postings(example)
            assert posted(example, found.get(example.key, []), expected) == expected


def expected_postings(example: Example) -> dict[Posting, Decimal]:
    """The example's entries, stretches of days taken apart."""
    expected: dict[Posting, Decimal] = {}
    for entry in example.entries:
        amount = Decimal(entry["Amount"].replace(",", ""))
        for date in dates_of(entry["Date"]):
            posting = (date, entry["Debit"], entry["Credit"], *(entry[name] for name in example.telling_columns))
            assert posting not in expected, f"stands twice: {posting}"
            expected[posting] = amount
    return expected


def dates_of(text: str) -> list[str]:
    """A day, a month, or the days of `2025-01-01 to 2025-01-30`."""
    first, _, last = text.partition(" to ")
    if not last:
        return [first]
    start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    return [str(start + place * DAY) for place in range((end - start).days + 1)]


def posted(example: Example, moved: Iterable[Movement], expected: Iterable[Posting]) -> dict[Posting, Decimal]:
    """What the export holds, added up to the dates and months that are expected; other days stand by themselves."""
    known = set(expected)
    amounts: defaultdict[Posting, Decimal] = defaultdict(Decimal)
    for movement in moved:
        rest = (
            movement.debit,
            movement.credit,
            *(example.told(name, movement.line) for name in example.telling_columns),
        )
        of_day, of_month = (movement.date, *rest), (movement.date[:7], *rest)
        amounts[of_month if of_day not in known and of_month in known else of_day] += movement.amount
    return dict(amounts)
