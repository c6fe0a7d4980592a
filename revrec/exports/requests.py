"""Exports that people ask for: a format, the journals it takes in, and how they are written (SPEC 7, SPEC 9).

What belongs here: the request as a value, made from what people type, and the kinds of file it means. What does not:
choosing journals (`revrec.journal_selection`), writing files (`revrec.exports.files`, `revrec.reports`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from revrec.accounting_periods import last_day_of
from revrec.accounts import Ledger
from revrec.calendar import MONTH_PATTERN
from revrec.errors import RevrecError
from revrec.exports import EXPORT_FORMATS
from revrec.exports.layout import FileLayout
from revrec.journal_selection import Selection
from revrec.nearest import nearest
from revrec.policy import Granularity, Policy
from revrec.reports.journal_report_files import JOURNAL_REPORT, JournalReportLayout

REQUESTABLE_FORMATS = (*EXPORT_FORMATS, JOURNAL_REPORT)

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# What a kind of file is called where its name has no suffix.
_PLAIN_KIND = "report"


class RequestError(RevrecError, ValueError):
    """A request that cannot be: the message names the value, and what to give."""


class UnknownFormatError(RequestError):
    """There is no such export format."""


class UnknownKindError(RequestError):
    """The format has no such kind of file."""


class FormatDisabledError(RequestError):
    """The policy switches the format off."""


class DayTextError(RequestError):
    """A text that is neither a day nor a month."""


class MomentTextError(RequestError):
    """A text that is neither a day nor a timestamp."""


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """What somebody asks for.

    Attributes:
        format: one of `REQUESTABLE_FORMATS`.
        selection: the filters.
        granularity: a line per day or per month; None for what the policy says, and monthly for the journal report.
        kind: one kind of file, where the format has several; None for all of them.
    """

    format: str
    selection: Selection
    granularity: Granularity | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        """See that format and kind exist.

        Raises:
            UnknownFormatError, UnknownKindError: they do not.
        """
        if self.format not in REQUESTABLE_FORMATS:
            raise UnknownFormatError(
                f"export format {self.format!r} is not known{nearest(self.format, REQUESTABLE_FORMATS)}: give one of "
                f"{', '.join(REQUESTABLE_FORMATS)}"
            )
        kinds = kinds_of(self.format)
        if self.kind is not None and self.kind not in kinds:
            raise UnknownKindError(f"the {self.format} export has no kind {self.kind!r}: it has {' and '.join(kinds)}")

    @property
    def filters(self) -> dict[str, str]:
        """What chooses the journals, besides range and as-of: name to text."""
        told = self.selection.told()
        return {name: text for name, text in told.items() if name not in ("from", "to", "as_of")}

    def told(self) -> dict[str, str]:
        """All that is asked for besides the format, name to text, in a fixed order."""
        chosen = {"granularity": self.granularity, "kind": self.kind}
        return {**self.selection.told(), **{name: str(value) for name, value in chosen.items() if value}}

    def file_kinds(self, policy: Policy, ledger: Ledger) -> tuple["FileLayout | JournalReportLayout", ...]:
        """The kinds of file of a ledger.

        Raises:
            FormatDisabledError: the policy has no use for the format.
        """
        if self.format == JOURNAL_REPORT:
            return (JournalReportLayout(ledger, policy.accounts, self.granularity or Granularity.MONTHLY),)
        export = EXPORT_FORMATS[self.format]
        if not export.enabled(policy):
            raise FormatDisabledError(
                f"the policy switches the {self.format} export off: set exports.{self.format}.enabled to true, or "
                "choose another format"
            )
        layouts = export.layouts(self._with_granularity(policy), ledger)
        return tuple(layout for layout in layouts if self.kind in (None, _kind(layout)))

    def _with_granularity(self, policy: Policy) -> Policy:
        """The policy with the wanted granularity as the format's setting, so that the format itself says which of its
        files heed it."""
        if self.granularity is None:
            return policy
        chosen = getattr(policy.exports, self.format).model_copy(update={"granularity": self.granularity})
        return policy.model_copy(update={"exports": policy.exports.model_copy(update={self.format: chosen})})


def kinds_of(export: str) -> tuple[str, ...]:
    """Names of a format's kinds of file; one for most."""
    if export not in EXPORT_FORMATS:
        return (_PLAIN_KIND,)
    return tuple(_kind(layout) for layout in EXPORT_FORMATS[export].layouts(Policy(), Ledger("default", "USD")))


def _kind(layout: FileLayout) -> str:
    return layout.suffix.removeprefix("-") or _PLAIN_KIND


@dataclass(frozen=True, kw_only=True)
class RequestTexts:
    """A request as people type it; empty texts do not filter.

    Attributes:
        format: one of `REQUESTABLE_FORMATS`.
        first: first day YYYY-MM-DD, or month YYYY-MM for its first day.
        last: last day, inclusive, or month for its last day.
        as_of: day YYYY-MM-DD for its end where the company is, or timestamp with a time zone.
        granularity: daily or monthly.
        kind: see `ExportRequest`.
        texts: entity, currency, type, source of a `Selection`.
        names: customers, products, invoices, credit_notes of a `Selection`.
        exclude_fully_recognized: see `Selection`.
    """

    format: str
    first: str
    last: str
    as_of: str = ""
    granularity: str = ""
    kind: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclude_fully_recognized: bool = False

    def request(self, time_zone: str) -> ExportRequest:
        """The request that is meant.

        Args:
            time_zone: IANA name, the policy's.

        Raises:
            RequestError, SelectionError: a text cannot be understood, or names what there is not.
        """
        return ExportRequest(
            format=self.format,
            selection=Selection(
                first_day=_day(self.first, "from"),
                last_day=_day(self.last, "to"),
                as_of=_moment(self.as_of, time_zone) if self.as_of else None,
                exclude_fully_recognized=self.exclude_fully_recognized,
                **{name: _spelt(name, text) for name, text in self.texts.items() if text},  # type: ignore[arg-type]  # by name
                **self.names,  # type: ignore[arg-type]  # by name
            ),
            granularity=_granularity(self.granularity),
            kind=self.kind or None,
        )


def _spelt(name: str, text: str) -> str:
    """Our own words and currencies are capitals; an entity's id is its own."""
    return text if name == "entity" else text.upper()


def _day(text: str, name: str) -> date:
    try:
        if MONTH_PATTERN.fullmatch(text):
            return last_day_of(text) if name == "to" else date.fromisoformat(f"{text}-01")
        return _date(text)
    except ValueError:
        raise DayTextError(f"{name} {text!r} is neither a day nor a month: write 2025-01-31 or 2025-01") from None


def _date(text: str) -> date:
    """As people write it; `date.fromisoformat` would take weeks and days without hyphens, too."""
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _moment(text: str, time_zone: str) -> datetime:
    """The last moment of a day, or a timestamp as it is; a timestamp without a zone is refused by `Selection`."""
    try:
        day = _date(text)
    except ValueError:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise MomentTextError(
                f"as-of {text!r} is neither a day nor a timestamp: write 2025-01-31 or 2025-01-31T18:00:00Z"
            ) from None
    try:
        midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(time_zone))
        return midnight.astimezone(UTC) - timedelta(microseconds=1)
    except OverflowError:
        raise MomentTextError(
            f"as-of {text!r} is beyond what a calendar has: leave it out for all that is known"
        ) from None


def _granularity(text: str) -> Granularity | None:
    try:
        return Granularity(text) if text else None
    except ValueError:
        choices = " or ".join(granularity.value for granularity in Granularity)
        raise RequestError(f"granularity {text!r} is not known: give {choices}") from None
