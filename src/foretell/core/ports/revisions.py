"""What identifies the code and files under test."""

from collections.abc import Mapping
from typing import Protocol

from foretell.core.domain.values import Json


class Revisions(Protocol):
    """Fingerprints of what may change, and small reviewed files."""

    def fingerprints(self, globs: Mapping[str, str]) -> Mapping[str, str | None]:
        """Part → hash of the files its pattern matches (None: nothing matched), with two parts of our own.

        `code` is the commit, with `+` when the tree has changes, `branch` its branch; None outside a repository.
        """
        ...

    def read_json(self, path: str) -> Json:
        """A reviewed file of the project.

        Raises:
            BadInput: absent or not JSON.
        """
        ...

    def write_json(self, path: str, value: Json) -> None:
        """Write it whole or not at all, in a form that reads well in a diff.

        Raises:
            Unreachable: it cannot be written.
        """
        ...
