"""What the services say about sets, over a port that keeps everything in memory."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from foretell.core.domain.cases import Case, EvalSetVersion
from foretell.core.domain.files.cases import hash_of
from foretell.core.domain.files.lines import Decoded
from foretell.core.errors import BadInput, ConfigurationError, Problem
from foretell.core.ports.evalsets import EvalSets, VersionLine
from foretell.services.evalsets import (
    CaseChange,
    FieldChange,
    FreezeReport,
    ImportReport,
    SetDiff,
    SetLine,
    SetSummary,
    diff,
    freeze,
    import_cases,
    list_sets,
    show,
)

A = Case("a", "one", "1", {"lang": "en"}, metadata={"owner": "ann"})
B = Case("b", "zwei", turns=("und?",), slices={"lang": "de"})
C = Case("c", "three", 3, {"lang": "en"}, goal="done")
BAD = Problem("f:3", "is bad.")


class Memory:
    """One set, `core`; anything else is unreadable, and so is the version that was changed."""

    def __init__(self, *frozen: Sequence[Case], working: Sequence[Case] = (), changed: str = "") -> None:
        self.frozen = list(frozen)
        self.working = list(working)
        self.changed = changed

    def read(self, name: str, version: str | None = None) -> EvalSetVersion:
        assert name == "core"
        if version is not None and version == self.changed:
            raise BadInput(BAD)
        cases = self.working if version == "working" else self.frozen[int(str(version)[1:]) - 1]
        return EvalSetVersion(name, str(version), hash_of(cases), tuple(cases))

    def versions(self, name: str) -> Sequence[VersionLine]:
        if name != "core":
            raise BadInput(BAD)
        lines = [
            VersionLine(f"v{n}", hash_of(cases), "then", len(cases)) for n, cases in enumerate(self.frozen, start=1)
        ]
        return [*lines, VersionLine("working", hash_of(self.working), None, len(self.working))]

    def freeze(self, name: str, is_adopting: bool = False) -> EvalSetVersion:
        assert not is_adopting
        self.frozen.append(list(self.working))
        return self.read(name, f"v{len(self.frozen)}")

    def add(self, name: str, cases: Sequence[Case]) -> int:
        assert name == "core"
        self.working.extend(cases)
        return len(self.working)


def test_all_cases_come_in_with_the_notes() -> None:
    sets: EvalSets = Memory(working=[A])
    assert import_cases(sets, "core", Decoded((B, C), (), (BAD,))) == ImportReport("core", 2, 3, (), (BAD,))


def test_nothing_comes_in_when_something_is_bad() -> None:
    sets = Memory(working=[A])
    with pytest.raises(BadInput, match="f:3: is bad"):
        import_cases(sets, "core", Decoded((B,), (BAD,)))
    assert sets.working == [A]


def test_bad_rows_and_cases_that_are_there_may_be_skipped() -> None:
    sets = Memory(working=[A])
    report = import_cases(sets, "core", Decoded((A, B), (BAD,)), is_skipping_bad=True)
    assert report == ImportReport("core", 1, 2, (BAD, Problem("", "case 'a' is in 'core' already.")))
    assert sets.working == [A, B]


def test_skipping_everything_on_the_way_to_an_empty_set_is_no_import() -> None:
    with pytest.raises(BadInput, match="f:3: is bad"):
        import_cases(Memory(), "core", Decoded((), (BAD,)), is_skipping_bad=True)


def test_the_first_version_has_nothing_to_be_compared_with() -> None:
    assert freeze(Memory(working=[A]), "core") == FreezeReport(EvalSetVersion("core", "v1", hash_of([A]), (A,)), None)


def test_a_later_version_is_told_by_what_changed() -> None:
    report = freeze(Memory([A, B], working=[A, C]), "core")
    assert report == FreezeReport(
        EvalSetVersion("core", "v2", hash_of([A, C]), (A, C)),
        SetDiff("core", "v1", "v2", added=("c",), removed=("b",)),
    )


def test_a_set_that_cannot_be_read_hides_no_other() -> None:
    assert list_sets(Memory(working=[A]), ["bad", "core"]) == (
        SetLine("bad", problems=(BAD,)),
        SetLine("core", (VersionLine("working", hash_of([A]), None, 1),)),
    )


def test_a_version_that_was_changed_after_it_was_frozen_is_listed_so() -> None:
    sets = Memory([A], working=[A], changed="v1")
    versions = (VersionLine("v1", hash_of([A]), "then", 1), VersionLine("working", hash_of([A]), None, 1))
    assert list_sets(sets, ["core"]) == (SetLine("core", versions, (BAD,), ("v1",)),)


def test_a_summary_counts_cases() -> None:
    version = EvalSetVersion("core", "v1", hash_of([A, B, C]), (A, B, C))
    assert show(Memory([A, B, C]), "core", "v1") == SetSummary(version, 2, 1, 1, {"lang": {"en": 2, "de": 1}})


def test_a_diff_names_every_field() -> None:
    changed = replace(
        A, input=["one"], expected=None, slices={"lang": "fr", "tone": "x"}, metadata={"owner": None, "n": True}
    )
    assert diff(Memory([A, B]), "core", "v1", "working") == SetDiff("core", "v1", "working", removed=("a", "b"))
    assert diff(Memory([A], working=[changed]), "core") == SetDiff(
        "core",
        "v1",
        "working",
        changed=(
            CaseChange(
                "a",
                (
                    FieldChange("input", "one", ["one"]),
                    FieldChange("expected", "1", None),
                    FieldChange("slices.lang", "en", "fr"),
                    FieldChange("metadata.owner", "ann", None),
                    FieldChange("slices.tone", None, "x"),
                    FieldChange("metadata.n", None, True),
                ),
            ),
        ),
    )


def test_numbers_and_booleans_are_not_the_same() -> None:
    one, true = replace(A, expected=1), replace(A, expected=True)
    assert diff(Memory([one], working=[true]), "core").changed == (
        CaseChange("a", (FieldChange("expected", 1, True),)),
    )


def test_an_order_is_content_too() -> None:
    found = diff(Memory([A, B], working=[B, C, A]), "core")
    assert (found.added, found.changed, found.is_reordered, found.is_empty) == (("c",), (), True, False)
    assert diff(Memory([A, B], [A, B, C]), "core", "v1", "v2").is_reordered is False
    assert diff(Memory([A], working=[A]), "core").is_empty


def test_without_a_frozen_version_there_is_nothing_to_compare_with() -> None:
    with pytest.raises(ConfigurationError, match="has no frozen version to compare with"):
        diff(Memory(working=[A]), "core")
