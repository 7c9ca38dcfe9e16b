import math

import numpy as np
import pytest

from foretell.core.errors import BadInput, NotEnoughEvidence
from foretell.core.stats.flakiness import Flakiness, measure_flakiness


def test_variance_splits_into_within_and_between():
    found = measure_flakiness([1, 1, 0, 1, 0, 0], [1, 1, 2, 2, 3, 3])
    # Within: 0, 1/2 and 0. Means 1, 1/2, 0 vary by 1/4, of which (1/6) / 2 is the noise of two repeats.
    assert found == Flakiness(3, 3, 1, pytest.approx(1 / 6), pytest.approx(1 / 4 - 1 / 12))
    assert found.flip_share == pytest.approx(1 / 3)


def test_cases_answered_once_count_as_cases_but_cannot_flip():
    found = measure_flakiness([1, 1, 0, 0], [1, 1, 2, 3])
    assert (found.cases, found.repeated, found.flipping, found.within) == (3, 1, 0, 0.0)


def test_more_repeats_shrink_only_the_part_within():
    found = Flakiness(100, 100, 40, within=0.2, between=0.05)
    assert found.standard_error(1) == pytest.approx(math.sqrt(0.25 / 100))
    assert found.standard_error(4) == pytest.approx(math.sqrt(0.1 / 100))
    assert found.standard_error(4, cases=400) == pytest.approx(math.sqrt(0.1 / 400))


def test_known_variances_are_recovered():
    rng = np.random.default_rng(1)
    true_means = rng.beta(2, 2, 4000)
    values = rng.random((4000, 3)) < true_means[:, None]
    found = measure_flakiness(values.ravel(), np.repeat(np.arange(4000), 3))
    assert found.between == pytest.approx(0.05, abs=0.006)  # beta(2, 2) varies by 1/20
    assert found.within == pytest.approx(0.2, abs=0.006)  # E[p (1 - p)] = 1/5


def test_pure_noise_has_no_variance_between_cases():
    values = [0, 1, 1, 0, 0, 1]
    assert measure_flakiness(values, [1, 1, 2, 2, 3, 3]).between == 0.0


def test_what_cannot_be_answered_is_refused():
    with pytest.raises(NotEnoughEvidence, match="no case was answered twice"):
        measure_flakiness([1, 0, 1], [1, 2, 3])
    with pytest.raises(NotEnoughEvidence, match="one case"):
        measure_flakiness([1, 0, 1], [1, 1, 1])
    with pytest.raises(BadInput, match="3 values but 2 labels"):
        measure_flakiness([1, 0, 1], [1, 1])
    with pytest.raises(BadInput, match="at least one repeat"):
        Flakiness(10, 10, 1, 0.1, 0.1).standard_error(0)
