import math

import numpy as np
import pytest
from scipy import stats

from foretell.core.errors import BadInput
from foretell.core.stats.rates import wilson_lower
from foretell.core.stats.ratio import cost_per_success, fieller_interval


def sample(n, rate, seed):
    rng = np.random.default_rng(seed)
    return rng.lognormal(-4, 0.6, n), (rng.random(n) < rate).astype(float)


def test_the_worked_example():
    # A: $0.01 a call, 3 turns, 60 % resolved. B: $0.02, one turn, 75 %.
    first = cost_per_success(np.full(100, 0.03), np.repeat([1.0, 0.0], [60, 40]), seed=1)
    second = cost_per_success(np.full(100, 0.02), np.repeat([1.0, 0.0], [75, 25]), seed=1)
    assert (round(first.value, 4), round(second.value, 4)) == (0.05, 0.0267)
    assert second.bootstrap.high < first.bootstrap.low


def test_the_bootstrap_agrees_with_scipys():
    rng = np.random.default_rng(2)
    costs, successes = rng.lognormal(-4, 1.3, 25), (rng.random(25) < 0.8).astype(float)  # skewed: acceleration matters

    def ratio(paid, won, axis):
        return paid.sum(axis=axis) / won.sum(axis=axis)

    expected = stats.bootstrap((costs, successes), ratio, paired=True, n_resamples=9999, rng=3).confidence_interval
    found = cost_per_success(costs, successes, seed=4).bootstrap
    width = expected.high - expected.low
    assert found.low == pytest.approx(expected.low, abs=0.06 * width)
    assert found.high == pytest.approx(expected.high, abs=0.06 * width)


def test_the_same_seed_gives_the_same_interval():
    data = sample(50, 0.7, 5)
    assert cost_per_success(*data, seed=9) == cost_per_success(*data, seed=9)
    assert cost_per_success(*data, seed=9) != cost_per_success(*data, seed=10)


def test_groups_of_conversations_keep_the_width():
    costs, successes = sample(40_000, 0.8, 6)
    found = cost_per_success(costs, successes, seed=7)
    assert found.bootstrap.high - found.bootstrap.low == pytest.approx(found.fieller.high - found.fieller.low, rel=0.12)


def test_without_a_success_the_cost_of_one_is_unbounded():
    found = cost_per_success([0.1, 0.2], [0, 0], seed=1)
    assert (found.value, found.bootstrap.low, found.bootstrap.high) == (math.inf, 0.0, math.inf)
    assert "no success" in found.bootstrap.method


def test_one_conversation_bounds_nothing():
    found = cost_per_success([0.1], [1], seed=1)
    assert (found.value, found.bootstrap.high, found.fieller.high) == (0.1, math.inf, math.inf)


def test_hardly_any_success_leaves_the_upper_end_open():
    found = cost_per_success(np.full(30, 0.01), np.r_[1.0, np.zeros(29)], seed=1)
    assert (found.bootstrap.high, found.fieller.high) == (math.inf, math.inf)
    assert 0 < found.fieller.low < found.value


def test_when_all_succeed_the_unseen_failures_keep_a_width():
    found = cost_per_success(np.full(20, 0.03), np.ones(20), seed=1)
    assert found.bootstrap.high == pytest.approx(0.03 / wilson_lower(20, 20, 0.975))
    assert "Wilson" in found.bootstrap.method


def test_fieller_ends_are_where_the_t_test_turns():
    costs, successes = sample(40, 0.8, 8)
    found = fieller_interval(costs, successes)
    critical = stats.t.ppf(0.975, 39)
    for end in (found.low, found.high):
        left = costs - end * successes
        assert abs(left.mean()) / stats.sem(left) == pytest.approx(critical)


@pytest.mark.parametrize(("costs", "successes"), [([1], [1, 1]), ([-1, 1], [1, 1]), ([1, 1], [1, -1])])
def test_what_does_not_fit_is_refused(costs, successes):
    with pytest.raises(BadInput, match="none negative"):
        cost_per_success(costs, successes, seed=1)
