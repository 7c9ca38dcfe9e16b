"""How often it succeeds, for reading; the gate's own bounds are in `claims`."""

from dataclasses import dataclass

import numpy as np

from foretell.core.analysis.runs.aggregate import Units
from foretell.core.domain.estimates import Estimate
from foretell.core.ports.findings import Floats
from foretell.core.stats.clusters import SampledTotals, clustered_mean, weighted_mean
from foretell.core.stats.intervals import Estimated
from foretell.core.stats.passk import pass_hat_k
from foretell.core.stats.rates import wilson_interval

WEIGHTED = ", weighted"
"""Behind the method of an estimate whose units stand for different numbers of interactions."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run's trials came to, in counts."""

    trials: int
    successes: int
    failures: int
    unscored: int
    environment: int


def tally(units: Units) -> Tally:
    """The counts of a run."""
    trials, good, unscored = int(units.trials.sum()), int(units.successes.sum()), int(units.unscored.sum())
    return Tally(trials, good, trials - good - unscored, unscored, int(units.environment.sum()))


def success_rate(units: Units) -> Estimate:
    """The share of scored trials that succeeded: the mean over cases, with cases (or conversations) as clusters."""
    rates = units.rate("scored")
    kept = ~np.isnan(rates)
    weights = None if units.weights is None else units.weights.at(units.key[kept])
    return share_estimate(rates[kept], weights, is_single=units.is_single, unit=units.unit)


def share_estimate(
    shares: Floats, weights: Floats | None = None, *, is_single: bool, confidence: float = 0.95, unit: str = "case"
) -> Estimate:
    """The mean of per-unit shares in [0, 1]: Wilson for single answers, clustered otherwise.

    `weights` say, unit by unit, for how many interactions of production each stands; None is one each.
    """
    if not len(shares):
        return Estimate(None, None, None, 0, unit, "no interval: nothing was scored")
    if weights is not None:
        found = weighted_mean(SampledTotals(shares, np.ones_like(shares), weights), confidence)
        return estimate_of(found, unit, WEIGHTED)
    if is_single:
        good = float(shares.sum())
        interval = wilson_interval(good, len(shares), confidence)
        return Estimate(good / len(shares), interval.low, interval.high, len(shares), unit, interval.method)
    return estimate_of(clustered_mean(shares, confidence), unit)


def estimate_of(found: Estimated, unit: str, note: str = "") -> Estimate:
    """A number of `stats` as the domain's estimate; a note goes behind its method."""
    interval = found.interval
    return Estimate(found.value, interval.low, interval.high, found.n, unit, interval.method + note)


def reliability(units: Units) -> tuple[Estimate, ...]:
    """pass^1 … pass^k: the chance that k independent tries at one case all succeed; k up to the repeats each case has.

    Empty without repeats. Cases with unscored trials count those they have; k stops at the fewest.
    """
    scored = units.trials - units.unscored
    kept = scored > 0
    most = int(scored[kept].min()) if kept.any() else 0
    if most < 2:
        return ()
    found = (pass_hat_k(units.successes[kept], scored[kept], k) for k in range(1, most + 1))
    return tuple(estimate_of(one, units.unit) for one in found)
