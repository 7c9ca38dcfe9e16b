import math

import numpy as np
import pytest
from scipy import stats

from foretell.core.errors import BadInput
from foretell.core.stats import paired_exact
from foretell.core.stats.paired import PairCounts
from foretell.core.stats.trinomial import Shares, score, worst_probability


def counts(pairs, gained, lost):
    return PairCounts(pairs - gained - lost, gained, lost, 0)


def enumerated_p(pairs, gained, lost, limit):
    """The definition itself: the largest probability of all outcomes that score as high, over a dense nuisance grid."""
    b, c = np.meshgrid(np.arange(pairs + 1), np.arange(pairs + 1), indexing="ij")
    b, c = b[b + c <= pairs], c[b + c <= pairs]
    is_extreme = score(b, c, pairs, limit) >= score(gained, lost, pairs, limit) - 1e-9
    cells = np.stack([b, c, pairs - b - c], axis=1)[is_extreme]
    open_shares = stats.binomtest(gained + lost, pairs).proportion_ci(1 - 1e-5)
    low, high = max(-limit, open_shares.low, 1e-9), open_shares.high
    tails = []
    for discordance in np.linspace(low, high, 2001):
        difference = min(limit, discordance)  # the largest that H0 allows
        chances = [(discordance + difference) / 2, (discordance - difference) / 2, 1 - discordance]
        tails.append(stats.multinomial.pmf(cells, pairs, chances).sum())
    return max(tails) + 1e-5


@pytest.mark.parametrize(
    ("pairs", "gained", "lost", "limit"),
    [
        (12, 0, 0, -0.1),
        (12, 1, 0, -0.02),
        (12, 3, 2, -0.1),
        (10, 4, 0, 0.05),
        (10, 0, 5, 0.0),
        (11, 11, 0, 0.3),
        (50, 1, 0, 0.4),
        (25, 3, 0, 0.2),
    ],
)
def test_p_values_are_the_worst_enumerated_tail(pairs, gained, lost, limit):
    found = paired_exact.p_above(counts(pairs, gained, lost), limit)
    assert found == pytest.approx(enumerated_p(pairs, gained, lost, limit), rel=1e-3)


@pytest.mark.parametrize(("pairs", "margin"), [(10, 0.1), (14, 0.2), (30, 0.1), (60, 0.02), (149, 0.02), (299, 0.01)])
def test_without_a_discordant_pair_the_p_value_is_a_power(pairs, margin):
    # Exactly (1 - margin)^n, and the 1e-5 that not searching refuted discordances costs.
    found = paired_exact.p_above(counts(pairs, 0, 0), -margin)
    assert found == pytest.approx((1 - margin) ** pairs + 1e-5, abs=1e-9)


def test_a_discordance_that_the_data_refute_does_not_decide():
    # 45 of 200 pairs differ. Were a discordance of 2 % searched as well, its lumpy counts would double the p-value.
    found = paired_exact.p_below(counts(200, 14, 31), -0.02)
    searched_all = worst_probability(float(score(31, 14, 200, 0.02)), 200, 0.02, Shares(0.02, 1.0))
    assert found < 0.03
    assert searched_all > 0.045


def test_a_hypothesis_that_no_discordance_can_meet_is_rejected():
    assert paired_exact.p_above(counts(300, 0, 0), -0.3) == 1e-5


@pytest.mark.parametrize("pairs", [10, 300, 5000])
def test_pairs_that_do_not_differ_never_hold(pairs):
    # Nor do they rise by two points: a discordance below the limit is part of that hypothesis.
    assert paired_exact.p_below(counts(pairs, 0, 0), -0.02) == 1.0
    assert paired_exact.p_above(counts(pairs, 0, 0), 0.02) == 1.0


@pytest.mark.parametrize(("margin", "fewest"), [(0.01, 299), (0.02, 149), (0.05, 59), (0.1, 29), (0.3, 9)])
def test_pairs_needed_follow_from_the_power(margin, fewest):
    needed = paired_exact.pairs_needed_without_discordance(margin)
    assert needed == fewest
    assert needed == math.ceil(math.log(0.05) / math.log(1 - margin))


@pytest.mark.parametrize(("margin", "confidence"), [(0.02, 0.99), (0.05, 0.975), (0.1, 0.9), (0.3, 0.95)])
def test_pairs_needed_are_the_fewest_that_the_test_accepts(margin, confidence):
    needed = paired_exact.pairs_needed_without_discordance(margin, confidence)
    at, below = (paired_exact.p_above(counts(n, 0, 0), -margin) for n in (needed, needed - 1))
    assert at <= 1 - confidence < below


@pytest.mark.parametrize("confidence", [0.95, 0.99])
@pytest.mark.parametrize("pairs", [10, 60, 200])
def test_the_smallest_margin_ships_and_a_smaller_one_does_not(pairs, confidence):
    margin = paired_exact.smallest_margin(pairs, confidence)
    assert paired_exact.p_above(counts(pairs, 0, 0), -margin) <= 1 - confidence + 1e-9
    assert paired_exact.p_above(counts(pairs, 0, 0), -margin * 0.98) > 1 - confidence


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.975])
def test_bound_and_p_value_never_disagree(confidence):
    rng = np.random.default_rng(7)
    for _ in range(8):
        pairs = int(rng.integers(10, 120))
        gained, lost = (int(x) for x in rng.multinomial(pairs, [0.08, 0.06, 0.86])[:2])
        limit = float(rng.choice([-0.1, -0.05, -0.02, 0.0, 0.03]))
        above = paired_exact.check_above(counts(pairs, gained, lost), limit, confidence)
        below = paired_exact.check_below(counts(pairs, gained, lost), limit, confidence)
        assert above.is_clear == (above.bound > limit)
        assert below.is_clear == (below.bound < limit)
        assert above.bound <= (gained - lost) / pairs <= below.bound


@pytest.mark.parametrize("distance", [-4e-5, -1e-5, 1e-5, 4e-5])
def test_a_limit_next_to_the_bound_still_agrees_with_it(distance):
    for gained, lost in ((0, 0), (3, 5), (8, 2)):
        limit = paired_exact.lower_bound(counts(70, gained, lost)) + distance
        found = paired_exact.check_above(counts(70, gained, lost), limit)
        assert found.is_clear == (found.bound > limit)


def test_a_bound_is_where_the_p_value_crosses():
    data = counts(200, 6, 4)
    low, high = paired_exact.lower_bound(data), paired_exact.upper_bound(data)
    assert paired_exact.p_above(data, low - 2e-3) < 0.05 < paired_exact.p_above(data, low + 2e-3)
    assert paired_exact.p_below(data, high + 2e-3) < 0.05 < paired_exact.p_below(data, high - 2e-3)


def test_exchanging_the_systems_mirrors_the_test():
    one = paired_exact.check_above(counts(80, 5, 2), -0.05)
    other = paired_exact.check_below(counts(80, 2, 5), 0.05)
    assert (one.p_value, one.bound) == pytest.approx((other.p_value, -other.bound))


def test_bounds_of_a_total_defeat_are_the_ends():
    assert paired_exact.lower_bound(counts(15, 0, 15)) == -1.0
    assert paired_exact.upper_bound(counts(15, 15, 0)) == 1.0


def test_the_interval_holds_half_the_error_at_each_end():
    data = counts(100, 8, 5)
    interval = paired_exact.exact_difference(data, 0.9)
    assert (interval.low, interval.high) == (paired_exact.lower_bound(data), paired_exact.upper_bound(data))


@pytest.mark.parametrize("limit", [-1.0, 1.0, -2.0])
def test_a_limit_that_is_no_difference_is_refused(limit):
    with pytest.raises(BadInput, match="not a difference"):
        paired_exact.p_above(counts(10, 1, 1), limit)


@pytest.mark.parametrize("margin", [0.0, 1.0, -0.1])
def test_a_margin_that_is_none_is_refused(margin):
    with pytest.raises(BadInput, match="not a margin"):
        paired_exact.pairs_needed_without_discordance(margin)
