import math

import numpy as np
import pytest
from scipy import stats

from foretell.core.errors import BadInput, NotEnoughEvidence
from foretell.core.stats import bounded
from foretell.core.stats.ratio_change import Arm, check_above, check_below, cost_per_success_ratio


def arms(n, seed, cost_factor=1.0, flips=0.1):
    rng = np.random.default_rng(seed)
    costs = rng.lognormal(-4, 0.5, n)
    successes = (rng.random(n) < 0.8).astype(float)
    changed = np.where(rng.random(n) < flips, 1 - successes, successes)
    return Arm(costs * cost_factor * rng.lognormal(0, 0.2, n), changed), Arm(costs, successes)


def test_the_value_is_the_ratio_of_both_costs_per_success():
    candidate, baseline = Arm([1, 1, 1, 1], [1, 1, 0, 0]), Arm([2, 1, 1, 1], [1, 1, 1, 1])
    assert cost_per_success_ratio(candidate, baseline) == pytest.approx((4 / 2) / (5 / 4))


@pytest.mark.parametrize("limit", [0.8, 1.05, 1.2, 1.6])
def test_bound_and_p_value_never_disagree(limit):
    for seed in range(6):
        candidate, baseline = arms(60 + 40 * seed, seed)
        below, above = (check(candidate, baseline, limit) for check in (check_below, check_above))
        assert below.is_clear == (below.bound < limit)
        assert above.is_clear == (above.bound > limit)
        assert above.bound < cost_per_success_ratio(candidate, baseline) < below.bound


def test_equal_costs_make_the_cost_ratio_exact():
    n = 200
    successes = (np.arange(n) % 10 != 0).astype(float)
    found = check_below(Arm(np.full(n, 0.02), successes), Arm(np.full(n, 0.01), successes), 2.1)
    # Only the success ratio is open: twice the p-value of "mean(candidate - baseline / 1.05) > 0".
    half = bounded.BoundedMean(-1 / 1.05, 1.0, 0.975)
    alone = bounded.check_above(successes - successes / 1.05, 0.0, half)
    assert found.p_value == pytest.approx(2 * alone.p_value, rel=0.02)


def test_equal_successes_leave_the_costs_to_decide():
    rng = np.random.default_rng(3)
    base = rng.lognormal(-4, 0.5, 400)
    costs = base * rng.lognormal(0, 0.3, 400)
    found = check_below(Arm(costs, np.ones(400)), Arm(base, np.ones(400)), 1.3)
    alone = stats.ttest_1samp(1.3 * base - costs, 0, alternative="greater").pvalue
    assert alone < found.p_value < 0.05


def test_a_candidate_that_never_succeeds_is_not_below_anything():
    found = check_below(Arm(np.ones(50), np.zeros(50)), Arm(np.ones(50), np.ones(50)), 5.0)
    assert (found.p_value, found.bound, found.is_clear) == (1.0, math.inf, False)
    assert check_above(Arm(np.ones(50), np.zeros(50)), Arm(np.ones(50), np.ones(50)), 5.0).is_clear


def test_exchanging_the_arms_turns_the_question_round():
    candidate, baseline = arms(150, 5, cost_factor=1.4)
    one, other = check_above(candidate, baseline, 1.1), check_below(baseline, candidate, 1 / 1.1)
    assert (one.p_value, one.bound) == pytest.approx((other.p_value, 1 / other.bound))


def test_what_cannot_be_compared_is_refused():
    one = Arm([1, 1], [1, 1])
    with pytest.raises(BadInput, match="same cases"):
        check_below(one, Arm([1, 1, 1], [1, 1, 1]), 1.1)
    with pytest.raises(BadInput, match="cost >= 0"):
        check_below(one, Arm([-1, 1], [1, 1]), 1.1)
    with pytest.raises(BadInput, match="outside"):
        check_below(one, Arm([1, 1], [1, 2]), 1.1)
    with pytest.raises(BadInput, match="not a ratio"):
        check_below(one, one, 0.0)
    with pytest.raises(NotEnoughEvidence, match="cost nothing"):
        check_below(one, Arm([0, 0], [1, 1]), 1.1)
