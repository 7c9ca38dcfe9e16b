"""What a gate could see, before anything runs."""

from dataclasses import replace

import numpy as np
import pytest

from foretell.core.analysis.planner import ASSUMED, Question, look_ahead
from foretell.core.stats.power import PairedPlan, ship_probability

QUESTION = Question("s", "success against baseline", 200, 1, 0.05, 0.95)


def test_without_earlier_runs_three_discordances_are_assumed() -> None:
    outlook = look_ahead(replace(QUESTION, cases=60, margin=0.1, cost_per_trial=0.5))
    assert [(one.discordance, one.is_seen) for one in outlook.prospects] == [(share, False) for share in ASSUMED]
    assert [one.p_ship for one in outlook.prospects] == [
        ship_probability(PairedPlan(60, 0.1, share)) for share in ASSUMED
    ]
    assert 0.04 < outlook.smallest_visible < 0.05  # log(20) / 60, about
    needs = [one.cases_needed or 0 for one in outlook.prospects]
    assert needs == sorted(needs)
    assert [one.money for one in outlook.prospects] == [need * 0.5 for need in needs]


def test_what_was_seen_replaces_what_is_assumed() -> None:
    seen = np.array([1.0] * 4 + [-1.0] * 4 + [0.0] * 190)
    (prospect,) = look_ahead(replace(QUESTION, seen=seen)).prospects
    assert (prospect.is_seen, prospect.discordance) == (True, 9 / 200)
    assert prospect.p_ship > 0.88
    assert prospect.money is None


def test_repeats_are_simulated_and_counted_in_the_trials() -> None:
    seen = np.array([0.2, -0.2] * 30 + [0.0] * 140)
    (prospect,) = look_ahead(replace(QUESTION, repeats=5, seen=seen)).prospects
    assert prospect.p_ship > 0.9
    assert prospect.cases_needed is not None
    assert prospect.cases_needed <= 200
    assert prospect.trials == prospect.cases_needed * 5
    assert prospect.margin_seen is None


@pytest.mark.parametrize("repeats", [1, 3])
def test_a_gate_that_may_stop_early_is_told_where_it_ends(repeats: int) -> None:
    question = replace(QUESTION, cases=300, margin=0.1, repeats=repeats)
    known, early = look_ahead(question), look_ahead(replace(question, stop_early=True))
    assert {one.cases_expected for one in known.prospects} == {None}
    ends = [one.cases_expected or 0 for one in early.prospects]
    assert ends == sorted(ends)
    assert 30 < ends[0] < 80
    assert ends[-1] < 200
    for free, one in zip(known.prospects, early.prospects, strict=True):
        assert one.p_ship > 0.9
        assert free.cases_needed is not None
        assert one.cases_needed is not None
        assert free.cases_needed <= one.cases_needed < 2 * free.cases_needed
        assert one.trials == one.cases_needed * repeats


def test_a_set_that_is_too_small_to_stop_early_is_looked_at_whole() -> None:
    for prospect in look_ahead(replace(QUESTION, cases=20, stop_early=True)).prospects:
        assert (prospect.p_ship < 0.05, prospect.cases_expected, prospect.margin_seen) == (
            True,
            pytest.approx(20, abs=0.1),
            None,
        )


def test_what_cannot_be_planned_is_left_open() -> None:
    (prospect,) = look_ahead(replace(QUESTION, margin=0.001, seen=np.array([1.0, -1.0] * 100))).prospects
    assert (prospect.cases_needed, prospect.trials, prospect.money) == (None, None, None)
