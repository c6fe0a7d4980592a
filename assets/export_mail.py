"""What the mail about an export says.

What belongs here: its words. What does not: making the link (`resources.signed_links`), sending (`resources.mailer`).
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from resources.books import RecordedRequestedExport
from revrec.money import to_text

# Told by lines of their own.
_RANGE = ("from", "to", "as_of")


def subject(export: RecordedRequestedExport) -> str:
    """One line: format and range."""
    return f"revrec export {export.format}, {export.filters['from']} to {export.filters['to']}"


def mail_text(export: RecordedRequestedExport, link: str, expires_at: datetime) -> str:
    """What is in the file, where it is, and until when: plain text.

    Args:
        export: as recorded.
        link: to the file.
        expires_at: when the link ends, aware.
    """
    until = f"{expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return "\n".join(
        (
            "The export you asked for is ready.",
            "",
            *_facts(export),
            "",
            f"Download it until {until}:",
            link,
            "",
            "Whoever has this link can download the file until then: pass it on with care.",
            f"Asked for by {_line(export.requested_by)}, request {export.request_id}.",
            "",
        )
    )


def _facts(export: RecordedRequestedExport) -> Iterator[str]:
    asked = export.filters
    filters = [f"{name.replace('_', ' ')}: {_line(text)}" for name, text in asked.items() if name not in _RANGE]
    yield f"Format:   {export.format}"
    yield f"Days:     {asked['from']} to {asked['to']}, both included"
    yield f"As of:    {asked.get('as_of', 'all that has landed')}"
    yield f"Filters:  {filters[0] if filters else 'none'}"
    yield from (f"          {each}" for each in filters[1:])
    for ledger, figures in sorted(export.totals.items()):
        currency = ledger.rpartition("-")[2]
        amounts = (to_text(figures[name], currency) for name in ("debits_minor", "credits_minor"))
        debits, credited = amounts
        yield f"Ledger:   {ledger}: {figures['journals']} journals, debits {debits}, credits {credited}"
    yield f"Rows:     {export.rows}"
    yield f"Size:     {export.size_bytes} bytes (zip)"
    yield f"SHA-256:  {export.sha256}"


def _line(text: str) -> str:
    """A text of somebody's data, which must not look like lines of ours."""
    return " ".join(text.split())
