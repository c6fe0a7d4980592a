"""Run-length journals as text that a person can read, and the plain Python model of what they say."""

import contextlib
import datetime as dt
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

import pyarrow as pa
import pytest
from hypothesis import strategies as st

from revrec import tables
from revrec.accounts import MOVEMENT_KINDS, Ledger
from revrec.exports import EXPORT_FORMATS
from revrec.exports.caps import Caps
from revrec.exports.files import FileTotals, export_files
from revrec.exports.layout import FileLayout
from revrec.exports.manifest import manifest, manifest_bytes, manifest_name
from revrec.money import to_minor
from revrec.policy import Policy

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Stretch:
    """One row of `tables.DAILY_JOURNALS`; amounts in minor units."""

    journal: str
    first_day: dt.date
    days: int
    a_day: int
    last_day: int
    kind: str = "EARNED_DEFERRED"
    product: str = "Platform"
    customer: str = "Acme"
    invoice: str = "INV-1"
    obligation: str = "ob-1"
    narrative: str = "Earned"
    type: str = "SYSTEM"
    source: str = "INVOICE"
    entity: str = "default"
    currency: str = "USD"
    effective: dt.date | None = None

    @property
    def amount(self) -> int:
        return self.a_day * (self.days - 1) + self.last_day

    @property
    def debit(self) -> str:
        """A kind with a minus is that of a negative amount: it swaps the accounts."""
        kind = MOVEMENT_KINDS[self.kind.removeprefix("-")]
        return kind.credit if self.kind.startswith("-") else kind.debit

    @property
    def credit(self) -> str:
        kind = MOVEMENT_KINDS[self.kind.removeprefix("-")]
        return kind.debit if self.kind.startswith("-") else kind.credit

    @property
    def effective_first_day(self) -> dt.date:
        return self.effective or self.first_day

    def movements(self) -> Iterator[tuple[dt.date, int]]:
        """Date and amount of each day that has one."""
        for day in range(self.days):
            amount = self.last_day if day == self.days - 1 else self.a_day
            if amount:
                yield self.first_day + day * _DAY, amount

    def row(self) -> dict[str, Any]:
        return {
            "entity": self.entity,
            "currency": self.currency,
            "journal_number": self.journal,
            "narrative": self.narrative,
            "product_id": f"prod_{self.product}",
            "product_name": self.product,
            "customer_id": f"cus_{self.customer}",
            "customer_name": self.customer,
            "invoice_id": f"inv_{self.invoice}",
            "invoice_number": self.invoice,
            "credit_note_id": "",
            "credit_note_number": "",
            "manual_journal_id": "",
            "recognition_method": "STRAIGHT_LINE",
            "source": self.source,
            "type": self.type,
            "obligation_id": self.obligation,
            "kind": self.kind.removeprefix("-"),
            "debit_account": self.debit,
            "credit_account": self.credit,
            "first_day": self.first_day,
            "days": self.days,
            "amount_a_day_minor": self.a_day,
            "amount_last_day_minor": self.last_day,
            "amount_minor": self.amount,
            "effective_first_day": self.effective_first_day,
            "effective_last_day": self.effective or self.first_day + (self.days - 1) * _DAY,
            "run_id": "run-1",
        }


def _parse(text: str, **common: str) -> list[Stretch]:
    """Rows of a table with a header, columns separated by |; amounts are decimals of the currency."""
    header, *lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [_stretch(dict(zip(header, line, strict=True)) | common) for line in lines]


def _stretch(cells: dict[str, str]) -> Stretch:
    currency = cells.get("currency", "USD")
    values: dict[str, Any] = dict(cells)
    for name in ("a_day", "last_day"):
        values[name] = to_minor(cells[name], currency)
    for name in cells.keys() & {"first_day", "effective"}:
        values[name] = dt.date.fromisoformat(cells[name])
    return Stretch(**{**values, "days": int(cells["days"])})


def _batch(stretches: Iterable[Stretch]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([stretch.row() for stretch in stretches], schema=tables.DAILY_JOURNALS)


# Texts that CSV, spreadsheets or joins might trip over, beside plain ones.
_texts = st.sampled_from(
    ["Platform", "Support, EU", 'The "Pro" plan', "=1+1", "-discount", "Zürich 東京", "a\nb", "a\r\nb", ""]
)


@st.composite
def _ledger_months(draw: st.DrawFn) -> list[Stretch]:
    """Journals of one ledger and month, in order: a few of a few rows, any kind, amounts of any size."""
    stretches = []
    for journal in range(draw(st.integers(0, 6))):
        customer, invoice = draw(_texts), f"INV-{journal}"
        for row in range(draw(st.integers(1, 4))):
            first = draw(st.integers(1, 28))
            days = draw(st.integers(1, 29 - first))
            a_day, last_day = draw(st.tuples(st.integers(0, 10**13), st.integers(0, 10**13)).filter(any))
            # A single day has only a last one.
            last_day = max(last_day, 1) if days == 1 else last_day
            stretches.append(
                Stretch(
                    journal=f"RR-202502-{journal + 1:06d}",
                    first_day=dt.date(2025, 2, first),
                    days=days,
                    a_day=a_day,
                    last_day=last_day,
                    kind=draw(st.sampled_from(["", "-"])) + draw(st.sampled_from(list(MOVEMENT_KINDS))),
                    product=draw(_texts),
                    customer=customer,
                    invoice=invoice,
                    obligation=f"ob-{row}",
                    narrative=draw(_texts),
                    type=draw(st.sampled_from(["SYSTEM", "SYSTEM", "MANUAL"])),
                    effective=draw(st.sampled_from([None, None, dt.date(2024, 12, 1)])),
                )
            )
    return stretches


@dataclass
class Exported:
    """The files of an export as they were written, and what they were written by."""

    layout: FileLayout
    policy: Policy
    files: dict[str, bytes] = field(default_factory=dict)
    totals: list[FileTotals] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The only file's text."""
        (content,) = self.files.values()
        return content.decode()

    def delivered(self, month: str) -> dict[str, bytes]:
        """The files with their manifests."""
        manifests = {
            manifest_name(totals.name): manifest_bytes(manifest(self.layout, month, totals, self.policy))
            for totals in self.totals
        }
        return {**self.files, **manifests}

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A file that is there whole, or not at all."""
        assert name not in self.files, f"{name} was written twice"
        buffer = io.BytesIO()
        yield buffer
        self.files[name] = buffer.getvalue()


def _export(
    export: str,
    journals: pa.RecordBatch | Sequence[pa.RecordBatch],
    *,
    policy: dict[str, Any] | None = None,
    suffix: str = "",
    caps: Caps | None = None,
    ledger: Ledger | None = None,
) -> Exported:
    """Export journals as the kind of file with this suffix, under a policy and, where given, other caps."""
    batches = [journals] if isinstance(journals, pa.RecordBatch) else list(journals)
    rules = Policy.model_validate(policy or {})
    layouts = EXPORT_FORMATS[export].layouts(rules, ledger or Ledger("default", "USD"))
    (layout,) = [layout for layout in layouts if layout.suffix == suffix]
    exported = Exported(replace(layout, caps=caps or layout.caps), rules)
    exported.totals = export_files(exported.layout, lambda: batches, exported.open)
    return exported


@pytest.fixture(scope="session")
def stretches() -> Callable[..., list[Stretch]]:
    """Run-length rows from a table of text."""
    return _parse


@pytest.fixture(scope="session")
def journals() -> Callable[..., pa.RecordBatch]:
    """A batch of `tables.DAILY_JOURNALS` from a table of text, or from `Stretch`es."""

    def build(rows: str | Iterable[Stretch], **common: str) -> pa.RecordBatch:
        return _batch(_parse(rows, **common) if isinstance(rows, str) else rows)

    return build


@pytest.fixture(scope="session")
def ledger_months() -> st.SearchStrategy[list[Stretch]]:
    """Random journals of one ledger and month."""
    return _ledger_months()


@pytest.fixture(scope="session")
def export() -> Callable[..., Exported]:
    """Exports journals into memory."""
    return _export
