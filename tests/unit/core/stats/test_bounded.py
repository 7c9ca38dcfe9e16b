import math
from dataclasses import replace

import numpy as np
import pytest

from foretell.core.errors import BadInput, NotEnoughEvidence
from foretell.core.stats.bounded import (
    PAIRED_DIFFERENCES,
    BoundedMean,
    check_above,
    check_below,
    log_wealth_path,
    mean_interval,
)


def differences(n, discordance, seed):
    draws = np.random.default_rng(seed).random(n)
    return np.where(draws < discordance / 2, 1.0, np.where(draws < discordance, -1.0, 0.0))


@pytest.mark.parametrize("limit", [-0.3, -0.1, -0.02, 0.0, 0.1])
def test_bound_and_p_value_never_disagree(limit):
    for seed in range(12):
        values = differences(20 + 10 * seed, 0.3, seed)
        above = check_above(values, limit, PAIRED_DIFFERENCES)
        below = check_below(values, limit, PAIRED_DIFFERENCES)
        assert above.is_clear == (above.bound > limit)
        assert below.is_clear == (below.bound < limit)
        assert above.bound < below.bound


@pytest.mark.parametrize("distance", [-5e-5, -4e-6, 4e-6, 5e-5])
def test_a_limit_next_to_the_bound_still_agrees_with_it(distance):
    for seed in range(6):
        values = differences(60, 0.3, seed)
        limit = check_above(values, -0.9, PAIRED_DIFFERENCES).bound + distance
        found = check_above(values, limit, PAIRED_DIFFERENCES)
        assert found.is_clear == (found.bound > limit)


def test_turning_the_values_round_mirrors_the_test():
    values = differences(80, 0.3, 1)
    above, below = check_above(values, -0.1, PAIRED_DIFFERENCES), check_below(-values, 0.1, PAIRED_DIFFERENCES)
    assert (above.p_value, above.bound) == pytest.approx((below.p_value, -below.bound))


def test_a_scale_is_only_a_scale():
    values = np.random.default_rng(2).random(60)
    unit = check_above(values, 0.4, BoundedMean(0, 1))
    stars = check_above(1 + 4 * values, 1 + 4 * 0.4, BoundedMean(1, 5))
    assert stars.p_value == pytest.approx(unit.p_value)
    assert stars.bound == pytest.approx(1 + 4 * unit.bound)


def test_equal_pairs_do_not_ship_a_margin_that_few_of_them_cannot_see():
    assert not check_above(np.zeros(30), -0.02, PAIRED_DIFFERENCES).is_clear
    assert check_above(np.zeros(160), -0.02, PAIRED_DIFFERENCES).is_clear


def test_an_interval_without_variation_keeps_a_width():
    found = mean_interval(np.zeros(50), PAIRED_DIFFERENCES)
    assert (found.value, found.n) == (0.0, 50)
    assert found.interval.low < -0.05
    assert found.interval.high > 0.05


def test_the_interval_is_made_of_both_bounds_at_half_the_error():
    values = differences(120, 0.2, 3)
    found = mean_interval(values, PAIRED_DIFFERENCES)
    half = BoundedMean(-1, 1, 0.975)
    assert found.interval.low == pytest.approx(check_above(values, -0.9, half).bound, abs=2e-3)
    assert found.interval.high == pytest.approx(check_below(values, 0.9, half).bound, abs=2e-3)


def test_the_path_ends_at_the_p_value_of_the_check():
    values = differences(90, 0.2, 4)
    for side, check in (("above", check_above), ("below", check_below)):
        path = log_wealth_path(values, -0.05, side, PAIRED_DIFFERENCES)
        expected = math.exp(-max(0.0, path.max()))
        assert check(values, -0.05, PAIRED_DIFFERENCES).p_value == pytest.approx(expected)


def test_a_path_knows_only_what_it_has_seen():
    values = differences(100, 0.3, 5)
    given = BoundedMean(-1, 1, horizon=100)
    whole = log_wealth_path(values, -0.05, "above", given)
    assert log_wealth_path(values[:40], -0.05, "above", given) == pytest.approx(whole[:40])


def test_a_limit_at_the_end_of_the_bounds_is_no_news():
    assert check_above([0.5, 0.4], 1.0, BoundedMean(0, 1)).p_value == 1.0
    assert check_above([0.5, 0.4], 0.0, BoundedMean(0, 1)).is_clear


def test_values_and_limits_outside_the_bounds_are_refused():
    with pytest.raises(BadInput, match=r"outside \[-1\.0, 1\.0\]"):
        check_above([0.0, 2.0], 0.0, PAIRED_DIFFERENCES)
    with pytest.raises(BadInput, match="the limit 3 lies outside"):
        check_above([0.0, 0.5], 3, PAIRED_DIFFERENCES)
    with pytest.raises(NotEnoughEvidence):
        check_above([], 0.0, PAIRED_DIFFERENCES)


def test_equal_weights_change_nothing_but_the_name_of_the_method():
    values = differences(80, 0.3, 3)
    weighted = replace(PAIRED_DIFFERENCES, weights=np.full(80, 7.0))
    for check in (check_above, check_below):
        found, plain = check(values, -0.1, weighted), check(values, -0.1, PAIRED_DIFFERENCES)
        assert (found.p_value, found.bound) == (plain.p_value, plain.bound)
        assert found.method == "betting, weighted bounded mean (effective n = 80)"


@pytest.mark.parametrize("limit", [0.3, 0.6, 0.8])
def test_a_weighted_bound_agrees_with_its_p_value_and_lies_around_the_weighted_mean(limit):
    for seed in range(8):
        rng = np.random.default_rng([seed, 40])
        values, weights = rng.random(40 + 10 * seed), rng.choice([1.0, 9.0], 40 + 10 * seed)
        given = BoundedMean(0, 1, weights=weights)
        above, below = check_above(values, limit, given), check_below(values, limit, given)
        assert (above.is_clear, below.is_clear) == (above.bound > limit, below.bound < limit)
        assert above.bound < np.average(values, weights=weights) < below.bound
        interval = mean_interval(values, given)
        assert interval.value == pytest.approx(np.average(values, weights=weights))
        assert interval.interval.low <= above.bound
