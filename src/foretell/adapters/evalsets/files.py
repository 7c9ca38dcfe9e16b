"""The project's eval sets as files in its repository."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from foretell.adapters.evalsets.disk import Place
from foretell.adapters.evalsets.folder import Folder
from foretell.adapters.evalsets.single import SingleFile
from foretell.core.domain.cases import Case, EvalSetVersion
from foretell.core.errors import ConfigurationError, Problem, suggest
from foretell.core.ports.evalsets import Rewritten, VersionLine


def utc_now() -> str:
    """Now, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class FileEvalSets:
    """Sets by name. A path is a folder, or one file that ends in `.jsonl`; it is relative to `root`."""

    def __init__(self, paths: Mapping[str, str], root: str, now: Callable[[], str] = utc_now) -> None:
        self._paths = paths
        self._root = root
        self._now = now

    def read(self, name: str, version: str | None = None) -> EvalSetVersion:
        """A version: `2` or `v2`, `working`, or the one of a single file; None is the newest.

        Raises:
            BadInput: a malformed line, a duplicate id, frozen files that `versions.toml` does not bear out.
            ConfigurationError: no such set or version.
        """
        found = self._find(name)
        if not self._place(name).is_there:
            hint = f"Fill it with 'foretell evalset import {name} FILE'."
            raise ConfigurationError(Problem(f"eval set '{name}'", f"{self._paths[name]} is not there.", hint))
        return found.read(version)

    def versions(self, name: str) -> Sequence[VersionLine]:
        """All versions, oldest first, the working one last; none for a set that has no files yet."""
        return self._find(name).versions()

    def freeze(self, name: str, is_adopting: bool = False) -> EvalSetVersion:
        """Make the working cases the next version, or with `is_adopting` enlist frozen files that others wrote.

        Raises:
            BadInput: nothing changed since the newest version, or as `read`.
            ConfigurationError: no such set, a single file, or nothing to adopt.
        """
        return self._find(name).freeze(is_adopting)

    def add(self, name: str, cases: Sequence[Case]) -> int:
        """Append cases to the working file, or to the single one. Returns how many it has now.

        Raises:
            BadInput: ids that are there already, or as `read`.
        """
        return self._find(name).add(cases)

    def remove(self, name: str, is_wanted: Callable[[Case], bool], *, is_dry: bool = False) -> Sequence[Rewritten]:
        """Take cases out of every version for good; frozen ones get other hashes.

        Raises:
            BadInput: as `read`; nothing of this set is changed then.
        """
        return self._find(name).remove(is_wanted, is_dry=is_dry) if self._place(name).is_there else ()

    def _place(self, name: str) -> Place:
        if name not in self._paths:
            hint = suggest(name, self._paths)
            raise ConfigurationError(Problem("[evalsets]", f"eval set '{name}' is not known.", hint))
        return Place(os.path.join(self._root, self._paths[name]), self._paths[name])

    def _find(self, name: str) -> Folder | SingleFile:
        place = self._place(name)
        is_file = os.path.isfile(place.full)
        if place.full.endswith(".jsonl") and not os.path.isdir(place.full):
            return SingleFile(name, place)
        if is_file:
            what = f"{place.shown} is neither a folder nor a .jsonl file."
            raise ConfigurationError(
                Problem(f"eval set '{name}'", what, f"Import it: foretell evalset import {name} FILE.")
            )
        return Folder(name, place, self._now)
