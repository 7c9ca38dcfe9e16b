"""Eval sets: taking cases in, freezing them, and telling what is in them and what changed."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from foretell.core.domain.cases import Case, EvalSetVersion
from foretell.core.domain.files.lines import Decoded, bad_input
from foretell.core.domain.values import Json, canonical
from foretell.core.errors import ConfigurationError, ForetellError, Problem
from foretell.core.ports.evalsets import EvalSets, VersionLine

_FROZEN = re.compile(r"v([0-9]+)")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came in: how many cases, how many the set has now, what was skipped, what was not taken."""

    name: str
    added: int
    total: int
    skipped: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of a case in both versions; null where it is not there. Slices and metadata are told one by one."""

    field: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class CaseChange:
    """A case that both versions have, with what differs."""

    id: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class SetDiff:
    """What leads from one version to another. `is_reordered`: the cases that both have stand in another order."""

    name: str
    before: str
    after: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[CaseChange, ...] = ()
    is_reordered: bool = False

    @property
    def is_empty(self) -> bool:
        """True when both have the same content, order included."""
        return not (self.added or self.removed or self.changed or self.is_reordered)


@dataclass(frozen=True, slots=True)
class FreezeReport:
    """The new version and what changed since the one before it, if there is one."""

    version: EvalSetVersion
    changes: SetDiff | None


@dataclass(frozen=True, slots=True)
class SetLine:
    """A set in a listing, with its versions, and with all that is wrong with it.

    `changed` names the frozen versions that can no longer be read as they were frozen.
    """

    name: str
    versions: tuple[VersionLine, ...] = ()
    problems: tuple[Problem, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetSummary:
    """A version with counts over its cases. `slices` maps slice → value → number of cases."""

    version: EvalSetVersion
    with_expected: int
    scripted: int
    simulated: int
    slices: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])


def import_cases(sets: EvalSets, name: str, found: Decoded[Case], *, is_skipping_bad: bool = False) -> ImportReport:
    """Add the cases of a file to a set: all of them or none, unless bad ones may be skipped.

    With `is_skipping_bad` a case whose id the set has already is one of the bad ones.

    Raises:
        BadInput: a bad row, an id that is there already, or nothing to add.
    """
    if not is_skipping_bad:
        cases = found.or_raise()
        return ImportReport(name, len(cases), sets.add(name, cases), (), found.notes)
    known = _ids_in(sets, name)
    fresh = [case for case in found.items if case.id not in known]
    skipped = [
        *found.problems,
        *(Problem("", f"case '{case.id}' is in '{name}' already.") for case in found.items if case.id in known),
    ]
    if not fresh and skipped and not known:
        raise bad_input(skipped)
    return ImportReport(name, len(fresh), sets.add(name, fresh), tuple(skipped), found.notes)


def freeze(sets: EvalSets, name: str, *, is_adopting: bool = False) -> FreezeReport:
    """Freeze the working cases, or adopt frozen files that others wrote.

    Raises:
        BadInput, ConfigurationError: as the port.
    """
    version = sets.freeze(name, is_adopting)
    match = _FROZEN.fullmatch(version.version)
    if match is None or match[1] == "1":
        return FreezeReport(version, None)
    return FreezeReport(version, _compare(sets.read(name, f"v{int(match[1]) - 1}"), version))


def list_sets(sets: EvalSets, names: Iterable[str]) -> tuple[SetLine, ...]:
    """The sets by name, every frozen version read and compared with its hash.

    A set that cannot be read is listed with its problems, so that it hides no other.
    """
    return tuple(_line(sets, name) for name in names)


def show(sets: EvalSets, name: str, version: str | None = None) -> SetSummary:
    """A version with counts over its cases.

    Raises:
        BadInput, ConfigurationError: as the port.
    """
    found = sets.read(name, version)
    slices: dict[str, Counter[str]] = {}
    for case in found.cases:
        for slice_name, value in case.slices.items():
            slices.setdefault(slice_name, Counter())[value] += 1
    return SetSummary(
        version=found,
        with_expected=sum(case.expected is not None for case in found.cases),
        scripted=sum(bool(case.turns) for case in found.cases),
        simulated=sum(case.goal is not None for case in found.cases),
        slices={slice_name: dict(counts.most_common()) for slice_name, counts in sorted(slices.items())},
    )


def diff(sets: EvalSets, name: str, before: str | None = None, after: str | None = None) -> SetDiff:
    """What leads from one version to another: by default from the newest frozen one to the working cases.

    Raises:
        ConfigurationError: nothing is frozen yet, no such version.
        BadInput: as the port.
    """
    if before is None:
        frozen = [line.version for line in sets.versions(name) if line.frozen_at is not None]
        if not frozen:
            hint = f"Freeze one with 'foretell evalset freeze {name}'."
            raise ConfigurationError(Problem(f"eval set '{name}'", "has no frozen version to compare with.", hint))
        before = frozen[-1]
    return _compare(sets.read(name, before), sets.read(name, after or "working"))


def _ids_in(sets: EvalSets, name: str) -> frozenset[str]:
    """The ids of the cases that may still change; none while a set has frozen versions alone, or no files yet."""
    open_ones = [line.version for line in sets.versions(name) if line.frozen_at is None]
    return frozenset(case.id for version in open_ones for case in sets.read(name, version).cases)


def _line(sets: EvalSets, name: str) -> SetLine:
    try:
        versions = tuple(sets.versions(name))
    except ForetellError as error:
        return SetLine(name, problems=error.problems)
    problems: dict[str, tuple[Problem, ...]] = {}
    for line in versions:
        try:
            sets.read(name, line.version)
        except ForetellError as error:
            problems[line.version] = error.problems
    return SetLine(name, versions, tuple(chain.from_iterable(problems.values())), tuple(problems))


def _compare(before: EvalSetVersion, after: EvalSetVersion) -> SetDiff:
    old = {case.id: case for case in before.cases}
    new = {case.id: case for case in after.cases}
    changes = (CaseChange(name, tuple(_field_changes(old[name], new[name]))) for name in new if name in old)
    return SetDiff(
        name=after.name,
        before=before.version,
        after=after.version,
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        changed=tuple(change for change in changes if change.fields),
        is_reordered=[name for name in old if name in new] != [name for name in new if name in old],
    )


def _field_changes(old: Case, new: Case) -> Iterator[FieldChange]:
    before, after = _flat(old), _flat(new)
    for name in dict.fromkeys([*before, *after]):
        pair = [fields.get(name) for fields in (before, after)]
        if (name in before) != (name in after) or canonical(pair[0]) != canonical(pair[1]):
            yield FieldChange(name, *pair)


def _flat(case: Case) -> dict[str, Json]:
    row = case.as_json()
    nested: Sequence[tuple[str, Mapping[str, Json]]] = (
        ("slices", row.pop("slices", {})),
        ("metadata", row.pop("metadata", {})),
    )
    return row | {f"{group}.{name}": value for group, fields in nested for name, value in fields.items()}
