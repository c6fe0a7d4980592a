"""Where `revrec export` puts an export: standard output, one CSV file, a zip file or a folder.

What belongs here: writing there, whole or not at all, and telling what was written. What does not: arguments
(`revrec_dagster.export_command`), what is written (`assets.requested_exports`).
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from assets.requested_exports import FileKind, OpenedExport, OpenFile, write_to_folder, zip_folder
from revrec.errors import RevrecError
from revrec.exports.manifest import manifest_bytes, manifest_name
from revrec.exports.requests import kinds_of


class SeveralFilesError(RevrecError, ValueError):
    """The export is more than one file, and one place for one file is given."""


class OutputError(RevrecError, OSError):
    """The export cannot be written where it should be."""


def write_export(export: OpenedExport, out: str | None) -> list[dict[str, Any]]:
    """Write an export and return the manifests of its files.

    Args:
        export: what is written.
        out: None for standard output; a name that ends with .csv or .zip; else a folder, made where it is missing.

    Raises:
        SeveralFilesError: standard output or a .csv, and more than one file.
        OutputError: it cannot be written.
        BrokenPipeError: the reader of standard output has gone.
        RevrecError: as `OpenedExport.write`.
    """
    if out is None:
        return _one_file(export, _to_stdout)
    target = Path(out).expanduser()
    try:
        if target.is_dir() or target.suffix.lower() not in (".csv", ".zip"):
            return _to_folder(export, target)
        return _to_csv(export, target) if target.suffix.lower() == ".csv" else _to_zip(export, target)
    except OSError as error:
        if isinstance(error, RevrecError):
            raise
        raise OutputError(
            f"cannot write {target}: {error.strerror or error}; check the folder, its permissions and free space"
        ) from error


def _one_file(export: OpenedExport, opener: Callable[[FileKind], OpenFile]) -> list[dict[str, Any]]:
    """Write the only file of an export.

    Raises:
        SeveralFilesError: there are more; nothing is written.
    """
    if len(export.kinds) > 1:
        raise SeveralFilesError(f"the export is {len(export.kinds)} files: {_way_out(export)}")
    [kind] = export.kinds
    return export.write(kind, opener(kind))


def _way_out(export: OpenedExport) -> str:
    """What to give for one file."""
    ledgers = list(dict.fromkeys(kind.ledger for kind in export.kinds))
    ways = []
    for name in ("entity", "currency"):
        values = sorted({getattr(ledger, name) for ledger in ledgers})
        if len(values) > 1:
            ways.append(f"--{name} {' or '.join(values)}")
    if len(export.kinds) > len(ledgers):
        ways.append(f"--kind {' or '.join(kinds_of(export.request.format))}")
    return f"give {' and '.join(ways)}, or --out FOLDER"


def _to_stdout(kind: FileKind) -> OpenFile:
    @contextmanager
    def open_file(name: str) -> Iterator[BinaryIO]:
        _require_only_part(kind, name)
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            stop_writing()
            raise OutputError(f"cannot write to standard output: {error.strerror}") from error

    return open_file


def _to_csv(export: OpenedExport, target: Path) -> list[dict[str, Any]]:
    with _beside(target.parent) as folder:

        def opener(kind: FileKind) -> OpenFile:
            @contextmanager
            def open_file(name: str) -> Iterator[BinaryIO]:
                _require_only_part(kind, name)
                with (folder / target.name).open("wb") as file:
                    yield file

            return open_file

        [manifest] = _one_file(export, opener)
        manifest["file"] = target.name
        (folder / manifest_name(target.name)).write_bytes(manifest_bytes(manifest))
        _move(folder, target.parent)
        return [manifest]


def _to_zip(export: OpenedExport, target: Path) -> list[dict[str, Any]]:
    with _beside(target.parent) as folder, tempfile.TemporaryDirectory(prefix="revrec-export-") as spool:
        manifests = write_to_folder(export, Path(spool))
        zip_folder(Path(spool), folder / target.name)
        _move(folder, target.parent)
        return manifests


def _to_folder(export: OpenedExport, target: Path) -> list[dict[str, Any]]:
    target.mkdir(parents=True, exist_ok=True)
    with _beside(target) as folder:
        manifests = write_to_folder(export, folder)
        _move(folder, target)
        return manifests


def _require_only_part(kind: FileKind, name: str) -> None:
    """Before a byte is written, a file's name says whether there are more of its kind."""
    if name != kind.file_name(1, 1):
        raise SeveralFilesError(
            "the export is more than one file takes: give fewer days or --granularity monthly, or --out FOLDER"
        )


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder on the same disk: what is in it is moved when it is whole."""
    with tempfile.TemporaryDirectory(prefix=".revrec-export-", dir=folder) as made:
        yield Path(made)


def _move(source: Path, target: Path) -> None:
    for path in sorted(source.iterdir()):
        path.replace(target / path.name)


def stop_writing() -> None:
    """Let standard output go when its reader has gone: the interpreter would complain when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def summary(manifests: Sequence[dict[str, Any]]) -> Iterator[str]:
    """A line per file, for people."""
    for each in manifests:
        yield (
            f"{each['file']}: {each['rows']} rows, debits {each['total_debits']}, credits {each['total_credits']}, "
            f"sha256 {each['sha256'][:16]}"
        )
