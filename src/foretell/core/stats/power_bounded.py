"""The chance to ship when cases carry repeats or scores: simulated from differences seen earlier."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from foretell.core.errors import BadInput
from foretell.core.stats.betting import Wager, highest_log_wealth
from foretell.core.stats.intervals import Estimated, alpha_of, checked_within
from foretell.core.stats.rates import wilson_interval


@dataclass(frozen=True, slots=True)
class BoundedPlan:
    """A comparison on `pairs` cases with one difference in [-1, 1] each, which may drop by `margin`."""

    pairs: int
    margin: float
    confidence: float = 0.95


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
    rng = np.random.default_rng(seed)
    shape = (plan.pairs, simulations)
    values = rng.choice(seen, shape) * rng.choice(np.array([-1.0, 1.0]), shape)
    null = np.full(simulations, (1 - plan.margin) / 2)
    wealth = highest_log_wealth((values + 1) / 2, Wager(null, 1 / alpha_of(plan.confidence), plan.pairs))
    shipped = int(np.count_nonzero(np.exp(-wealth) <= alpha_of(plan.confidence)))
    return Estimated(shipped / simulations, wilson_interval(shipped, simulations), simulations)
