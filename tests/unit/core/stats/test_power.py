import numpy as np
import pytest
from scipy import stats

from foretell.core.errors import BadInput, NotEnoughEvidence
from foretell.core.stats import paired_exact, rates
from foretell.core.stats.paired import PairCounts
from foretell.core.stats.power import (
    PairedPlan,
    floor_ship_probability,
    hold_probability,
    pairs_needed,
    ship_probability,
    smallest_margin_seen,
)
from foretell.core.stats.power_bounded import BoundedPlan, simulated_ship_probability


def enumerated(plan, difference, p_value, limit):
    n, total = plan.pairs, 0.0
    shares = [(plan.discordance + difference) / 2, (plan.discordance - difference) / 2, 1 - plan.discordance]
    for gained in range(n + 1):
        for lost in range(n + 1 - gained):
            chance = stats.multinomial.pmf([gained, lost, n - gained - lost], n, shares)
            if chance > 1e-10 and p_value(PairCounts(n - gained - lost, gained, lost, 0), limit) <= 0.05:
                total += chance
    return total


@pytest.mark.parametrize(("pairs", "margin", "difference"), [(16, 0.2, 0.0), (16, 0.2, -0.1), (24, 0.1, 0.05)])
def test_the_chance_to_ship_is_the_sum_over_all_that_ships(pairs, margin, difference):
    plan = PairedPlan(pairs, margin, 0.15)
    expected = enumerated(plan, difference, paired_exact.p_above, -margin)
    assert ship_probability(plan, difference) == pytest.approx(expected, abs=1e-6)


def test_the_chance_to_hold_is_the_sum_over_all_that_holds():
    plan = PairedPlan(16, 0.05, 0.4)
    expected = enumerated(plan, -0.35, paired_exact.p_below, -0.05)
    assert hold_probability(plan, -0.35) == pytest.approx(expected, abs=1e-6)


def test_a_set_that_cannot_see_its_margin_never_ships():
    assert ship_probability(PairedPlan(20, 0.02, 0.0)) == 0.0
    assert ship_probability(PairedPlan(1, 0.02, 0.1)) == 0.0
    assert ship_probability(PairedPlan(200, 0.02, 0.0)) == 1.0


def test_power_by_the_page():
    # Discordance 10 %, margin 2 points: simulated as 11 % at 60 pairs and 22 % at 200.
    assert ship_probability(PairedPlan(60, 0.02, 0.1)) == pytest.approx(0.1147, abs=5e-4)
    assert ship_probability(PairedPlan(200, 0.02, 0.1)) == pytest.approx(0.2151, abs=5e-4)


def test_the_smallest_margin_is_seen_and_a_smaller_one_is_not():
    margin = smallest_margin_seen(60, 0.1, power=0.8)
    assert ship_probability(PairedPlan(60, margin, 0.1)) >= 0.8
    assert ship_probability(PairedPlan(60, margin * 0.985, 0.1)) < 0.8


def test_the_pairs_needed_suffice_and_hardly_fewer_do():
    needed = pairs_needed(0.1, 0.1, power=0.8)
    assert ship_probability(PairedPlan(needed, 0.1, 0.1)) >= 0.8
    assert ship_probability(PairedPlan(int(needed * 0.9), 0.1, 0.1)) < 0.8


def test_without_discordance_the_pairs_needed_are_those_of_the_test():
    assert pairs_needed(0.05, 0.0) == paired_exact.pairs_needed_without_discordance(0.05)


def test_a_wish_beyond_reach_is_refused(monkeypatch):
    monkeypatch.setattr("foretell.core.stats.power._MOST_PAIRS", 100)
    with pytest.raises(NotEnoughEvidence, match="100 pairs do not reach"):
        pairs_needed(0.01, 0.3)


def test_rates_cannot_differ_by_more_than_the_pairs_do():
    with pytest.raises(BadInput, match=r"a difference of -0\.2 at a discordance of 0\.1"):
        ship_probability(PairedPlan(50, 0.1, 0.1), -0.2)
    with pytest.raises(BadInput):
        PairedPlan(0, 0.1, 0.1)
    with pytest.raises(BadInput, match="cannot be shown"):
        pairs_needed(0.0, 0.1)


@pytest.mark.parametrize(("n", "floor", "rate"), [(50, 0.8, 0.9), (14, 0.8, 1.0), (13, 0.8, 1.0), (30, 0.0, 0.1)])
def test_floors_ship_when_the_exact_test_does(n, floor, rate):
    ships = [rates.check_above(k, n, floor).is_clear for k in range(n + 1)]
    expected = stats.binom.pmf(np.arange(n + 1), n, rate)[ships].sum()
    assert floor_ship_probability(n, floor, rate) == pytest.approx(expected, abs=1e-12)


def test_simulated_power_comes_near_that_of_the_exact_test():
    seen = np.r_[np.ones(10), -np.ones(10), np.zeros(80)]
    found = simulated_ship_probability(seen, BoundedPlan(300, 0.1), seed=1, simulations=400)
    exact = ship_probability(PairedPlan(300, 0.1, 0.2))
    assert exact - 0.06 < found.value <= exact + 0.03
    assert found.interval.low < found.value < found.interval.high
    assert found == simulated_ship_probability(seen, BoundedPlan(300, 0.1), seed=1, simulations=400)


def test_a_plan_that_cannot_be_simulated_is_refused():
    with pytest.raises(BadInput, match="cannot be run"):
        simulated_ship_probability([0.0], BoundedPlan(0, 0.1), seed=1)
