"""A mean over cases or conversations that hold several answers each, equally weighted or sampled with known weights.

Answers inside one case resemble each other, so the case is the unit: `n` counts cases. For reading; decisions on case
means are `bounded`.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from foretell.core.errors import BadInput, NotEnoughEvidence
from foretell.core.stats.intervals import (
    Estimated,
    FloatArray,
    Interval,
    alpha_of,
    checked,
    normal_quantile,
    t_quantile,
)
from foretell.core.stats.rates import wilson_interval

# With fewer (effective) successes or failures than this, the t interval covers too little.
_FEWEST = 5.0


@dataclass(frozen=True, slots=True)
class CaseMeans:
    """One entry per distinct label, in sorted order: the mean of its values and how many there were."""

    labels: FloatArray
    means: FloatArray
    sizes: FloatArray


@dataclass(frozen=True, slots=True)
class SampledTotals:
    """A sample of conversations, one entry each: the sum of its values, how many they are, weight and stratum.

    `sizes` are 1 when the conversation is the unit; `weights` are inverse inclusion probabilities (None: all equal);
    `strata` are numbers that say how it was drawn (None: all alike).
    """

    totals: ArrayLike
    sizes: ArrayLike
    weights: ArrayLike | None = None
    strata: ArrayLike | None = None


def case_means(values: ArrayLike, labels: ArrayLike) -> CaseMeans:
    """Fold repeats or turns into one mean per case. `labels` are numbers, one per value."""
    array, names = checked(values, "case means"), checked(labels, "case means")
    _check_same_length("case means", array, names)
    distinct, place = np.unique(names, return_inverse=True)
    sizes = np.bincount(place).astype(np.float64)
    return CaseMeans(distinct, np.bincount(place, weights=array) / sizes, sizes)


def clustered_mean(
    means: ArrayLike, confidence: float = 0.95, bounds: tuple[float, float] | None = (0.0, 1.0)
) -> Estimated:
    """The mean of case means with its interval: t on cases - 1 degrees of freedom (Miller 2024, arXiv:2411.00640).

    With `bounds`, few successes or failures, or no variation at all, switch to Wilson on the effective number of
    cases, never above the true one: a t interval there is too short or has no width. Assumes independent cases.
    """
    array = checked(means, "mean of cases")
    return weighted_mean(SampledTotals(array, np.ones_like(array)), confidence, bounds)


def weighted_mean(
    sample: SampledTotals, confidence: float = 0.95, bounds: tuple[float, float] | None = (0.0, 1.0)
) -> Estimated:
    """The population mean per unit of size from a weighted, stratified sample of conversations.

    Hájek's ratio of weighted sums with its linearised variance, conversations as clusters inside strata, t on
    conversations - strata degrees of freedom (Särndal, Swensson & Wretman 1992, ch. 5; Wilson near 0 and 1 after Korn
    & Graubard 1998). A stratum of a single conversation is compared with the overall mean instead of its own. Without
    bounds an interval needs variation and two conversations; otherwise it is unbounded.
    """
    totals, sizes, weights, strata = _arrays(sample)
    size = float(weights @ sizes)
    value = float(weights @ totals) / size
    residuals = weights * (totals - value * sizes) / size
    variance, freedom = _stratified_variance(residuals, strata)
    spread = _Spread(variance, freedom, float(weights.sum() ** 2 / (weights @ weights)))
    return Estimated(value, _interval(value, spread, confidence, bounds), totals.size)


@dataclass(frozen=True, slots=True)
class _Spread:
    """The variance of a mean, its degrees of freedom, and the number of equally weighted cases it is worth."""

    variance: float
    freedom: int
    cases: float


def _interval(value: float, spread: _Spread, confidence: float, bounds: tuple[float, float] | None) -> Interval:
    has_spread = spread.freedom >= 1 and spread.variance > 1e-24
    upper = 1 - alpha_of(confidence) / 2
    quantile = t_quantile(upper, spread.freedom) if has_spread else math.inf
    half = quantile * math.sqrt(spread.variance) if has_spread else math.inf
    if bounds is None:
        method = f"t on {spread.freedom} degrees of freedom" if has_spread else "unbounded: no variation seen"
        return Interval(value - half, value + half, method)
    low, high = bounds
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    effective = spread.cases
    if has_spread:
        # Korn & Graubard: the sample size that would have this variance, less what estimating it costs.
        design = share * (1 - share) * (high - low) ** 2 / spread.variance
        effective = min(effective, design * (normal_quantile(upper) / quantile) ** 2)
    if has_spread and min(share, 1 - share) * effective >= _FEWEST:
        method = f"t on {spread.freedom} degrees of freedom"
        return Interval(max(low, value - half), min(high, value + half), method)
    effective = max(effective, 1e-9)
    unit = wilson_interval(share * effective, effective, confidence)
    method = f"Wilson score on {effective:.4g} effective cases"
    return Interval(low + (high - low) * unit.low, low + (high - low) * unit.high, method)


def _stratified_variance(residuals: FloatArray, strata: FloatArray) -> tuple[float, int]:
    _, place = np.unique(strata, return_inverse=True)
    count = np.bincount(place).astype(np.float64)
    means = np.bincount(place, weights=residuals) / count
    means[count == 1] = 0.0
    centred = np.bincount(place, weights=(residuals - means[place]) ** 2)
    factor = np.where(count > 1, count / np.maximum(count - 1, 1), 1.0)
    return float(factor @ centred), residuals.size - count.size


def _arrays(sample: SampledTotals) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    where = "weighted mean"
    totals, sizes = checked(sample.totals, where), checked(sample.sizes, where)
    weights = np.ones_like(totals) if sample.weights is None else checked(sample.weights, where)
    strata = np.zeros_like(totals) if sample.strata is None else checked(sample.strata, where)
    _check_same_length(where, totals, sizes, weights, strata)
    if weights.min() <= 0 or sizes.min() < 0:
        raise BadInput.of(where, "weights must be positive and sizes not negative.")
    if sizes.sum() == 0:
        raise NotEnoughEvidence.of(where, "every conversation is empty.")
    return totals, sizes, weights, strata


def _check_same_length(where: str, *arrays: FloatArray) -> None:
    if len({array.size for array in arrays}) > 1:
        raise BadInput.of(where, f"the lengths differ: {[array.size for array in arrays]}.")
