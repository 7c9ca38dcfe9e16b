"""An eval set that is one `.jsonl` file: its version is the hash of its content."""

from collections.abc import Callable, Sequence

from foretell.adapters.evalsets.case_file import append_cases, read_cases, without, write_cases
from foretell.adapters.evalsets.disk import Place
from foretell.core.domain.cases import Case, EvalSetVersion
from foretell.core.domain.files.cases import hash_of
from foretell.core.errors import ConfigurationError, Problem
from foretell.core.ports.evalsets import Rewritten, VersionLine

_DIGITS = 12


class SingleFile:
    """A set without frozen versions. Git keeps its older contents; the hash says which one was read."""

    def __init__(self, name: str, place: Place) -> None:
        self._name = name
        self._place = place

    def read(self, version: str | None) -> EvalSetVersion:
        """The file as it is now."""
        cases = read_cases(self._place)
        digest = hash_of(cases)
        found = EvalSetVersion(self._name, f"sha-{digest[:_DIGITS]}", digest, cases)
        if version not in (None, found.version):
            what = f"version '{version}' is not there; the file is {found.version} now."
            raise ConfigurationError(Problem(self._where, what, "Take the content that you want from git."))
        return found

    def versions(self) -> Sequence[VersionLine]:
        """The one version; none while there is no file."""
        if not self._place.is_there:
            return ()
        found = self.read(None)
        return (VersionLine(found.version, found.hash, None, len(found.cases)),)

    def remove(self, is_wanted: Callable[[Case], bool], *, is_dry: bool) -> Sequence[Rewritten]:
        """Write the file without some cases."""
        before = self.read(None)
        kept = without(before.cases, is_wanted)
        if kept == before.cases:
            return ()
        if not is_dry:
            write_cases(self._place, kept)
        return (Rewritten(before.label, sum(map(is_wanted, before.cases)), before.hash, hash_of(kept)),)

    def freeze(self, is_adopting: bool) -> EvalSetVersion:
        """Refused: there is nothing to freeze.

        Raises:
            ConfigurationError: always.
        """
        what = f"{self._place.shown} is one file, whose version is its hash; it cannot be frozen."
        hint = "For numbered versions make it a folder, with the file in it as working.jsonl."
        raise ConfigurationError(Problem(self._where, what, hint))

    def add(self, cases: Sequence[Case]) -> int:
        """Append cases to the file."""
        return append_cases(self._place, cases)

    @property
    def _where(self) -> str:
        return f"eval set '{self._name}'"
