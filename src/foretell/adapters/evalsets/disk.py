"""Reading and writing whole files; what the system refuses is told with the path that the user knows."""

import os
import secrets
import shutil
from dataclasses import dataclass

from foretell.core.errors import BadInput, Problem, Unreachable


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder: `full` is its path, `shown` is how the user wrote it."""

    full: str
    shown: str

    def inside(self, name: str) -> "Place":
        """A file in this folder."""
        return Place(os.path.join(self.full, name), f"{self.shown.rstrip('/')}/{name}")

    @property
    def is_there(self) -> bool:
        """True for anything that exists under this path."""
        return os.path.lexists(self.full)


def read(place: Place) -> bytes:
    """A whole file.

    Raises:
        BadInput: the system refuses.
    """
    try:
        with open(place.full, "rb") as file:
            return file.read()
    except OSError as error:
        raise BadInput(
            Problem(place.shown, f"cannot be read: {error.strerror}.", "Check the path and its rights.")
        ) from error


def write(place: Place, data: bytes) -> None:
    """Put a file in place whole or not at all, even when the machine stops; folders on the way are made.

    Raises:
        Unreachable: the system refuses.
    """
    target = os.path.realpath(place.full)
    temporary = f"{target}.{secrets.token_hex(4)}.tmp"
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        try:
            _write_through(temporary, data)
            if os.path.exists(target):
                shutil.copymode(target, temporary)
            os.replace(temporary, target)
        finally:
            if os.path.exists(temporary):
                os.unlink(temporary)
        _settle(os.path.dirname(target))
    except OSError as error:
        hint = "Check the rights and the space on the disk."
        raise Unreachable(Problem(place.shown, f"cannot be written: {error.strerror}.", hint)) from error


def _write_through(path: str, data: bytes) -> None:
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: str) -> None:
    """Make the renaming itself durable; systems that cannot open a folder (Windows) do that on their own."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
