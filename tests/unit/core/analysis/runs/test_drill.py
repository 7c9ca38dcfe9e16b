"""What stands out of a run beside its reference, and how many cases that takes."""

import numpy as np
import pytest

from foretell.core.analysis.claims import Standard
from foretell.core.analysis.runs.aggregate import Units, fold
from foretell.core.analysis.runs.drill import COST, SUCCESS, Need, Pair, newly_named, places
from foretell.core.errors import NotEnoughEvidence
from tests.unit.core.analysis.made import columns

STANDARD = Standard(0.95, 3)


def run(marks: str, fired: dict[str, str] | None = None, costs: list[float] | None = None) -> Units:
    """A run of single trials, one mark a case; `fired` says with an x in which of them a mode occurred."""
    where = {
        name: places([(case, 0) for case, mark in enumerate(text) if mark == "x"])
        for name, text in (fired or {}).items()
    }
    return fold(columns(list(marks), costs), where)


def alarms(pair: Pair) -> list[tuple[str, float, float]]:
    return [(one.name, one.before, one.after) for one in pair.signals() if pair.is_alarm(one)]


def test_a_run_that_is_the_same_raises_no_alarm() -> None:
    same = run("1" * 15 + "0" * 5, {"refusal": "x" * 5 + "." * 15}, [1.0] * 20)
    pair = Pair.of(same, same, STANDARD, may_rise=0.1)
    assert sorted(one.name for one in pair.signals()) == [COST, "refusal", SUCCESS]
    assert alarms(pair) == []
    assert pair.need(pair.signals()) is None


def test_what_changed_most_comes_first() -> None:
    old, new = run("1" * 20), run("1" * 12 + "0" * 8, {"empty": "." * 2 + "x" * 18})
    assert alarms(Pair.of(old, new, STANDARD)) == [("empty", 0.0, 0.9), (SUCCESS, 1.0, 0.6)]


def test_a_change_for_the_better_is_none() -> None:
    old, new = run("0" * 20, {"empty": "x" * 20}), run("1" * 20)
    assert alarms(Pair.of(old, new, STANDARD)) == []


def test_the_unscored_speak_against_an_alarm() -> None:
    assert alarms(Pair.of(run("1" * 20), run("?" * 20), STANDARD)) == []
    assert alarms(Pair.of(run("?" * 20), run("0" * 20), STANDARD)) == []


def test_a_dearer_run_is_told_where_a_gate_looks_at_the_cost() -> None:
    old, new = run("1" * 20, costs=[1.0, 1.1] * 10), run("1" * 20, costs=[2.0, 2.2] * 10)
    found = Pair.of(old, new, STANDARD, may_rise=0.1)
    assert [(one.name, one.after / one.before) for one in found.signals() if found.is_alarm(one)] == [(COST, 2.0)]
    assert alarms(Pair.of(old, new, STANDARD)) == []
    unknown = run("1" * 20, costs=[np.nan] * 20)
    assert alarms(Pair.of(old, unknown, STANDARD, may_rise=0.1)) == []


def test_the_cases_needed_are_counted_in_one_order() -> None:
    old = run("1" * 40)
    broken = Pair.of(old, run("0" * 40), STANDARD)
    some = Pair.of(old, run("1" * 24 + "0" * 16), STANDARD)
    few = Pair.of(old, run("1" * 38 + "0" * 2), STANDARD)
    assert broken.need(broken.signals()) == Need(10)
    found = some.need(some.signals())
    assert found is not None
    assert (10 < found.cases < 40, found.is_extrapolated) == (True, False)
    assert few.need(few.signals()) == Need(80, is_extrapolated=True)


def test_too_few_cases_are_not_compared() -> None:
    with pytest.raises(NotEnoughEvidence, match="9 cases are in both runs; fewer than 10 are never enough"):
        Pair.of(run("1" * 9), run("1" * 30), STANDARD)


def test_repeats_are_one_case() -> None:
    old, new = fold(columns(["111"] * 30)), fold(columns(["000"] * 30))
    assert alarms(Pair.of(old, new, STANDARD)) == [(SUCCESS, 1.0, 0.0)]


def test_what_gained_most_is_named() -> None:
    before = {(1, 0): "retrieve", (2, 0): "render"}
    after = {(1, 0): "retrieve", (2, 0): "tidy", (3, 0): "tidy", (4, 0): "render"}
    assert newly_named(before, after) == "tidy"
    assert newly_named(before, before) is None
    assert newly_named({}, {}) is None
