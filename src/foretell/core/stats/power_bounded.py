"""The chance to ship when cases carry repeats or scores: simulated from differences seen earlier."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from foretell.core.errors import BadInput
from foretell.core.stats.betting import Wager, highest_log_wealth
from foretell.core.stats.intervals import Estimated, FloatArray, alpha_of, checked_within
from foretell.core.stats.rates import wilson_interval

_TESTS = 400


@dataclass(frozen=True, slots=True)
class BoundedPlan:
    """A comparison on `pairs` cases with one difference in [-1, 1] each, which may drop by `margin`.

    `shares` are the weights over the largest that go with the differences that were seen, None when all are equal.
    """

    pairs: int
    margin: float
    confidence: float = 0.95
    shares: FloatArray | None = None

    @property
    def null(self) -> float:
        """The margin, where -1 is 0 and 1 is 1."""
        return (1 - self.margin) / 2

    def unchanged(self, rng: np.random.Generator, seen: FloatArray, shape: int | tuple[int, int]) -> FloatArray:
        """What is bet on when nothing changed: differences that were seen, each as likely to rise as to fall."""
        rows = rng.integers(len(seen), size=shape)
        unit = (seen[rows] * rng.choice(np.array([-1.0, 1.0]), shape) + 1) / 2
        return unit if self.shares is None else self.null + self.shares[rows] * (unit - self.null)


def simulated_ship_probability(
    differences: ArrayLike, plan: BoundedPlan, seed: int, simulations: int = 1000
) -> Estimated:
    """P(ship | no change) of the betting test on case means, with the interval that `simulations` leave.

    `differences` are per-case differences of two earlier runs with the planned repeats. Each draw takes one at random
    and turns its sign at random: with no change a case is as likely to rise as to fall. Assumes that the new cases
    resemble the old ones.
    """
    seen = checked_within(differences, (-1.0, 1.0), "plan")
    if plan.pairs < 1 or not 0 <= plan.margin < 1 or simulations < 1:
        raise BadInput.of("plan", f"{plan} with {simulations} simulations cannot be run.")
    values = plan.unchanged(np.random.default_rng(seed), seen, (plan.pairs, simulations))
    null = np.full(simulations, plan.null)
    wealth = highest_log_wealth(values, Wager(null, 1 / alpha_of(plan.confidence), plan.pairs))
    shipped = int(np.count_nonzero(np.exp(-wealth) <= alpha_of(plan.confidence)))
    return Estimated(shipped / simulations, wilson_interval(shipped, simulations), simulations)


def clear_probability(unit: FloatArray, shares: FloatArray | None, given: tuple[float, float], n: int) -> float:
    """P(the betting test shows the mean to be above a null) on `n` values such as those that were seen.

    `unit` are these, from 0 to 1, `shares` their weights over the largest; `given` is the null and alpha. Each of
    400 simulated tests draws its values from them with replacement.
    """
    null, alpha = given
    rng = np.random.default_rng(0)
    rows = rng.integers(len(unit), size=(n, _TESTS))
    values = unit[rows] if shares is None else null + shares[rows] * (unit[rows] - null)
    wealth = highest_log_wealth(values, Wager(np.full(_TESTS, null), 1 / alpha, n))
    return float(np.mean(np.exp(-wealth) <= alpha))
