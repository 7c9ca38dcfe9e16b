"""One binary pair per case: false ships and false holds, enumerated rather than simulated."""

import numpy as np
import pytest
from scipy import stats

from foretell.core.stats import paired_exact
from foretell.core.stats.paired import PairCounts, newcombe_difference
from foretell.core.stats.power import PairedPlan, ship_probability
from tests.statistical.simulation import SCALE, at_most

pytestmark = [pytest.mark.statistical, pytest.mark.timeout(1800)]

ALPHA = 0.05
MARGINS = (0.02, 0.05, 0.1)


def outcomes(n):
    gained, lost = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    return np.stack([gained, lost, n - gained - lost], axis=-1)[gained + lost <= n]


def shares(discordance, difference):
    return [(discordance + difference) / 2, (discordance - difference) / 2, 1 - discordance]


def discordances(margin, points):
    return margin + (1 - margin) * np.sin(np.linspace(0, np.pi / 2, points)) ** 2


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("n", [10, 30] if SCALE == 1 else [10, 30, 60])
def test_false_ships_and_holds_of_every_outcome_stay_within_alpha(n, margin):
    cells = outcomes(n)
    counts = [PairCounts(equal, gained, lost, 0) for gained, lost, equal in cells.tolist()]
    ships = np.array([paired_exact.p_above(pairs, -margin) <= ALPHA for pairs in counts])
    holds = np.array([paired_exact.p_below(pairs, -margin) <= ALPHA for pairs in counts])
    for discordance in discordances(margin, 60):
        chance = stats.multinomial.pmf(cells, n, shares(discordance, -margin))
        assert chance[ships].sum() <= ALPHA
        assert chance[holds].sum() <= ALPHA
    for discordance in np.linspace(0, margin, 12):  # too little for a drop of the margin: the most that it can drop
        assert stats.multinomial.pmf(cells, n, shares(discordance, -discordance))[holds].sum() <= ALPHA
    assert not (ships & holds).any()


def least_gained_to_ship(n, limit):
    """For each count of discordant pairs the fewest gains that the test accepts, by the test itself.

    One more discordant pair asks for the same number or for one more, up to the odd step.
    """
    least, found = 0, []
    for m in range(n + 1):

        def ships(gained, m=m):
            return gained > m or paired_exact.p_above(PairCounts(n - m, gained, m - gained, 0), limit) <= ALPHA

        while not ships(least):
            least += 1
        while least > 0 and ships(least - 1):
            least -= 1
        found.append(least)
    return np.array(found)


@pytest.mark.parametrize("margin", [0.02, 0.1] if SCALE == 1 else MARGINS)
@pytest.mark.parametrize("n", [60, 100, 200])
def test_false_ships_and_holds_stay_within_alpha_in_larger_sets(n, margin):
    cells, sizes = outcomes(n), []
    for limit in (-margin, margin):  # a hold is a ship with the systems exchanged
        least = least_gained_to_ship(n, limit)
        is_inside = cells[:, 0] >= least[n - cells[:, 2]]
        at_limit = [
            stats.multinomial.pmf(cells[is_inside], n, shares(share, limit)).sum()
            for share in discordances(margin, 120)
        ]
        beyond = [shares(0.3, limit - 0.03), shares(margin, -margin), shares(margin / 2, min(limit, margin / 2))]
        allowed = beyond if limit > 0 else beyond[:2]
        sizes.append(max(at_limit))
        assert max(stats.multinomial.pmf(cells[is_inside], n, chances).sum() for chances in allowed) <= ALPHA
    assert max(sizes) <= ALPHA
    # Not needlessly careful either: somewhere the test uses up most of what it may.
    assert min(sizes) > 0.04


@pytest.mark.parametrize(("n", "margin", "discordance"), [(60, 0.02, 0.1), (60, 0.1, 0.05), (100, 0.02, 0.3)])
def test_the_planner_counts_what_the_test_would_accept(n, margin, discordance):
    cells = outcomes(n)
    chance = stats.multinomial.pmf(cells, n, shares(discordance, 0.0))
    is_inside = cells[:, 0] >= least_gained_to_ship(n, -margin)[n - cells[:, 2]]
    assert ship_probability(PairedPlan(n, margin, discordance)) == pytest.approx(chance[is_inside].sum(), abs=1e-3)


@pytest.mark.parametrize(("n", "false_ships"), [(10, 0.81), (30, 0.54), (60, 0.29), (100, 0.13)])
def test_a_plug_in_standard_error_would_not_keep_the_promise(n, false_ships):
    """The trap: a drop of exactly the margin, all of it losses. Pairs that never differ have no standard error."""
    cells = outcomes(n)
    chance = stats.multinomial.pmf(cells, n, shares(0.02, -0.02))
    mean = (cells[:, 0] - cells[:, 1]) / n
    error = np.sqrt(np.maximum((cells[:, 0] + cells[:, 1]) / n - mean**2, 0) / n)
    plug_in = chance[mean - 1.645 * error > -0.02].sum()
    assert plug_in == pytest.approx(false_ships, abs=0.015)
    assert ship_probability(PairedPlan(n, 0.02, 0.02), -0.02) <= ALPHA


@pytest.mark.parametrize(("n", "discordance"), [(30, 0.2), (60, 0.1), (200, 0.1)])
def test_newcombes_interval_covers(n, discordance):
    rng = np.random.default_rng(n)
    for difference in (0.0, -0.05, 0.08):
        gained, lost, _ = shares(discordance, difference)
        runs = 1500 * SCALE
        draws = rng.multinomial(n, [0.75 * (1 - discordance), gained, lost, 0.25 * (1 - discordance)], runs)
        tables, repeats = np.unique(draws, axis=0, return_counts=True)
        found = [newcombe_difference(PairCounts(*table)).interval for table in tables.tolist()]
        covers = np.array([interval.low <= difference <= interval.high for interval in found])
        assert at_most(int(repeats[covers].sum()), runs) >= 0.95
