"""Commits of the project's repository in folders of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Checkout:
    """A commit in a folder of its own. `folder` is the project's folder in it.

    What the working tree holds below `original`, the repository's own folder, the commit holds below `top`.
    """

    folder: str
    top: str
    original: str


class Checkouts(Protocol):
    """Commits checked out beside the working tree, which is not touched."""

    async def find(self, reference: str) -> str:
        """The whole hash of the commit that a branch, a tag, a hash or an expression such as `HEAD~1` names.

        Raises:
            ConfigurationError: there is no git, no repository, or no such commit in this clone.
        """
        ...

    async def check_out(self, commit: str) -> Checkout:
        """The checkout of a commit; the same one each time, for as long as the project is open.

        Raises:
            ConfigurationError: as `find`.
            Unreachable: it cannot be made.
        """
        ...

    async def changed(self, commit: str) -> Sequence[str]:
        """The files, from the top of the repository, in which the working tree differs from a commit."""
        ...

    async def aclose(self) -> None:
        """Remove every checkout."""
        ...
