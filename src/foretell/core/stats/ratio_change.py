"""Cost per success of a candidate against that of a baseline, on the same cases.

The ratio of the two is (ratio of costs) / (ratio of success rates). Each gets a one-sided bound at half of alpha and
their quotient bounds the whole (Bonferroni): costs by Fieller with t on n - 1 degrees of freedom, success by betting.
The first half is approximate when costs are very skewed; the second holds at every n. Cases must be independent, in an
order that does not depend on their values, and costs not negative.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from foretell.core.errors import BadInput, NotEnoughEvidence
from foretell.core.stats.betting import Wager, highest_log_wealth
from foretell.core.stats.intervals import FloatArray, OneSided, alpha_of, checked, checked_within, t_quantile
from foretell.core.stats.ratio import fieller_limits

METHOD = "Fieller for costs, betting for success, half of alpha each"
_TOLERANCE = 1e-4  # relative to the ratio


@dataclass(frozen=True, slots=True)
class Arm:
    """One system: per case its cost, and its success in [0, 1] (the mean of its repeats)."""

    costs: ArrayLike
    successes: ArrayLike


def cost_per_success_ratio(candidate: Arm, baseline: Arm) -> float:
    """Cost per success of the candidate over that of the baseline; inf when the candidate never succeeds."""
    pair = _paired(candidate, baseline)
    return pair.cost_ratio / pair.success_ratio if pair.success_ratio else math.inf


def check_below(candidate: Arm, baseline: Arm, limit: float, confidence: float = 0.95) -> OneSided:
    """Is the ratio below `limit` (1.1: "may cost a tenth more per success")? The ship side, with an upper bound.

    The bound is inf when the data leave it open, as they do while a success of the candidate is in doubt.
    """
    p_value, bound = _decide(_paired(candidate, baseline), _checked_ratio(limit), confidence)
    return OneSided("below", limit, p_value, bound, confidence, METHOD)


def check_above(candidate: Arm, baseline: Arm, limit: float, confidence: float = 0.95) -> OneSided:
    """Is the ratio above `limit`? The hold side, with a lower bound: the same question with the arms exchanged."""
    p_value, bound = _decide(_paired(baseline, candidate), 1 / _checked_ratio(limit), confidence)
    return OneSided("above", limit, p_value, 1 / bound if bound else math.inf, confidence, METHOD)


@dataclass(frozen=True, slots=True)
class _Pair:
    cost: FloatArray
    cost_base: FloatArray
    success: FloatArray
    success_base: FloatArray

    @property
    def cost_ratio(self) -> float:
        return float(self.cost.sum() / self.cost_base.sum())

    @property
    def success_ratio(self) -> float:
        total = float(self.success_base.sum())
        return float(self.success.sum()) / total if total else math.inf

    def p_cost(self, ratios: FloatArray) -> FloatArray:
        """p-values of H0: cost ratio >= each of `ratios`; equal costs throughout make the ratio exact."""
        excess = ratios * self.cost_base.mean() - self.cost.mean()
        covariance = np.cov(self.cost, self.cost_base)
        own, shared, base = float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])
        error = np.sqrt(np.maximum(own - 2 * ratios * shared + ratios**2 * base, 0.0) / self.cost.size)
        noise = 1e-9 * (self.cost.mean() + ratios * self.cost_base.mean())
        standard: FloatArray = excess / np.maximum(error, noise)
        by_t = special.stdtr(self.cost.size - 1, -standard)
        return np.where(error > noise, by_t, np.where(excess > noise, 0.0, 1.0))

    def p_success(self, ratios: FloatArray, alpha: float) -> FloatArray:
        """p-values of H0: success ratio <= each of `ratios`, from mean(success - ratio * base) <= 0."""
        unit = (self.success[:, None] + ratios * (1 - self.success_base[:, None])) / (1 + ratios)
        wager = Wager(ratios / (1 + ratios), 1 / alpha, self.success.size)
        return np.exp(-highest_log_wealth(unit, wager))


def _decide(pair: _Pair, limit: float, confidence: float) -> tuple[float, float]:
    """The p-value of H0: cost per success ratio >= limit, and the upper bound of that ratio."""
    alpha = alpha_of(confidence)
    half = alpha / 2
    _, cost_upper = fieller_limits(pair.cost, pair.cost_base, t_quantile(1 - half, pair.cost.size - 1))
    if not math.isfinite(cost_upper) or pair.success_ratio == 0:
        return 1.0, math.inf
    # The success ratio that must be exceeded for the claim; the claim is clear exactly when it is.
    needed = cost_upper / limit
    is_clear = float(pair.p_success(np.array([needed]), half)[0]) <= half
    most = min(pair.success_ratio, 1e6)
    bracket = (needed, max(most, needed * 1.01)) if is_clear else (0.0, needed)
    low, high = _narrowed(bracket, pair, lambda ratios: pair.p_success(ratios, half) > half)
    p_value = _p_value(pair, limit, half)
    p_value = min(p_value, alpha) if is_clear else max(p_value, math.nextafter(alpha, 1))
    return p_value, 2 * cost_upper / (low + high)


def _p_value(pair: _Pair, limit: float, half: float) -> float:
    """The least of 2 max(p of "costs below r", p of "success above r / limit") over r: where the two cross."""

    def crossed(ratios: FloatArray) -> NDArray[np.bool_]:
        return pair.p_success(ratios / limit, half) > pair.p_cost(ratios)

    low, high = pair.cost_ratio, limit * min(pair.success_ratio, 1e6)
    if high <= low:
        return 1.0
    ends = np.array(_narrowed((low, high), pair, crossed))
    larger = np.maximum(pair.p_cost(ends), pair.p_success(ends / limit, half))
    return min(1.0, 2 * float(larger.min()))


def _narrowed(
    bracket: tuple[float, float], pair: _Pair, is_past: Callable[[FloatArray], NDArray[np.bool_]]
) -> tuple[float, float]:
    """Close the bracket on the first point that `is_past`, several points at a time (fewer when cases are many)."""
    low, high = bracket
    points = 16 if pair.cost.size <= 100_000 else 4
    while high - low > _TOLERANCE * high:
        candidates = np.linspace(low, high, points + 2)
        past = np.flatnonzero(is_past(candidates[1:-1]))
        first = int(past[0]) + 1 if past.size else points + 1
        low, high = float(candidates[first - 1]), float(candidates[first])
        if high < 1e-9:
            break
    return low, high


def _paired(candidate: Arm, baseline: Arm) -> _Pair:
    where = "cost per success"
    costs, costs_base = checked(candidate.costs, where, least=2), checked(baseline.costs, where)
    successes = checked_within(candidate.successes, (0.0, 1.0), where)
    successes_base = checked_within(baseline.successes, (0.0, 1.0), where)
    sizes = {costs.size, costs_base.size, successes.size, successes_base.size}
    if len(sizes) > 1 or min(costs.min(), costs_base.min()) < 0:
        raise BadInput.of(where, "give one cost >= 0 and one success per case and arm, for the same cases.")
    if costs.sum() == 0 or costs_base.sum() == 0:
        raise NotEnoughEvidence.of(where, "one of the arms cost nothing, so costs have no ratio.")
    return _Pair(costs, costs_base, successes, successes_base)


def _checked_ratio(limit: float) -> float:
    if not 0 < limit < math.inf:
        raise BadInput.of("cost per success", f"{limit} is not a ratio.", "Give 1.1 for a tenth more.")
    return limit
