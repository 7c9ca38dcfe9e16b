import math

import numpy as np
import pytest

from foretell.core.analysis.runs.aggregate import fold
from foretell.core.analysis.runs.compare import compare
from foretell.core.analysis.runs.cost import CostFinding, dominated, find_cost
from foretell.core.analysis.runs.failures import rank_failures
from foretell.core.analysis.runs.rates import reliability, success_rate, tally
from foretell.core.domain.modes import FailureMode
from foretell.core.ports.findings import TrialColumns
from tests.unit.core.analysis.made import columns, mixed, units


def cost_of(table: TrialColumns) -> CostFinding:
    """The cost of trials, folded as they are."""
    return find_cost(table, fold(table))


def test_a_rate_over_single_answers_is_wilsons() -> None:
    found = success_rate(units(mixed(81, 182)))
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert (found.n, found.method) == (263, "Wilson score")


def test_repeats_are_clustered_by_case() -> None:
    found = success_rate(units(["1111", "0000", "1100"] * 20))
    assert (found.value, found.n) == (0.5, 60)
    single = success_rate(units(mixed(120, 120)))
    assert found.high - found.low > single.high - single.low  # 240 trials of 60 cases say less than 240 cases


def test_nothing_scored_has_no_interval_and_says_why() -> None:
    found = success_rate(units(mixed(0, 0, unscored=5)))
    assert (found.value, found.low, found.n) == (None, None, 0)
    assert "nothing was scored" in found.method


def test_tally_counts_everything_once() -> None:
    found = tally(units(mixed(5, 3, unscored=2, environment=1)))
    assert (found.trials, found.successes, found.failures, found.unscored, found.environment) == (11, 5, 4, 2, 1)


def test_pass_hat_k_needs_repeats() -> None:
    assert reliability(units(mixed(5, 5))) == ()
    assert [one.value for one in reliability(units(["11", "10", "00", "11"]))] == pytest.approx([0.625, 0.5])


def test_the_worked_example_of_cost_per_success() -> None:
    dear_turns = cost_of(columns(mixed(60, 40), [0.03] * 100))
    one_turn = cost_of(columns(mixed(75, 25), [0.02] * 100))
    assert dear_turns.per_success.value == pytest.approx(0.05)
    assert one_turn.per_success.value == pytest.approx(0.0267, abs=5e-5)
    assert dominated([dear_turns, one_turn]) == [(1,), ()]


def test_zero_successes_cost_without_bound() -> None:
    found = cost_of(columns(mixed(0, 20), [0.01] * 20))
    assert (found.per_success.value, found.per_success.high) == (None, None)
    assert "unbounded" in found.per_success.method


def test_costs_known_for_too_few_are_unknown_unless_read_as_zero() -> None:
    costs = [0.01] * 80 + [math.nan] * 20
    table = columns(mixed(100, 0), costs)
    found = find_cost(table, fold(table))
    assert (found.per_success.value, found.coverage) == (None, 0.8)
    assert find_cost(table, fold(table), unknown_as_zero=True).per_success.value == pytest.approx(0.008)


def test_failures_are_ranked_by_cost_then_by_rate_without_one() -> None:
    modes = [""] * 70 + ["cheap"] * 20 + ["dear"] * 4 + ["odd"] * 6
    table = columns(mixed(70, 30), modes=modes)
    known = (FailureMode("cheap", cost=1.0), FailureMode("dear", cost=100.0))
    found = rank_failures(table, fold(table), known, {"cheap": 25})
    assert [(one.mode.name, one.count, one.occurrences, one.first, one.last) for one in found] == [
        ("dear", 4, 0, 1, 1),
        ("cheap", 20, 25, 2, 2),
        ("odd", 6, 0, 3, 3),
    ]
    assert found[0].cost_per_1000.value == pytest.approx(4000.0)
    assert found[2].cost_per_1000 is None
    assert not found[2].mode.is_declared


def test_comparison_pairs_by_case_and_lists_the_rest() -> None:
    a, b = units(mixed(30, 10)), units(mixed(20, 20, unscored=5))
    found = compare(a, b)
    assert (found.lost, found.gained, found.unscored) == (10, 0, 0)
    assert found.difference.value == pytest.approx(-0.25)
    assert found.difference.method == "Newcombe paired score"
    assert list(found.only_b) == [40, 41, 42, 43, 44]
    assert found.mcnemar_p == pytest.approx(2 * 0.5**10)


def test_fewer_than_ten_pairs_have_no_interval() -> None:
    found = compare(units(mixed(5, 2)), units(mixed(4, 3)))
    assert (found.difference.low, found.difference.high) == (None, None)


def test_repeats_are_compared_as_bounded_means() -> None:
    found = compare(units(["11", "10"] * 30), units(["11", "00"] * 30))
    assert found.difference.value == pytest.approx(-0.25)
    assert found.difference.method.startswith("betting")
    assert found.mcnemar_p is None
    assert not np.isnan([found.difference.low, found.difference.high]).any()
