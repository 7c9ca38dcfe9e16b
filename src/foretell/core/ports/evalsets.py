"""Eval sets as files in the user's repository."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from foretell.core.domain.cases import Case, EvalSetVersion


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version in a listing: `hash` of its content, date of freezing (None: not frozen), number of cases."""

    version: str
    hash: str
    frozen_at: str | None
    cases: int


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A version out of which cases were taken: its label, how many, the hash of its content before and after."""

    version: str
    cases: int
    before: str
    after: str


class EvalSets(Protocol):
    """The sets of a project, by name."""

    def read(self, name: str, version: str | None = None) -> EvalSetVersion:
        """A version; without one the newest frozen, else the working one.

        Raises:
            BadInput: a malformed line, a duplicate id, a frozen file whose hash is not the one in `versions.toml`.
            ConfigurationError: no such set or version.
        """
        ...

    def versions(self, name: str) -> Sequence[VersionLine]:
        """All versions, oldest first, the working one last."""
        ...

    def freeze(self, name: str, is_adopting: bool = False) -> EvalSetVersion:
        """Make the working cases the next version; `is_adopting` takes in a `vN.jsonl` that `versions.toml` lacks."""
        ...

    def add(self, name: str, cases: Sequence[Case]) -> int:
        """Append cases to the working file, refusing ids that are there. Returns how many it has now."""
        ...

    def remove(self, name: str, is_wanted: Callable[[Case], bool], *, is_dry: bool = False) -> Sequence[Rewritten]:
        """Take cases out of every version, frozen ones too, for good: their hashes change.

        A version that would be empty holds one case without content.
        """
        ...
