"""Small text files in the project's folder."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from foretell.core.errors import BadInput, Problem, Unreachable

_HINT = "Name a file that you may write, and see that there is space."


@dataclass(frozen=True, slots=True)
class ProjectPapers:
    """The port `Papers` over a folder; an absolute path is taken as it is."""

    root: str

    def read(self, path: str) -> str | None:
        """See the port."""
        try:
            return Path(self.root, path).read_text("utf-8")
        except FileNotFoundError:
            return None
        except (UnicodeDecodeError, OSError) as error:
            said = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise BadInput(Problem(path, f"cannot be read: {said}.")) from error

    def write(self, path: str, text: str) -> None:
        """See the port."""
        place = Path(self.root, path)
        draft = place.with_name(f".{place.name}.{os.getpid()}.tmp")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(text, "utf-8")
            draft.replace(place)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise Unreachable(Problem(path, f"cannot be written: {error.strerror}.", _HINT)) from error

    def append(self, path: str, text: str) -> None:
        """See the port."""
        place = Path(self.root, path)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise Unreachable(Problem(path, f"cannot be written: {error.strerror}.", _HINT)) from error
