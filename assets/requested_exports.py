"""Exports that people ask for: any format over any journals, as one file that a link can lead to (SPEC 7, SPEC 9).

What belongs here: bringing request, journals and files together, and keeping the result under a key that follows from
its content. What does not: the monthly files of each format (`assets.gl_exports`), recording and mailing
(`revrec_dagster.export_jobs`).
"""

import hashlib
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from assets.journal_selection import SelectedJournals, selected_journals
from assets.ledger_ties import require_ties
from assets.up_to_date import Places
from resources.checksums import sha256_of
from resources.object_store import ObjectStore
from revrec.accounts import Ledger
from revrec.errors import RevrecError
from revrec.exports.files import JournalsChangedError, export_files
from revrec.exports.layout import FileLayout
from revrec.exports.manifest import manifest, manifest_bytes, manifest_name
from revrec.exports.requests import ExportRequest
from revrec.policy import Policy
from revrec.reports.journal_report_files import JournalReportLayout, journal_report_files

REQUESTED_FOLDER = "exports/requested"

OpenFile = Callable[[str], AbstractContextManager[BinaryIO]]
FileKind = FileLayout | JournalReportLayout

# The earliest that a zip file can say: the same content gives the same bytes whenever it is written.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_ZIP_MODE = 0o100644 << 16
_UNIX = 3
_CHUNK_BYTES = 1024 * 1024


class NothingToExportError(RevrecError, LookupError):
    """No ledger of the entity and currency that are wanted has begun by the end of the range."""


class AlteredExportError(RevrecError, ValueError):
    """What lies under an export's key is not what was written there."""


@dataclass(frozen=True)
class OpenedExport:
    """A request with its journals, ready to be written; good as long as `opened_export`'s block lasts.

    Attributes:
        request: what is asked for.
        journals: what it takes in.
        policy: accounts and settings of the formats.
        kinds: the kinds of file of each ledger, in order.
    """

    request: ExportRequest
    journals: SelectedJournals
    policy: Policy
    kinds: tuple[FileKind, ...]

    def write(self, kind: FileKind, open_file: OpenFile) -> list[dict[str, Any]]:
        """Write the files of one kind, and return their manifests.

        Raises:
            RevrecError: as `export_files` and `journal_report_files`.
        """

        def journals() -> Iterator[Any]:
            return self.journals.batches(kind.ledger)

        if isinstance(kind, FileLayout):
            written = export_files(kind, journals, open_file)
        else:
            written = journal_report_files(kind, journals, open_file)
        selection = self.request.selection
        period, as_of = (selection.first_day, selection.last_day), selection.told().get("as_of")
        return [manifest(kind, period, totals, self.policy, self.request.filters, as_of) for totals in written]


@contextmanager
def opened_export(request: ExportRequest, places: Places) -> Iterator[OpenedExport]:
    """Choose a request's journals. Those of the lake have to tie to their schedules, as for the monthly files.

    Where filters are set, ledgers that they leave nothing of are left out.

    Raises:
        RevrecError: as `selected_journals`.
        JournalsDoNotTieError: the journals of a month differ from its schedules.
        FormatDisabledError: the policy has no use for the format.
        NothingToExportError: there is no ledger to export.
    """
    with selected_journals(request.selection, places) as journals:
        ledgers = journals.ledgers
        if not ledgers:
            raise NothingToExportError(
                f"no ledger{_of(request)} has begun by {request.selection.last_day}: choose later days, or another "
                "entity or currency"
            )
        # what was known at a moment is posted anew; else, and at a moment to come, journals come out of the lake
        if request.selection.as_of is None or request.selection.as_of >= datetime.now(UTC):
            for month in journals.journals:
                require_ties(places, month)
        if request.filters:
            ledgers = [ledger for ledger in ledgers if any(True for _ in journals.batches(ledger))] or ledgers
        kinds = tuple(kind for ledger in ledgers for kind in request.file_kinds(places.policy, ledger))
        yield OpenedExport(request, journals, places.policy, kinds)


def _of(request: ExportRequest) -> str:
    chosen = {"entity": request.selection.entity, "currency": request.selection.currency}
    return "".join(f" of {name} {value}" for name, value in chosen.items() if value)


@dataclass(frozen=True)
class WrittenExport:
    """A requested export in the store.

    Attributes:
        object_key: of the zip file.
        sha256: of its content.
        size_bytes: its length.
        manifests: of its files, in order.
    """

    object_key: str
    sha256: str
    size_bytes: int
    manifests: tuple[Mapping[str, Any], ...]

    @property
    def rows(self) -> int:
        """Data rows in all files."""
        return sum(each["rows"] for each in self.manifests)

    @property
    def totals(self) -> dict[str, dict[str, int]]:
        """See `totals_of`."""
        return totals_of(self.manifests)


def write_requested_export(request: ExportRequest, places: Places) -> WrittenExport:
    """Write a request's files with their manifests into one zip file, named after its content.

    The same request on the same journals gives the same bytes under the same key, which are written once.

    Raises:
        RevrecError: as `opened_export` and `OpenedExport.write`.
        AlteredExportError: something else lies under the key.
    """
    with tempfile.TemporaryDirectory(prefix="revrec-export-") as spool:
        files, zipped = Path(spool, "files"), Path(spool, "export.zip")
        files.mkdir()
        with opened_export(request, places) as export:
            manifests = write_to_folder(export, files)
        zip_folder(files, zipped)
        with zipped.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        key = f"{REQUESTED_FOLDER}/{request.format}-{sha256[:16]}.zip"
        _put(places.store, key, zipped, sha256)
        return WrittenExport(key, sha256, zipped.stat().st_size, tuple(manifests))


def write_to_folder(export: OpenedExport, folder: Path) -> list[dict[str, Any]]:
    """Write all files of an export, and a manifest beside each, into an existing folder; returns the manifests.

    Raises:
        JournalsChangedError: the kinds of file do not agree.
    """

    def open_file(name: str) -> BinaryIO:
        return (folder / name).open("wb")

    manifests = [content for kind in export.kinds for content in export.write(kind, open_file)]
    _require_agreement(manifests)
    for content in manifests:
        (folder / manifest_name(content["file"])).write_bytes(manifest_bytes(content))
    return manifests


def totals_of(manifests: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Per ledger: journals, debits and credits, in minor units. Kinds of file say the same, so the first counts."""
    return {ledger: dict(kinds[0]) for ledger, kinds in _totals(manifests).items()}


def _totals(manifests: Sequence[Mapping[str, Any]]) -> dict[str, list[Counter[str]]]:
    """Per ledger the sums of each kind of file. A kind's files follow one another, part by part."""
    kinds: dict[str, list[Counter[str]]] = {}
    for each in manifests:
        of_ledger = kinds.setdefault(Ledger(each["entity"], each["currency"]).key, [])
        if each["part"] == 1:
            of_ledger.append(Counter(journals=0, debits_minor=0, credits_minor=0))
        of_ledger[-1]["journals"] += each["journals"]
        of_ledger[-1]["debits_minor"] += each["total_debits_minor"]
        of_ledger[-1]["credits_minor"] += each["total_credits_minor"]
    return kinds


def _require_agreement(manifests: Sequence[Mapping[str, Any]]) -> None:
    for ledger, kinds in _totals(manifests).items():
        sums = {(kind["debits_minor"], kind["credits_minor"]) for kind in kinds}
        if len(sums) > 1:
            raise JournalsChangedError(
                f"the files of ledger {ledger} do not agree (debits and credits in minor units: {sorted(sums)}): the "
                "journals changed while they were exported, run the export again"
            )


def zip_folder(folder: Path, target: Path) -> None:
    """Put the files of a folder into a zip file by name; the same files give the same bytes."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(path.name, _ZIP_EPOCH)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, _UNIX, _ZIP_MODE
            entry.file_size = path.stat().st_size  # decides on the form for large files before the first byte
            with path.open("rb") as source, archive.open(entry, "w") as member:
                shutil.copyfileobj(source, member, _CHUNK_BYTES)


def _put(store: ObjectStore, key: str, path: Path, sha256: str) -> None:
    if store.exists(key):
        if sha256_of(store, key) != sha256:
            raise AlteredExportError(
                f"{store.uri(key)} was altered since it was written: move it away, then run the export again"
            )
        return
    with path.open("rb") as source, store.open_write(key) as target:
        shutil.copyfileobj(source, target, _CHUNK_BYTES)
