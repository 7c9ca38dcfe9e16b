import numpy as np
import pytest
from scipy import stats

from foretell.core.errors import BadInput, NotEnoughEvidence
from foretell.core.stats.clusters import SampledTotals, case_means, clustered_mean, weighted_mean
from foretell.core.stats.rates import wilson_interval

SPREAD = np.array([0.2, 0.4, 0.5, 0.6, 0.3, 0.7, 0.5, 0.6, 0.4, 0.8, 0.5, 0.3, 0.6, 0.7, 0.4, 0.5, 0.9, 0.2, 0.6, 0.5])


def test_repeats_fold_into_one_mean_per_case():
    found = case_means([1, 0, 1, 1, 1], [7, 7, 3, 7, 3])
    assert found.labels.tolist() == [3, 7]
    assert found.means.tolist() == pytest.approx([1.0, 2 / 3])
    assert found.sizes.tolist() == [2, 3]


def test_the_interval_is_students_t_on_the_case_means():
    found = clustered_mean(SPREAD)
    low, high = stats.t.interval(0.95, 19, SPREAD.mean(), stats.sem(SPREAD))
    assert (found.value, found.interval.low, found.interval.high) == pytest.approx((SPREAD.mean(), low, high))
    assert (found.n, found.interval.method) == (20, "t on 19 degrees of freedom")


def test_without_variation_wilson_on_the_number_of_cases_takes_over():
    for share in (1.0, 0.0, 0.6):
        found = clustered_mean(np.full(20, share)).interval
        expected = wilson_interval(share * 20, 20)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
        assert found.method == "Wilson score on 20 effective cases"


def test_a_single_case_says_little():
    found = clustered_mean([1.0])
    expected = wilson_interval(1, 1)
    assert (found.interval.low, found.interval.high) == pytest.approx((expected.low, expected.high))


def test_few_failures_do_not_shrink_the_interval_below_that_of_the_cases():
    means = np.array([1.0] * 19 + [0.98])
    found = clustered_mean(means).interval
    assert found.method == "Wilson score on 20 effective cases"
    assert found.low < 0.86


def test_values_without_bounds_get_an_unbounded_interval_when_nothing_varies():
    found = clustered_mean([3.0, 3.0, 3.0], bounds=None).interval
    assert (found.low, found.high) == (-np.inf, np.inf)
    assert found.method.startswith("unbounded")


def test_other_bounds_scale_the_interval():
    unit, stars = clustered_mean(SPREAD), clustered_mean(1 + 4 * SPREAD, bounds=(1, 5))
    assert stars.interval.low == pytest.approx(1 + 4 * unit.interval.low)
    sure = clustered_mean(np.full(20, 5.0), bounds=(1, 5))
    assert sure.interval.low == pytest.approx(1 + 4 * wilson_interval(20, 20).low)


def test_equal_weights_change_nothing():
    plain = clustered_mean(SPREAD)
    weighted = weighted_mean(SampledTotals(SPREAD, np.ones(20), np.full(20, 7.0), np.zeros(20)))
    assert weighted.value == pytest.approx(plain.value)
    assert (weighted.interval.low, weighted.interval.high) == pytest.approx((plain.interval.low, plain.interval.high))


def test_a_weighted_mean_is_a_ratio_of_weighted_sums():
    sample = SampledTotals([2, 0, 3, 1], [2, 3, 4, 1], [1, 1, 9, 9])
    assert weighted_mean(sample).value == pytest.approx((2 + 27 + 9) / (2 + 3 + 36 + 9))


def test_strata_take_their_differences_out_of_the_variance():
    rng = np.random.default_rng(0)
    strata = np.repeat([0.0, 1.0], 50)
    totals = 0.2 + 0.6 * strata + 0.1 * rng.random(100)
    apart = weighted_mean(SampledTotals(totals, np.ones(100), None, strata)).interval
    mixed = weighted_mean(SampledTotals(totals, np.ones(100))).interval
    means = [totals[strata == label] for label in (0, 1)]
    error = np.sqrt(sum(part.var(ddof=1) / 50 for part in means)) / 2
    assert apart.high - apart.low == pytest.approx(2 * stats.t.ppf(0.975, 98) * error)
    assert apart.high - apart.low < (mixed.high - mixed.low) / 5
    assert apart.method == "t on 98 degrees of freedom"


def test_a_stratum_of_one_adds_its_distance_from_the_whole():
    totals, strata = np.r_[SPREAD, 0.9], np.r_[np.zeros(20), 1.0]
    alone = weighted_mean(SampledTotals(totals, np.ones(21), None, strata)).interval
    without = weighted_mean(SampledTotals(np.r_[SPREAD, totals.mean()], np.ones(21), None, strata)).interval
    assert alone.high - alone.low > without.high - without.low


def test_what_does_not_fit_is_refused():
    with pytest.raises(BadInput, match="lengths differ"):
        case_means([1, 2], [1])
    with pytest.raises(BadInput, match="positive"):
        weighted_mean(SampledTotals([1, 2], [1, 1], [1, 0]))
    with pytest.raises(NotEnoughEvidence, match="empty"):
        weighted_mean(SampledTotals([0, 0], [0, 0]))
    with pytest.raises(NotEnoughEvidence):
        clustered_mean([])
