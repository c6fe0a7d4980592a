"""Which landed files there are, and which of them nobody would ever read.

What belongs here: the layout `landing/<dataset>/<YYYY-MM>/<name>.<ending>` (SPEC 10). What does not: what is inside a
file.

Names that start with '_' or '.' are markers and unfinished files of other tools (`_SUCCESS`, `_temporary/`, `.part`):
they are passed over. Every other file is either read or reported.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath

from resources.landing.formats import FORMATS
from resources.object_store import ObjectStore, StoredObject
from revrec.calendar import MONTH_PATTERN
from revrec.rejections import MAX_VALUE_LENGTH, Rejection
from revrec.schemas import DATASETS, DOCUMENT_DATASETS, Dataset

LANDING = "landing/"

_LAYOUT = "landing/<dataset>/<YYYY-MM>/<name>"


@dataclass(frozen=True)
class LandedObjects:
    """The files of one dataset and month.

    Attributes:
        readable: those whose ending names a format, in the byte order of their keys.
        rejections: one, for the whole file, for each of the others.
    """

    readable: tuple[StoredObject, ...]
    rejections: tuple[Rejection, ...]


def landed_months(store: ObjectStore) -> list[str]:
    """Months (YYYY-MM) in which any dataset with month folders has a file, sorted.

    Folders whose names are not months are left out: `misplaced_objects` reports their files.
    """
    months: set[str] = set()
    for dataset in DOCUMENT_DATASETS:
        folder = f"{LANDING}{dataset.name}/"
        named_like_months = [name for name in store.list_folders(folder) if MONTH_PATTERN.fullmatch(name)]
        months.update(
            name for name in named_like_months if name not in months and _holds_a_file(store, f"{folder}{name}/")
        )
    return sorted(months)


def landed_objects(store: ObjectStore, dataset: Dataset, month: str | None) -> LandedObjects:
    """The files of a dataset's month folder; with month None, of a dataset without month folders."""
    folder = landing_folder(dataset, month)
    readable: list[StoredObject] = []
    rejections: list[Rejection] = []
    for found in _files(store, folder):
        if "/" in found.key.removeprefix(folder):
            rejections.append(
                whole_file_rejection(
                    dataset.name, found.key, "lies in a folder of its own", f"move it up into {folder}"
                )
            )
        elif PurePosixPath(found.key).suffix.lower() in FORMATS:
            readable.append(found)
        else:
            reason = f"has an ending other than {', '.join(FORMATS)}"
            rejections.append(
                whole_file_rejection(
                    dataset.name, found.key, reason, "land it in one of these formats, uncompressed, or remove it"
                )
            )
    return LandedObjects(tuple(readable), tuple(rejections))


def landed_keys(store: ObjectStore, dataset: Dataset, month: str | None) -> list[str]:
    """Keys of the files that `read_landed` reads, in landing order."""
    return [found.key for found in landed_objects(store, dataset, month).readable]


def landing_folder(dataset: Dataset, month: str | None) -> str:
    """Prefix of the keys of a dataset's landed files, with the '/' at its end."""
    return f"{LANDING}{dataset.name}/{month}/" if dataset.monthly else f"{LANDING}{dataset.name}/"


def misplaced_objects(store: ObjectStore) -> list[Rejection]:
    """One rejection for each landed file that lies where nothing reads: unknown dataset, no month or not a month.

    Returns:
        Rejections of whole files, in the byte order of their keys; `dataset` is the name of the folder below landing/.
    """
    found = ((item.key, *_misplacement(item.key)) for item in _files(store, LANDING))
    return [whole_file_rejection(key.split("/")[1], key, reason, action) for key, reason, action in found if reason]


def _misplacement(key: str) -> tuple[str, str]:
    """Why no dataset would read a file, and what to do; empty texts where one would."""
    _, *folders, _ = key.split("/")
    if not folders:
        return "lies in no dataset's folder", f"move it to {_LAYOUT}"
    dataset = DATASETS.get(folders[0])
    if dataset is None:
        return (
            f"lies in the folder {folders[0]!r}, which is not a dataset",
            f"move it to the folder of one of {', '.join(DATASETS)}",
        )
    if not dataset.monthly:
        return "", ""  # landed_objects reports files that lie too deep
    if len(folders) == 1:
        return "lies in no month's folder", f"move it to {_LAYOUT}"
    if not MONTH_PATTERN.fullmatch(folders[1]):
        return (
            f"lies in the folder {folders[1]!r}, which is not a month",
            f"move it to {_LAYOUT}, with a month such as 2025-01",
        )
    return "", ""


def _files(store: ObjectStore, folder: str) -> list[StoredObject]:
    return [found for found in store.list_objects(folder) if not _is_marker(found.key.removeprefix(folder))]


def _holds_a_file(store: ObjectStore, folder: str) -> bool:
    return any(not _is_marker(found.key.removeprefix(folder)) for found in store.list_objects(folder))


def _is_marker(path: str) -> bool:
    return any(name.startswith(("_", ".")) for name in path.split("/"))


def whole_file_rejection(dataset: str, key: str, reason: str, action: str) -> Rejection:
    """The rejection of a whole file (row 0).

    Args:
        dataset: name of the dataset.
        key: object key of the file.
        reason: what is wrong, as the end of a sentence that starts with "the file".
        action: what to do about it.
    """
    name = PurePosixPath(key).name[:MAX_VALUE_LENGTH]
    return Rejection(dataset, key, 0, "", name, f"the file {reason}, so nothing of it is read", action, {})
