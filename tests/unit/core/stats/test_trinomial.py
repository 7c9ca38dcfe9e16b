import itertools

import numpy as np
import pytest
from scipy import optimize, stats

from foretell.core.stats.trinomial import (
    RULED_OUT,
    Shares,
    not_ruled_out,
    region_above,
    region_probability,
    score,
    window,
    worst_probability,
)

LIMITS = (-0.3, -0.1, -0.02, 0.0, 0.05, 0.2)


def triangle(n):
    gained, lost = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    is_possible = gained + lost <= n
    return gained[is_possible], lost[is_possible]


def probabilities(n, discordance, difference):
    gained, lost = triangle(n)
    shares = ((discordance + difference) / 2, (discordance - difference) / 2)
    cells = np.stack([gained, lost, n - gained - lost], axis=1)
    return stats.multinomial.pmf(cells, n, [*shares, 1 - sum(shares)])


@pytest.mark.parametrize("limit", LIMITS)
def test_the_score_grows_with_gained_at_every_outcome(limit):
    for n in (*range(1, 31), 60):
        for m in range(1, n + 1):
            gained = np.arange(m + 1)
            assert np.all(np.diff(score(gained, m - gained, n, limit)) > 0)


@pytest.mark.parametrize(("gained", "lost", "n", "limit"), [(3, 5, 40, -0.1), (0, 2, 25, -0.2), (6, 1, 30, 0.1)])
def test_the_score_stands_on_the_restricted_maximum_likelihood(gained, lost, n, limit):
    def negative(lost_share):
        gained_share = lost_share + limit
        equal = 1 - gained_share - lost_share
        return -(gained * np.log(gained_share) + lost * np.log(lost_share) + (n - gained - lost) * np.log(equal))

    low, high = max(0, -limit) + 1e-9, (1 - limit) / 2 - 1e-9
    share = optimize.minimize_scalar(negative, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    variance = n * (2 * share + limit - limit**2)
    expected = (gained - lost - n * limit) / np.sqrt(variance)
    assert score(gained, lost, n, limit) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("limit", LIMITS)
def test_exchanging_the_systems_turns_the_sign(limit):
    assert score(7, 2, 30, limit) == pytest.approx(-score(2, 7, 30, -limit))


@pytest.mark.parametrize(("n", "limit"), list(itertools.product((1, 2, 9, 24), LIMITS)))
def test_a_region_holds_exactly_the_outcomes_at_its_level_or_above(n, limit):
    gained, lost = triangle(n)
    scores = score(gained, lost, n, limit)
    for level in np.unique(scores.round(6))[:: max(1, scores.size // 20)]:
        region = region_above(level, n, limit, (0, n))
        assert np.array_equal(gained >= region.least_gained[gained + lost], scores >= level - 1e-9)


@pytest.mark.parametrize(("n", "limit"), list(itertools.product((1, 9, 24), LIMITS)))
def test_a_probability_is_the_sum_over_its_outcomes(n, limit):
    gained, lost = triangle(n)
    region = region_above(0.7, n, limit, (0, n))
    is_inside = gained >= region.least_gained[gained + lost]
    for discordance, difference in itertools.product((0.35, 0.6, 1.0), (-0.3, -0.05, 0.0, 0.2)):
        expected = probabilities(n, discordance, difference)[is_inside].sum()
        assert region_probability(region, discordance, difference) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("discordance", [0.0, 0.03, 0.5, 0.98, 1.0])
@pytest.mark.parametrize("n", [1, 20, 400, 20_000])
def test_a_window_leaves_out_next_to_nothing(n, discordance):
    first, last = window(n, Shares(discordance, discordance))
    left_out = stats.binom.cdf(first - 1, n, discordance) + stats.binom.sf(last, n, discordance)
    assert left_out < 1e-12


def test_a_region_can_be_part_of_the_whole_and_have_a_level_per_count():
    whole = region_above(1.2, 50, -0.1, (0, 50))
    part = region_above(np.full(11, 1.2), 50, -0.1, (20, 30))
    assert (part.first, part.least_gained.tolist()) == (20, whole.least_gained[20:31].tolist())
    none, every = (region_above(level, 50, -0.1, (20, 30)).least_gained for level in (np.inf, -np.inf))
    assert (none.tolist(), every.tolist()) == (list(range(21, 32)), [0] * 11)


@pytest.mark.parametrize(("n", "limit"), [(10, -0.1), (60, -0.02), (200, 0.0), (1000, -0.02), (3000, -0.05)])
@pytest.mark.parametrize("shares", [Shares(0.3, 1.0), Shares(0.1, 0.2)])
def test_the_worst_case_is_found(n, limit, shares):
    for level in (1.0, 1.6449, 2.2):
        region = region_above(level, n, limit, (0, n))
        dense = max(region_probability(region, share, limit) for share in np.linspace(shares.low, shares.high, 700))
        found = worst_probability(level, n, limit, shares)
        assert dense * (1 - 5e-4) <= found <= dense * 1.02


@pytest.mark.parametrize(("n", "limit"), [(10, -0.1), (60, -0.02), (1000, -0.02), (3000, -0.05), (3000, 0.02)])
def test_the_worst_case_is_found_next_to_the_least_discordance(n, limit):
    shares = Shares(abs(limit), min(1.0, 3 * abs(limit)))
    region = region_above(1.3, n, limit, (0, n))
    grid = abs(limit) + (shares.high - abs(limit)) * np.linspace(0, 1, 700) ** 2
    dense = max(region_probability(region, share, limit) for share in grid)
    assert worst_probability(1.3, n, limit, shares) >= dense * (1 - 5e-4)


@pytest.mark.parametrize("limit", [-0.1, 0.05])
def test_the_worst_case_lies_on_the_border_of_the_hypothesis(limit):
    region = region_above(1.3, 40, limit, (0, 40))
    inside = [
        region_probability(region, discordance, difference)
        for discordance in np.linspace(max(0.05, abs(limit)), 1.0, 20)
        for difference in np.linspace(-discordance, limit, 7)
    ]
    assert max(inside) <= worst_probability(1.3, 40, limit, Shares(abs(limit), 1.0)) + 1e-9


def test_pairs_that_never_differ_have_one_outcome():
    region = region_above(0.5, 10, -0.1, (0, 10))
    is_inside = score(0, 0, 10, -0.1) >= 0.5
    assert region_probability(region, 0.0, 0.0) == float(is_inside)


@pytest.mark.parametrize("n", [8, 50])
def test_the_true_discordance_is_rarely_ruled_out(n):
    ranges = [not_ruled_out(m, n, -0.02) for m in range(n + 1)]
    for share in np.linspace(0.02, 1.0, 99):
        missed = [m for m, found in enumerate(ranges) if found is None or not found.low <= share <= found.high]
        assert stats.binom.pmf(missed, n, share).sum() <= RULED_OUT


def test_a_hypothesis_that_the_data_rule_out_leaves_nothing_to_search():
    assert not_ruled_out(0, 200, -0.3) is None
    assert not_ruled_out(0, 200, -0.02).low == 0.02
    assert not_ruled_out(200, 200, -0.02).high == 1.0


def test_a_positive_limit_is_compatible_with_small_discordances():
    found = not_ruled_out(0, 200, 0.3)
    assert found.low == 0.0
    assert found.high < 0.1
    assert not_ruled_out(0, 200, 0.02).low == 0.02


@pytest.mark.parametrize("limit", [0.02, 0.3])
@pytest.mark.parametrize("n", [5, 40])
def test_below_a_positive_limit_high_scores_grow_with_the_discordance(n, limit):
    gained = np.arange(n + 1)
    assert np.all(np.diff(score(gained, 0, n, limit)) > 0)
