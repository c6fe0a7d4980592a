"""The manifest that stands beside every export file (SPEC 9).

What belongs here: what a manifest says, and its bytes. There is no clock in it: the same journals and policy give the
same manifest. What does not: where it is kept.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from revrec import ENGINE_VERSION
from revrec.accounts import Ledger
from revrec.exports.files import FileTotals
from revrec.money import to_text
from revrec.policy import Granularity, Policy


def manifest_name(file_name: str) -> str:
    """Name of a file's manifest: default-USD.manifest.json for default-USD.csv."""
    return f"{file_name.removesuffix('.csv')}.manifest.json"


class DescribedFile(Protocol):
    """What a manifest says of a kind of file: that of a general ledger, or of a report."""

    @property
    def format(self) -> str:
        """Name of the format."""

    @property
    def ledger(self) -> Ledger:
        """Whose journals it holds."""

    @property
    def granularity(self) -> Granularity:
        """A line per day or per month."""


def manifest(
    layout: DescribedFile,
    period: str | tuple[date, date],
    totals: FileTotals,
    policy: Policy,
    filters: Mapping[str, str] | None = None,
    as_of: str | None = None,
) -> dict[str, Any]:
    """What is in a file, and what it was made from.

    Args:
        layout: the kind of file.
        period: posting month, e.g. 2025-01; or the first and the last day of a range.
        totals: of the file, as written.
        policy: the policy it was written under.
        filters: names and values of the filters that chose the journals; none for all of the ledger in the period.
        as_of: ISO date or timestamp of what was known; None for everything that has landed.
    """
    currency = layout.ledger.currency
    return {
        "file": totals.name,
        "part": totals.part,
        "parts": totals.parts,
        "format": layout.format,
        "entity": layout.ledger.entity,
        "currency": currency,
        **({"month": period} if isinstance(period, str) else {"from": str(period[0]), "to": str(period[1])}),
        "granularity": layout.granularity.value,
        "rows": totals.rows,
        "journals": totals.journals,
        "total_debits": to_text(totals.debit_minor, currency),
        "total_credits": to_text(totals.credit_minor, currency),
        "total_debits_minor": totals.debit_minor,
        "total_credits_minor": totals.credit_minor,
        "bytes": totals.size_bytes,
        "sha256": totals.sha256,
        "filters": dict(filters or {}),
        "as_of": as_of,
        "policy_sha256": policy.sha256,
        "engine_version": ENGINE_VERSION,
    }


def manifest_bytes(content: Mapping[str, Any]) -> bytes:
    """A manifest as a JSON file: UTF-8, keys in their order, one per line."""
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
