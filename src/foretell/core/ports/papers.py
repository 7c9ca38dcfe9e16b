"""Small text files of the project that people read and review."""

from typing import Protocol


class Papers(Protocol):
    """Reads and writes them."""

    def read(self, path: str) -> str | None:
        """The text of a file; None when there is none.

        Raises:
            BadInput: it is there and cannot be read as UTF-8 text.
        """
        ...

    def write(self, path: str, text: str) -> None:
        """Write it whole or not at all.

        Raises:
            Unreachable: it cannot be written.
        """
        ...

    def append(self, path: str, text: str) -> None:
        """Add to the end of a file, which is made when there is none.

        Raises:
            Unreachable: it cannot be written.
        """
        ...
