"""What a database says when it cannot go on, in words of ours."""

from typing import Final

from foretell.core.errors import BadInput, ForetellError, RunFailed

_DAMAGED_HINT: Final = "Restore it from a copy, or move it away and run again: a new one is made."
# Beginnings of SQLite's names of errors → what is wrong, what to do.
_MEANINGS: Final[dict[str, tuple[str, str]]] = {
    "SQLITE_FULL": ("the disk is full.", "Free some space and give the same command again: what was stored stays."),
    "SQLITE_READONLY": ("it cannot be written.", "Check the rights of the file and of its folder."),
    "SQLITE_BUSY": (
        "another process has held it for over 30 seconds.",
        "See what else uses it; a copy or a backup in progress holds it, and so does a file system without locks.",
    ),
    "SQLITE_LOCKED": ("it is locked.", "See what else uses it."),
    "SQLITE_IOERR": ("the disk failed to read or write.", "Check that it is there, has space, and is not unplugged."),
    "SQLITE_CANTOPEN": ("it cannot be opened.", "Check that the folder is there, and its rights."),
    "SQLITE_TOOBIG": ("a value is over SQLite's limit of a thousand million bytes.", "Shorten it before it is stored."),
}
_DAMAGED: Final = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def in_our_words(error: Exception, place: str, kind: type[ForetellError] = RunFailed) -> ForetellError:
    """The error as one of ours: `BadInput` for a damaged file, else of the kind given."""
    said = getattr(error, "orig", None) or error  # what the driver raised, under SQLAlchemy's wrapping
    name = str(getattr(said, "sqlite_errorname", ""))
    if name.startswith(_DAMAGED):
        return BadInput.of(f"Store {place}", f"is damaged or not a store ({said}).", _DAMAGED_HINT)
    for beginning, (what, hint) in _MEANINGS.items():
        if name.startswith(beginning):
            return kind.of(f"Store {place}", what, hint)
    return kind.of(f"Store {place}", f"the database refused: {said}.")
