import math

import numpy as np
import pytest

from foretell.core.errors import BadInput, NotEnoughEvidence
from foretell.core.stats.clusters import clustered_mean
from foretell.core.stats.passk import pass_hat_k


def test_each_task_counts_the_draws_of_k_that_all_passed():
    found = pass_hat_k([5, 3, 1], [5, 4, 6], 2)
    expected = [1.0, math.comb(3, 2) / math.comb(4, 2), 0.0]
    assert found.value == pytest.approx(np.mean(expected))
    assert found == clustered_mean(expected)


def test_one_try_is_the_mean_rate_of_tasks():
    assert pass_hat_k([1, 4], [2, 4], 1).value == 0.75


def test_many_tries_do_not_overflow():
    found = pass_hat_k([9_000, 10_000], [10_000, 10_000], 100)
    exact = math.comb(9_000, 100) / math.comb(10_000, 100)
    assert found.value == pytest.approx((exact + 1) / 2)


def test_too_few_tries_name_the_task():
    with pytest.raises(NotEnoughEvidence, match="task 1 was tried 3 times, but k is 4"):
        pass_hat_k([2, 3], [5, 3], 4)


@pytest.mark.parametrize(
    ("successes", "tries", "k"), [([3], [2], 1), ([-1], [2], 1), ([1], [2], 0), ([1, 1], [2], 1), ([0.5], [2], 1)]
)
def test_what_does_not_fit_is_refused(successes, tries, k):
    with pytest.raises(BadInput):
        pass_hat_k(successes, tries, k)
