"""The same numbers from statsmodels, where it has the method."""

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import multinomial_proportions_confint, proportion_confint

from foretell.core.stats import rates
from foretell.core.stats.correction import holm_adjusted
from foretell.core.stats.multinomial import goodman_intervals
from foretell.core.stats.paired import PairCounts, mcnemar_p

COUNTS = [(0, 9), (1, 9), (9, 9), (15, 148), (81, 263), (4999, 5000)]


@pytest.mark.parametrize(("successes", "n"), COUNTS)
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_wilson(successes, n, confidence):
    found = rates.wilson_interval(successes, n, confidence)
    expected = proportion_confint(successes, n, alpha=1 - confidence, method="wilson")
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("successes", "n"), COUNTS)
def test_clopper_pearson(successes, n):
    found = rates.exact_lower(successes, n, 0.975), rates.exact_upper(successes, n, 0.975)
    assert found == pytest.approx(proportion_confint(successes, n, method="beta"), abs=1e-12)


@pytest.mark.parametrize("counts", [(56, 72, 73, 59, 62, 87, 58), (1, 0, 20), (500, 3)])
def test_goodman(counts):
    found = goodman_intervals(counts)
    expected = multinomial_proportions_confint(counts, method="goodman")
    assert np.column_stack([found.low, found.high]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("gained", "lost"), [(0, 5), (7, 3), (4, 4), (30, 12)])
def test_mcnemar(gained, lost):
    expected = mcnemar([[50, gained], [lost, 9]], exact=True).pvalue
    assert mcnemar_p(PairCounts(50, gained, lost, 9)) == pytest.approx(expected)


def test_holm():
    p_values = np.random.default_rng(1).random(12) ** 3
    assert holm_adjusted(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
