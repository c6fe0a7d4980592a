"""The folder for what belongs to a user of this machine: a signing key, logs of background exports.

What belongs here: making it, closed to others, and making a secret in it once. What does not: what is kept in it.
"""

import os
import secrets
import stat
import tempfile
from pathlib import Path

from revrec.errors import RevrecError

_SECRET_BYTES = 32


class StateFolderError(RevrecError, OSError):
    """The state folder or a file in it cannot be made or read, or is open to other users."""


def state_folder(place: str) -> Path:
    """The folder, made closed to others where it is missing.

    Args:
        place: `Settings.state_folder`.

    Raises:
        StateFolderError: It cannot be made.
    """
    try:
        folder = Path(place).expanduser()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # expanduser raises RuntimeError where there is no home
        raise StateFolderError(
            f"cannot make the state folder {place}: {error}; set XDG_STATE_HOME to a folder that may be written"
        ) from error
    return folder


def secret_of_machine(folder: Path, name: str) -> bytes:
    """A random secret, made by the first call; processes that call at once agree on one.

    Args:
        folder: From `state_folder`.
        name: Of its file.

    Raises:
        StateFolderError: It cannot be made or read, is damaged, or other users may read it.
    """
    path = folder / name
    try:
        if not path.exists():
            _make_once(path)
        status, text = path.stat(), path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StateFolderError(f"cannot use the key file {path}: {error}; check its folder's permissions") from error
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise StateFolderError(f"others may read the key file {path}: run chmod 600 on it, or remove it for a new key")
    if len(text) != 2 * _SECRET_BYTES:
        raise StateFolderError(f"the key file {path} is damaged: remove it, and a new key is made; old links then end")
    return text.encode()


def _make_once(path: Path) -> None:
    """Write the file whole under another name first: no process ever reads half a key."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_SECRET_BYTES))
        try:
            os.link(temporary, path)
        except FileExistsError:
            return  # another process was first: its key counts
    finally:
        Path(temporary).unlink()
