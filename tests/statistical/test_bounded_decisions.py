"""Repeats and scores: false ships and holds of the betting test, and what its bounds cover."""

import math

import numpy as np
import pytest

from foretell.core.stats.betting import Wager, highest_log_wealth
from foretell.core.stats.bounded import PAIRED_DIFFERENCES, check_above, log_wealth_path, mean_interval
from foretell.core.stats.correction import holm_adjusted
from foretell.core.stats.power import PairedPlan, ship_probability
from foretell.core.stats.ratio_change import Arm
from foretell.core.stats.ratio_change import check_above as ratio_above
from foretell.core.stats.ratio_change import check_below as ratio_below
from tests.statistical.simulation import SCALE, at_least, at_most

pytestmark = [pytest.mark.statistical, pytest.mark.timeout(1800)]

ALPHA = 0.05


def repeated(rng, shape, repeats, drop):
    """Differences of case means: every case has its own success rate, on average 0.8, and `drop` less of it after."""
    before = rng.beta(1.6, 0.4, shape)
    after = before * (1 - drop / 0.8)
    return (rng.binomial(repeats, after) - rng.binomial(repeats, before)) / repeats


def losses_only(rng, shape, repeats, drop):
    """The least visible drop: no case gains, a few lose all."""
    del repeats
    return -(rng.random(shape) < drop).astype(float)


def claims(differences, limit):
    """How many columns are shown to lie above `limit`."""
    n, runs = differences.shape
    wager = Wager(np.full(runs, (1 + limit) / 2), 1 / ALPHA, n)
    return int(np.count_nonzero(highest_log_wealth((differences + 1) / 2, wager) >= math.log(1 / ALPHA)))


@pytest.mark.parametrize("draw", [repeated, losses_only])
@pytest.mark.parametrize("repeats", [1, 2, 3, 4])
@pytest.mark.parametrize("n", [10, 30, 60, 100, 200, 500])
def test_a_drop_of_exactly_the_margin_ships_in_at_most_alpha(n, repeats, draw):
    rng = np.random.default_rng([n, repeats])
    runs = 500 * SCALE
    for margin in (0.02, 0.1):
        assert at_least(claims(draw(rng, (n, runs), repeats, margin), -margin), runs) <= ALPHA


@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.parametrize("n", [10, 60, 300])
def test_no_change_and_a_drop_of_the_margin_hold_in_at_most_alpha(n, repeats):
    rng = np.random.default_rng([n, repeats, 1])
    runs = 500 * SCALE
    for drop in (0.0, 0.05):
        held = claims(-repeated(rng, (n, runs), repeats, drop), 0.05)
        assert at_least(held, runs) <= ALPHA


def test_three_rules_at_their_limits_hold_in_at_most_alpha_together():
    rng = np.random.default_rng(2)
    runs, held = 400 * SCALE, 0
    wager = Wager(np.full(3, 0.5), 3 / ALPHA, 60)
    for _ in range(runs):
        p_values = np.exp(-highest_log_wealth((repeated(rng, (60, 3), 2, 0.0) + 1) / 2, wager))
        held += bool(holm_adjusted(np.minimum(p_values, 1.0)).min() <= ALPHA)
    assert at_least(held, runs) <= ALPHA


@pytest.mark.parametrize(("n", "discordance", "margin"), [(60, 0.1, 0.1), (200, 0.1, 0.05), (500, 0.2, 0.05)])
def test_no_change_ships_nearly_as_often_as_in_the_exact_test(n, discordance, margin):
    rng = np.random.default_rng([n, 5])
    runs = 1000 * SCALE
    draws = rng.random((n, runs))
    differences = np.where(draws < discordance / 2, 1.0, np.where(draws < discordance, -1.0, 0.0))
    exact = ship_probability(PairedPlan(n, margin, discordance))
    shipped = claims(differences, -margin)
    assert at_most(shipped, runs) >= exact - 0.09
    assert at_least(shipped, runs) <= exact


@pytest.mark.parametrize("n", [15, 60])
def test_bounds_and_intervals_cover(n):
    rng = np.random.default_rng([n, 6])
    runs = 80 * SCALE
    missed_bound = covered = 0
    for differences in repeated(rng, (runs, n), 2, 0.05):
        missed_bound += check_above(differences, -0.2, PAIRED_DIFFERENCES).bound > -0.05
        interval = mean_interval(differences, PAIRED_DIFFERENCES).interval
        covered += interval.low <= -0.05 <= interval.high
    assert at_least(missed_bound, runs) <= ALPHA
    assert at_most(covered, runs) >= 0.95


def test_stopping_at_the_best_moment_is_paid_for():
    rng = np.random.default_rng(7)
    runs = 300 * SCALE
    ever = sum(
        log_wealth_path(differences, -0.05, "above", PAIRED_DIFFERENCES).max() >= math.log(1 / ALPHA)
        for differences in repeated(rng, (runs, 150), 2, 0.05)
    )
    assert at_least(ever, runs) <= ALPHA


@pytest.mark.parametrize("factor", [1.0, 1.3])
def test_cost_per_success_at_its_limit_is_rarely_called_better_or_worse(factor):
    """Costs are skewed and go with failure; both arms succeed alike, so the ratio is that of the costs."""
    rng = np.random.default_rng(8)
    runs, better, worse = 80 * SCALE, 0, 0
    for _ in range(runs):
        base_success = (rng.random(50) < 0.75).astype(float)
        success = np.where(rng.random(50) < 0.2, (rng.random(50) < 0.75).astype(float), base_success)
        base_cost = rng.lognormal(-4, 0.7, 50) * (1.5 - 0.5 * base_success)
        cost = factor * base_cost * rng.lognormal(-0.02, 0.2, 50) * (1.5 - 0.5 * success) / (1.5 - 0.5 * base_success)
        candidate, baseline = Arm(cost, success), Arm(base_cost, base_success)
        better += ratio_below(candidate, baseline, factor).is_clear
        worse += ratio_above(candidate, baseline, factor).is_clear
    assert at_least(better, runs) <= ALPHA
    assert at_least(worse, runs) <= ALPHA
