import itertools

import pytest
from scipy import stats

from foretell.core.errors import BadInput
from foretell.core.stats import rates

LEVELS = (0.9, 0.95, 0.99)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_limits(successes, n, low, high):
    # Newcombe, Statistics in Medicine 1998, "Two-sided confidence intervals for the single proportion", table I.
    found = rates.wilson_interval(successes, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_wilson_bounds_are_the_ends_of_the_wider_interval():
    two_sided = rates.wilson_interval(15, 148, 0.90)
    assert rates.wilson_lower(15, 148, 0.95) == pytest.approx(two_sided.low, abs=1e-12)
    assert rates.wilson_upper(15, 148, 0.95) == pytest.approx(two_sided.high, abs=1e-12)


def test_wilson_ends_are_exact_where_nothing_is_open():
    assert (rates.wilson_interval(0, 7).low, rates.wilson_interval(7, 7).high) == (0.0, 1.0)


def test_one_percent_needs_299_clean_trials():
    at_299, at_298 = rates.check_below(0, 299, 0.01), rates.check_below(0, 298, 0.01)
    assert (at_299.is_clear, at_298.is_clear) == (True, False)
    assert at_299.p_value == pytest.approx(0.99**299)
    assert at_299.bound < 0.01 < at_298.bound


@pytest.mark.parametrize("n", [1, 7, 40])
def test_exact_p_values_are_binomial_tails(n):
    for successes, limit in itertools.product(range(n + 1), (0.02, 0.5, 0.9)):
        above, below = rates.check_above(successes, n, limit), rates.check_below(successes, n, limit)
        assert above.p_value == pytest.approx(stats.binom.sf(successes - 1, n, limit), abs=1e-12)
        assert below.p_value == pytest.approx(stats.binom.cdf(successes, n, limit), abs=1e-12)


@pytest.mark.parametrize("confidence", LEVELS)
def test_bound_and_p_value_never_disagree(confidence):
    for successes, limit in itertools.product(range(31), (0.05, 0.31, 0.8, 0.95)):
        above = rates.check_above(successes, 30, limit, confidence)
        below = rates.check_below(successes, 30, limit, confidence)
        assert above.is_clear == (above.bound >= limit)
        assert below.is_clear == (below.bound <= limit)


def test_the_extremes_have_trivial_bounds():
    assert (rates.exact_lower(0, 9), rates.exact_upper(9, 9)) == (0.0, 1.0)
    assert rates.exact_lower(9, 9) == pytest.approx(0.05 ** (1 / 9))


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (-1, 4), (5, 4)])
def test_counts_that_are_none_are_refused(successes, n):
    with pytest.raises(BadInput, match="is not a count"):
        rates.wilson_interval(successes, n)


def test_a_limit_that_is_no_rate_is_refused():
    with pytest.raises(BadInput, match="not a rate"):
        rates.check_above(3, 4, 80)
