"""What the interval of a product of step rates covers, by simulation."""

import numpy as np
import pytest

from foretell.core.stats.intervals import Estimated
from foretell.core.stats.product import product_of_rates
from foretell.core.stats.rates import wilson_interval
from tests.statistical.simulation import SCALE, at_most

pytestmark = [pytest.mark.statistical, pytest.mark.timeout(600)]


@pytest.mark.parametrize(("steps", "rate", "n"), [(8, 0.999, 50), (8, 0.98, 50), (20, 0.98, 200), (3, 0.9, 30)])
def test_the_product_of_steps_covers(steps: int, rate: float, n: int) -> None:
    """At 8 steps of .999 and n = 50 the delta method on logarithms covers a third: it has no width without failures."""
    rng = np.random.default_rng([steps, n])
    runs, covered = 500 * SCALE, 0
    for good in rng.binomial(n, rate, (runs, steps)).tolist():
        found = product_of_rates([Estimated(one / n, wilson_interval(one, n), n) for one in good]).interval
        covered += found.low <= rate**steps <= found.high
    assert at_most(covered, runs) >= 0.95
