"""An eval set that is a folder: `working.jsonl`, frozen `v1.jsonl`, `v2.jsonl`, …, and `versions.toml`."""

import os
import re
from collections.abc import Callable, Sequence

from foretell.adapters.evalsets.case_file import append_cases, read_cases, without, write_cases
from foretell.adapters.evalsets.disk import Place, read, write
from foretell.adapters.evalsets.versions import Frozen, gaps, parse_versions, with_changed, with_versions
from foretell.core.domain.cases import Case, EvalSetVersion
from foretell.core.domain.files.cases import hash_of
from foretell.core.errors import BadInput, ConfigurationError, Problem, raise_all
from foretell.core.ports.evalsets import Rewritten, VersionLine

_FROZEN_FILE = re.compile(r"v([0-9]+)\.jsonl", re.IGNORECASE)
_GOOD_NAME = re.compile(r"v([1-9][0-9]*)\.jsonl")
_VERSION = re.compile(r"v?([1-9][0-9]*)")


class Folder:
    """A set with frozen versions. Every use checks that its files and `versions.toml` agree."""

    def __init__(self, name: str, place: Place, now: Callable[[], str]) -> None:
        self._name = name
        self._place = place
        self._working = place.inside("working.jsonl")
        self._list = place.inside("versions.toml")
        self._now = now

    def read(self, version: str | None) -> EvalSetVersion:
        """A version; None is the newest frozen one, else the working one."""
        history = self._history()
        if version == "working" or (version is None and not history):
            return self._read_working()
        if version is None:
            return self._read_frozen(history[-1])
        match = _VERSION.fullmatch(version)
        if match is None or int(match[1]) > len(history):
            known = ", ".join([*(frozen.name for frozen in history), "working"])
            raise ConfigurationError(Problem(self._where, f"version '{version}' is not there.", f"Known: {known}."))
        return self._read_frozen(history[int(match[1]) - 1])

    def versions(self) -> Sequence[VersionLine]:
        """The frozen versions as `versions.toml` lists them, then the working one."""
        lines = [VersionLine(one.name, one.hash, one.frozen_at, one.cases) for one in self._history()]
        if self._working.is_there:
            working = self._read_working()
            lines.append(VersionLine("working", working.hash, None, len(working.cases)))
        return tuple(lines)

    def freeze(self, is_adopting: bool) -> EvalSetVersion:
        """Write the next version, or take in the files that `versions.toml` does not know."""
        if is_adopting:
            return self._adopt()
        history = self._history()
        for frozen in history:  # before anything is written: nothing is frozen on top of a version that was changed
            self._read_frozen(frozen)
        working = self._read_working()
        if history and history[-1].hash == working.hash:
            what = f"nothing changed since {history[-1].name}."
            raise BadInput(Problem(self._working.shown, what, f"Use {self._name}@{history[-1].number}."))
        frozen = Frozen(len(history) + 1, working.hash, self._now(), len(working.cases))
        # In this order: if the machine stops between the two, `--adopt` repairs it and nothing is lost.
        write_cases(self._place.inside(frozen.file), working.cases)
        self._enlist([frozen])
        return EvalSetVersion(self._name, frozen.name, frozen.hash, working.cases)

    def add(self, cases: Sequence[Case]) -> int:
        """Append cases to the working file."""
        return append_cases(self._working, cases)

    def remove(self, is_wanted: Callable[[Case], bool], *, is_dry: bool) -> Sequence[Rewritten]:
        """Write every version without some cases, and the new hashes into `versions.toml`."""
        versions = [self._read_frozen(one) for one in self._history()]
        versions += [self._read_working()] if self._working.is_there else []
        changes = [(one, kept) for one in versions if (kept := without(one.cases, is_wanted)) != one.cases]
        listed = read(self._list) if self._list.is_there else b""
        for before, kept in changes if not is_dry else ():
            write_cases(self._place.inside(f"{before.version}.jsonl"), kept)
            if before.version != "working":
                listed = with_changed(listed, before.version, hash_of(kept), len(kept))
                write(self._list, listed)
        return [
            Rewritten(before.label, sum(map(is_wanted, before.cases)), before.hash, hash_of(kept))
            for before, kept in changes
        ]

    @property
    def _where(self) -> str:
        return f"eval set '{self._name}'"

    def _read_working(self) -> EvalSetVersion:
        if not self._working.is_there:
            hint = f"Fill it with 'foretell evalset import {self._name} FILE'."
            raise ConfigurationError(Problem(self._where, f"{self._working.shown} is not there.", hint))
        cases = read_cases(self._working)
        return EvalSetVersion(self._name, "working", hash_of(cases), cases)

    def _read_frozen(self, frozen: Frozen) -> EvalSetVersion:
        place = self._place.inside(frozen.file)
        hint = "Restore both from git; put the change into working.jsonl and freeze a new version."
        try:
            cases = read_cases(place)
        except BadInput as error:
            what = f"was changed after it was frozen: {error.problems[0].what}"
            raise BadInput(Problem(error.problems[0].where, what, hint)) from error
        digest = hash_of(cases)
        if (digest, len(cases)) != (frozen.hash, frozen.cases):
            what = (
                f"was changed after it was frozen: its {len(cases)} cases have the hash {digest[:12]}…, and "
                f"versions.toml says {frozen.cases} and {frozen.hash[:12]}…."
            )
            raise BadInput(Problem(place.shown, what, hint))
        return EvalSetVersion(self._name, frozen.name, digest, cases)

    def _history(self) -> tuple[Frozen, ...]:
        """The frozen versions, when exactly their files are there."""
        listed = self._listed()
        there = self._frozen_files()
        problems = [
            Problem(
                self._place.inside(one.file).shown, "is named in versions.toml and not there.", "Restore it from git."
            )
            for one in listed
            if one.number not in there
        ]
        known = {one.number for one in listed}
        hint = f"Take it in with 'foretell evalset freeze {self._name} --adopt', or remove it."
        problems += [
            Problem(self._place.inside(f"v{number}.jsonl").shown, "is not known to versions.toml.", hint)
            for number in there
            if number not in known
        ]
        raise_all(BadInput, problems)
        return listed

    def _listed(self) -> tuple[Frozen, ...]:
        return parse_versions(read(self._list), self._list.shown) if self._list.is_there else ()

    def _frozen_files(self) -> list[int]:
        """The numbers of the frozen files. v0, v01 and V1 are refused: nobody could say which version they are."""
        names = sorted(os.listdir(self._place.full)) if self._place.is_there else []
        named = [name for name in names if _FROZEN_FILE.fullmatch(name)]
        raise_all(
            BadInput,
            (
                Problem(self._place.inside(name).shown, "is no version's name.", "Versions are v1.jsonl, v2.jsonl, …")
                for name in named
                if not _GOOD_NAME.fullmatch(name)
            ),
        )
        return sorted(int(name[1:-6]) for name in named)

    def _adopt(self) -> EvalSetVersion:
        listed = self._listed()
        known = [one.number for one in listed]
        strangers = [number for number in self._frozen_files() if number not in known]
        if not strangers:
            what = f"versions.toml knows every frozen file of {self._place.shown}; there is nothing to adopt."
            raise ConfigurationError(Problem(self._where, what, "Freeze the working cases without --adopt."))
        raise_all(BadInput, gaps([*known, *strangers], self._place.shown))
        now = self._now()
        taken: list[Frozen] = []
        for number in strangers:
            cases = read_cases(self._place.inside(f"v{number}.jsonl"))
            taken.append(Frozen(number, hash_of(cases), now, len(cases)))
        self._enlist(taken)
        return self._read_frozen(taken[-1])

    def _enlist(self, versions: list[Frozen]) -> None:
        write(self._list, with_versions(read(self._list) if self._list.is_there else b"", versions))
