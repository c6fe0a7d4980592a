"""Files of manual journals, YAML or JSON (SPEC 6).

What belongs here: reading the text, and the rules of every field; what a CSV file holds goes through the same rules.
What does not: the layout of CSV (`csv_files.py`), where files lie.
"""

import datetime as dt
import json
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from revrec.accounts import Account, Direction
from revrec.calendar import parse_month
from revrec.errors import RevrecError
from revrec.journal_numbers import JournalNumber, JournalNumberError
from revrec.manual_journals.journal import (
    ManualEntry,
    ManualJournal,
    ManualJournalError,
    entry_faults,
    people_faults,
)
from revrec.money import UnknownCurrencyError, currency_exponent, to_minor
from revrec.parsing.faults import quoted
from revrec.parsing.texts import MAX_TEXT_LENGTH
from revrec.policy import Policy
from revrec.strict_yaml import TextDateLoader

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Control characters and Unicode's line ends: each would break a line of an export, and PostgreSQL takes no NUL.
_CONTROL_CHARACTER = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _real_date(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not _DATE.fullmatch(value):
        raise ValueError("is not a date: write it as YYYY-MM-DD")
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise ValueError("is a day that does not exist: correct it") from None


def _clean(text: str) -> str:
    if _CONTROL_CHARACTER.search(text):
        raise ValueError("holds a line break or another control character: remove it")
    return text


def _trimmed(text: str) -> str:
    if text != text.strip():
        # Not trimmed: the id with a blank may be another one in the billing system.
        raise ValueError("has white space around it: remove it")
    return text


def _journal_number(text: str) -> str:
    if text:
        try:
            JournalNumber.parse(text)
        except JournalNumberError:
            raise ValueError(
                "is not the number of a journal such as RR-202501-000001: correct it, or leave it empty"
            ) from None
    return text


_OptionalId = Annotated[str, Field(max_length=MAX_TEXT_LENGTH), AfterValidator(_clean), AfterValidator(_trimmed)]
_Id = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_LENGTH), AfterValidator(_clean), AfterValidator(_trimmed)]
# Stripped before it is looked at: YAML's block texts end with a line break.
_Narrative = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT_LENGTH), AfterValidator(_clean)
]


class _Row(BaseModel):
    # strict: a number is not taken for a text, so that no float gets near money and no id loses its zeros
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _EntryRow(_Row):
    direction: Annotated[Direction, Field(strict=False)]
    account: Annotated[Account, Field(strict=False)]
    amount: str


class _JournalRow(_Row):
    id: _Id
    date: Annotated[dt.date, BeforeValidator(_real_date)]
    entity: _Id
    currency: _Id
    customer_id: _Id
    product_id: _Id
    invoice_id: _OptionalId = ""
    narrative: _Narrative
    adjusts: Annotated[_OptionalId, AfterValidator(_journal_number)] = ""
    entries: Annotated[tuple[_EntryRow, ...], Field(strict=False)]


@dataclass(frozen=True)
class GivenJournal:
    """One journal as a file gives it.

    Attributes:
        fields: Field to value, `entries` among them.
        places: Where each entry stands, for messages, e.g. "row 5".
    """

    fields: object
    places: Sequence[str]


def parse_manual_journals(
    text: str, source: str, prepared_by: str, approved_by: str, policy: Policy
) -> list[ManualJournal]:
    """Read manual journals from YAML or JSON: a list under `journals:`.

    Args:
        text: The file's text.
        source: Name of the file, for messages; read as JSON where it ends in .json, else as YAML.
        prepared_by: Who made the journals.
        approved_by: Who approved them.
        policy: Names the entities.

    Returns:
        The journals in the order of the file.

    Raises:
        ManualJournalError: The file cannot be read, or a journal breaks a rule of SPEC 6. All faults are in the one
            error, each with journal, field, value and what to do.
    """
    given = _load(text, source)
    if not isinstance(given, dict) or list(given) != ["journals"] or not isinstance(given["journals"], list):
        raise ManualJournalError(
            source, ["the file must hold one list under `journals:` and nothing else: see the docs"]
        )
    journals = [GivenJournal(fields, _places(fields)) for fields in given["journals"]]
    return checked_journals(journals, source, prepared_by, approved_by, policy)


def checked_journals(
    given: Sequence[GivenJournal],
    source: str,
    prepared_by: str,
    approved_by: str,
    policy: Policy,
    faults_before: Sequence[str] = (),
) -> list[ManualJournal]:
    """Make journals of what a file gives, whatever its format.

    Args:
        given: The journals of the file.
        source: Name of the file, for messages.
        prepared_by: Who made the journals.
        approved_by: Who approved them.
        policy: Names the entities.
        faults_before: What the reader of the format found already.

    Raises:
        ManualJournalError: Any fault at all, with all of them.
    """
    faults = [*faults_before, *people_faults(prepared_by, approved_by)]
    if not given and not faults_before:
        faults.append("the file holds no journal: give at least one")
    rows: dict[str, tuple[_JournalRow, tuple[ManualEntry, ...]]] = {}
    for number, journal in enumerate(given, start=1):
        name = _name(journal.fields, number)
        try:
            row = _JournalRow.model_validate(journal.fields)
        except ValidationError as error:
            details = error.errors(include_url=False, include_context=False)
            faults += [f"{name}{_fault(detail, journal.places)}" for detail in details]
            continue
        if row.id in rows:
            faults.append(f"{name}id {quoted(row.id)} is given twice in the file: give each journal an id of its own")
        entries, found = _entries(row, journal.places, policy)
        faults += [name + fault for fault in found]
        rows[row.id] = row, entries
    if faults:
        raise ManualJournalError(source, faults)
    return [_journal(row, entries, prepared_by, approved_by) for row, entries in rows.values()]


def _load(text: str, source: str) -> Any:
    try:
        if source.lower().endswith(".json"):
            return json.loads(text, object_pairs_hook=_without_duplicates)
        return yaml.load(text, TextDateLoader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise ManualJournalError(source, [f"the file cannot be read ({reason}): correct it"]) from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[Hashable, Any]:
    names = [name for name, _ in pairs]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ValueError(f"the key {name!r} is given twice")
    return dict(pairs)


def _places(fields: object) -> list[str]:
    entries = fields.get("entries") if isinstance(fields, dict) else None
    return [f"entry {number}" for number in range(1, len(entries) + 1)] if isinstance(entries, list) else []


def _name(fields: object, number: int) -> str:
    identity = fields.get("id") if isinstance(fields, dict) else None
    return f"journal {quoted(identity) if identity and isinstance(identity, str) else f'number {number}'}: "


def _fault(detail: Any, places: Sequence[str]) -> str:
    """One fault of pydantic's in the words of this file: place, field, value, what to do."""
    place, *rest = detail["loc"] or ("",)
    field = str(place)
    if place == "entries" and rest:
        field = " ".join([places[rest[0]] if isinstance(rest[0], int) else str(rest[0]), *map(str, rest[1:])])
    value = detail["input"]
    shown = (
        quoted(value) if isinstance(value, str) else type(value).__name__ if isinstance(value, (dict, list)) else value
    )
    kind = detail["type"]
    if kind == "missing":
        return f"{field} is missing: give it"
    if kind == "extra_forbidden":
        return f"unknown field {field!r}: remove it or correct its spelling"
    if kind == "string_too_short" or value is None:
        return f"{field} is empty: give it"
    if kind == "string_too_long":
        return f"{field} {shown} is {len(value):,} characters long: shorten it to {MAX_TEXT_LENGTH:,}"
    if kind in ("string_type", "date_type"):
        return f"{field} {shown} is not text: put it in quotes, exactly as it is meant"
    if kind == "value_error":
        return f"{field} {shown} {detail['msg'].removeprefix('Value error, ')}"
    if kind == "enum":
        return f"{field} {shown} is unknown: use {detail['msg'].removeprefix('Input should be ')}"
    if kind == "model_type":
        return f"{field or 'it'} is {shown}, not `field: value` pairs: give its fields"
    return f"{field} {shown}: {detail['msg']}"


def _entries(row: _JournalRow, places: Sequence[str], policy: Policy) -> tuple[tuple[ManualEntry, ...], list[str]]:
    """The entries of one journal in minor units, and what is wrong with it beyond single fields."""
    faults = []
    if row.entity not in policy.entities:
        known = ", ".join(sorted(policy.entities))
        faults.append(f"entity {quoted(row.entity)} is not in the policy: use one of {known}, or add it there")
    if row.date < parse_month(policy.first_month).astype("datetime64[D]").item():
        # No month of the chain would ever post it.
        faults.append(f"date {row.date} is before the policy's first_month {policy.first_month}: give a later one")
    try:
        currency_exponent(row.currency)
    except UnknownCurrencyError as error:
        return (), [*faults, str(error)]
    amounts, unreadable = [], []
    for place, entry in zip(places, row.entries, strict=True):
        try:
            amounts.append(to_minor(entry.amount, row.currency))
        except RevrecError as error:
            unreadable.append(f"{place} {error}: write it as a decimal number of {row.currency}")
            continue
        if amounts[-1] <= 0:
            unreadable.append(
                f"{place} amount {quoted(entry.amount)} is not positive: the direction says which side it is on"
            )
    if unreadable:
        return (), faults + unreadable
    entries = tuple(
        ManualEntry(entry.direction, entry.account, amount) for entry, amount in zip(row.entries, amounts, strict=True)
    )
    return entries, faults + entry_faults(entries, row.currency)


def _journal(row: _JournalRow, entries: tuple[ManualEntry, ...], prepared_by: str, approved_by: str) -> ManualJournal:
    return ManualJournal(
        **row.model_dump(exclude={"entries"}), prepared_by=prepared_by, approved_by=approved_by, entries=entries
    )
