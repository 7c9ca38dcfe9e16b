"""Cost per success: total cost over the number of successes, with conversations as clusters.

Averages of costs of the successful ones alone answer another question: failures are paid for too.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from foretell.core.errors import BadInput
from foretell.core.stats.intervals import FloatArray, Interval, alpha_of, checked, t_quantile
from foretell.core.stats.rates import wilson_lower

_RESAMPLES = 2000
_MOST_UNITS = 4096
_BATCH = 125


@dataclass(frozen=True, slots=True)
class CostPerSuccess:
    """The ratio (inf when nothing succeeded) with a BCa bootstrap interval, and Fieller's beside it."""

    value: float
    bootstrap: Interval
    fieller: Interval
    n: int


def cost_per_success(costs: ArrayLike, successes: ArrayLike, seed: int, confidence: float = 0.95) -> CostPerSuccess:
    """Estimate sum(costs) / sum(successes); both hold one total per conversation (or per case), which are independent.

    Bootstrap by conversation, bias-corrected and accelerated (Efron 1987), 2,000 resamples. Above 4,096 conversations
    they are first dealt at random into 4,096 groups whose totals are resampled: the variance of the ratio is kept (to
    about 2 %), and a million conversations take a second. An end is inf where successes may be 0. When all
    conversations succeed alike, no resample has a failure: the upper end then stands on Wilson's bound for the rate.

    Fieller (1954) assumes nearly normal totals; it is unbounded when the rate of success is not apart from 0. Neither
    is for fewer than 10 conversations.
    """
    paid, won = _checked_totals(costs, successes)
    if won.sum() == 0:
        nothing = Interval(0.0, math.inf, "unbounded: no success seen")
        return CostPerSuccess(math.inf, nothing, nothing, paid.size)
    value = float(paid.sum() / won.sum())
    if paid.size == 1:
        nothing = Interval(0.0, math.inf, "unbounded: a single conversation")
        return CostPerSuccess(value, nothing, nothing, 1)
    bootstrap = _bca(paid, won, np.random.default_rng(seed), confidence)
    if won.min() == won.max():
        rate = wilson_lower(paid.size, paid.size, 1 - alpha_of(confidence) / 2)
        bootstrap = Interval(
            bootstrap.low, bootstrap.high / rate, f"{bootstrap.method}, Wilson for the unseen failures"
        )
    return CostPerSuccess(value, bootstrap, fieller_interval(paid, won, confidence), paid.size)


def fieller_interval(costs: ArrayLike, successes: ArrayLike, confidence: float = 0.95) -> Interval:
    """Fieller's interval for mean(costs) / mean(successes), costs and successes not negative, t on n - 1 df."""
    paid, won = _checked_totals(costs, successes)
    quantile = t_quantile(1 - alpha_of(confidence) / 2, paid.size - 1) if paid.size > 1 else math.inf
    low, high = fieller_limits(paid, won, quantile)
    return Interval(low, high, "Fieller" if math.isfinite(high) else "Fieller, unbounded")


def fieller_limits(numerators: FloatArray, denominators: FloatArray, quantile: float) -> tuple[float, float]:
    """The ratios r >= 0 at which |mean(numerators - r * denominators)| <= quantile * its standard error.

    A denominator that cannot be told from 0 leaves no upper limit (inf); then the lower one is where the set begins.
    """
    if not math.isfinite(quantile):
        return 0.0, math.inf
    top, bottom = float(numerators.mean()), float(denominators.mean())
    noise = np.cov(numerators, denominators) * (quantile * quantile / numerators.size)
    a, b, c = bottom * bottom - noise[1, 1], top * bottom - noise[0, 1], top * top - noise[0, 0]
    root = math.sqrt(max(0.0, b * b - a * c))
    if a > 0:
        return max(0.0, float((b - root) / a)), float((b + root) / a)
    starts = float((b - root) / a) if a < 0 < c else 0.0
    return max(0.0, starts), math.inf


def _bca(paid: FloatArray, won: FloatArray, rng: np.random.Generator, confidence: float) -> Interval:
    ratios = np.sort(_resampled_ratios(*_grouped(paid, won, rng), rng))
    value = paid.sum() / won.sum()
    is_below = (np.count_nonzero(ratios < value) + np.count_nonzero(ratios <= value)) / (2 * ratios.size)
    bias = special.ndtri(np.clip(is_below, 0.5 / ratios.size, 1 - 0.5 / ratios.size))
    # The empirical influence of one conversation; unlike the jackknife it is finite with a single success.
    influence = paid - value * won
    squares = float(influence @ influence)
    acceleration = float((influence * influence) @ influence) / (6 * squares**1.5) if squares > 0 else 0.0
    alpha = alpha_of(confidence)
    shifted = bias + special.ndtri(np.array([alpha / 2, 1 - alpha / 2]))
    shares = special.ndtr(bias + shifted / (1 - acceleration * shifted))
    places = np.clip(np.floor(shares * ratios.size).astype(int), 0, ratios.size - 1)
    low, high = float(ratios[places[0]]), float(ratios[places[1]])
    return Interval(min(low, float(value)), max(high, float(value)), "BCa bootstrap by conversation")


def _grouped(paid: FloatArray, won: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    if paid.size <= _MOST_UNITS:
        return paid, won
    group = rng.permutation(np.arange(paid.size, dtype=np.int32) % _MOST_UNITS)
    return np.bincount(group, weights=paid).astype(np.float64), np.bincount(group, weights=won).astype(np.float64)


def _resampled_ratios(paid: FloatArray, won: FloatArray, rng: np.random.Generator) -> FloatArray:
    ratios = np.empty(_RESAMPLES)
    for start in range(0, _RESAMPLES, _BATCH):
        drawn = rng.integers(0, paid.size, size=(_BATCH, paid.size), dtype=np.int32)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios[start : start + _BATCH] = paid[drawn].sum(axis=1) / won[drawn].sum(axis=1)
    return np.where(np.isnan(ratios), np.inf, ratios)


def _checked_totals(costs: ArrayLike, successes: ArrayLike) -> tuple[FloatArray, FloatArray]:
    where = "cost per success"
    paid, won = checked(costs, where), checked(successes, where)
    if paid.size != won.size or paid.min() < 0 or won.min() < 0:
        raise BadInput.of(where, "give one cost and one count of successes per conversation, none negative.")
    return paid, won
