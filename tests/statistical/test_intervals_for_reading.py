"""What the two-sided intervals cover: exactly where outcomes can be enumerated, else by simulation."""

import numpy as np
import pytest
from scipy import stats

from foretell.core.stats import rates
from foretell.core.stats.clusters import SampledTotals, clustered_mean, weighted_mean
from foretell.core.stats.multinomial import goodman_intervals, rank_intervals
from foretell.core.stats.ratio import cost_per_success
from tests.statistical.simulation import SCALE, at_most

pytestmark = [pytest.mark.statistical, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("n", [10, 40, 200])
def test_wilson_covers_95_percent_on_average_and_never_far_less(n):
    ends = [rates.wilson_interval(successes, n) for successes in range(n + 1)]
    low, high = np.array([end.low for end in ends]), np.array([end.high for end in ends])
    covered = np.array(
        [stats.binom.pmf(np.arange(n + 1), n, p)[(low <= p) & (p <= high)].sum() for p in np.linspace(0.02, 0.98, 500)]
    )
    assert 0.945 < covered.mean() < 0.965
    assert covered.min() > 0.83


@pytest.mark.parametrize("n", [10, 40, 200])
def test_exact_bounds_miss_at_most_alpha_at_every_rate(n):
    low = np.array([rates.exact_lower(successes, n) for successes in range(n + 1)])
    high = np.array([rates.exact_upper(successes, n) for successes in range(n + 1)])
    for p in np.linspace(0.001, 0.999, 500):
        chance = stats.binom.pmf(np.arange(n + 1), n, p)
        assert chance[low > p].sum() <= 0.05
        assert chance[high < p].sum() <= 0.05


def case_rates(rng, n, kind):
    if kind == "alike":
        return np.full(n, 0.8)
    if kind == "rare failures":
        return np.where(rng.random(n) < 0.05, 0.2, 0.99)
    return rng.beta(1.6, 0.4, n)


@pytest.mark.parametrize(("kind", "truth"), [("alike", 0.8), ("rare failures", 0.9505), ("different", 0.8)])
@pytest.mark.parametrize(("n", "repeats"), [(10, 5), (20, 3), (60, 3), (200, 2)])
def test_the_mean_of_cases_covers(n, repeats, kind, truth):
    rng = np.random.default_rng([n, repeats])
    runs = 400 * SCALE
    covered = 0
    for _ in range(runs):
        interval = clustered_mean(rng.binomial(repeats, case_rates(rng, n, kind)) / repeats).interval
        covered += interval.low <= truth <= interval.high
    assert at_most(covered, runs) >= 0.94


def test_a_weighted_sample_covers_where_plain_wilson_does_not():
    """Half of the sample stands for a tenth of the traffic."""
    rng = np.random.default_rng(3)
    runs, half = 600 * SCALE, 60
    weights, strata = np.repeat([0.1, 0.9], half), np.repeat([0.0, 1.0], half)
    truth, covered, plain = 0.1 * 0.3 + 0.9 * 0.6, 0, 0
    for _ in range(runs):
        sizes = rng.integers(1, 4, 2 * half)
        answers = rng.binomial(sizes, np.repeat([0.3, 0.6], half))
        found = weighted_mean(SampledTotals(answers, sizes, weights, strata))
        covered += found.interval.low <= truth <= found.interval.high
        single = rng.random(2 * half) < np.repeat([0.3, 0.6], half)
        unweighted = rates.wilson_interval(float(weights @ single / weights.sum()) * 2 * half, 2 * half)
        plain += unweighted.low <= truth <= unweighted.high
    assert at_most(covered, runs) >= 0.945
    assert at_most(plain, runs) < 0.945


def test_simultaneous_intervals_and_ranks_hold_together():
    rng = np.random.default_rng(4)
    shares, costs = np.array([0.6, 0.15, 0.1, 0.08, 0.05, 0.02]), np.array([1.0, 2.0, 5.0, 1.0, 9.0, 3.0])
    ranks = 1 + np.argsort(np.argsort(-shares * costs))
    runs = 1000 * SCALE
    intervals_hold = ranks_hold = 0
    for counts in rng.multinomial(150, shares, runs):
        found = goodman_intervals(counts)
        intervals_hold += bool(np.all((found.low <= shares) & (shares <= found.high)))
        open_ranks = rank_intervals(found.low, found.high, costs)
        ranks_hold += all(r.first <= rank <= r.last for r, rank in zip(open_ranks, ranks.tolist(), strict=True))
    assert at_most(intervals_hold, runs) >= 0.94
    assert ranks_hold >= intervals_hold


@pytest.mark.parametrize(("n", "rate"), [(40, 0.7), (40, 0.95), (200, 0.8)])
def test_cost_per_success_covers(n, rate):
    rng = np.random.default_rng([n, 5])
    runs = 200 * SCALE
    by_bootstrap = by_fieller = 0
    for seed in range(runs):
        successes = (rng.random(n) < rate).astype(float)
        costs = rng.lognormal(0, 0.5, n) * (1.5 - 0.5 * successes)
        truth = np.exp(0.125) * (1.5 - 0.5 * rate) / rate
        found = cost_per_success(costs, successes, seed)
        by_bootstrap += found.bootstrap.low <= truth <= found.bootstrap.high
        by_fieller += found.fieller.low <= truth <= found.fieller.high
    assert at_most(by_bootstrap, runs) >= 0.94
    assert at_most(by_fieller, runs) >= 0.94
