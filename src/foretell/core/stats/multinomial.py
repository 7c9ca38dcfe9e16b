"""Shares of a partition, all at once: simultaneous intervals, and the ranks that they leave open."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from foretell.core.errors import BadInput
from foretell.core.stats.intervals import FloatArray, alpha_of, checked, normal_quantile


@dataclass(frozen=True, slots=True)
class SimultaneousIntervals:
    """Low and high ends, one pair per cell; all of them hold together with the stated confidence."""

    low: FloatArray
    high: FloatArray
    method: str


@dataclass(frozen=True, slots=True)
class RankInterval:
    """The ranks a cell can have, 1 being the largest."""

    first: int
    last: int


def goodman_intervals(counts: ArrayLike, confidence: float = 0.95) -> SimultaneousIntervals:
    """Goodman's simultaneous intervals for the shares of k exclusive cells (Technometrics 1965).

    `counts` must cover the whole partition: with failure modes, "no failure" is one of the cells. Assumes one
    independent answer per case, so not for repeated or weighted data; good where expected counts are 5 or more, and
    conservative below.
    """
    observed = checked(counts, "Goodman's intervals", least=2)
    if observed.min() < 0 or observed.sum() <= 0:
        raise BadInput.of("Goodman's intervals", "counts must not be negative, nor all zero.")
    n = observed.sum()
    square = normal_quantile(1 - alpha_of(confidence) / (2 * observed.size)) ** 2
    half = np.sqrt(square * (square + 4 * observed * (n - observed) / n))
    low = (square + 2 * observed - half) / (2 * (n + square))
    high = (square + 2 * observed + half) / (2 * (n + square))
    return SimultaneousIntervals(np.where(observed == 0, 0.0, low), np.where(observed == n, 1.0, high), "Goodman")


def rank_intervals(low: ArrayLike, high: ArrayLike, costs: ArrayLike | None = None) -> tuple[RankInterval, ...]:
    """The ranks of `share x cost` that simultaneous intervals leave open, largest first.

    A cell is surely above another when its low end lies above the other's high end. As the intervals hold together,
    so do all ranks, with the same confidence (Al Mohamad, Goeman & van Zwet 2022 call these simultaneous rank
    intervals). Costs must be positive: they are taken as known.
    """
    lows, highs = checked(low, "rank intervals"), checked(high, "rank intervals")
    weights = np.ones_like(lows) if costs is None else checked(costs, "rank intervals")
    if not lows.size == highs.size == weights.size or weights.min() <= 0 or bool(np.any(lows > highs)):
        raise BadInput.of("rank intervals", "ends and costs must match, with low <= high and costs > 0.")
    lows, highs = lows * weights, highs * weights
    surely_above = (lows[None, :] > highs[:, None]).sum(axis=1)
    surely_below = (highs[None, :] < lows[:, None]).sum(axis=1)
    return tuple(
        RankInterval(1 + int(above), lows.size - int(below))
        for above, below in zip(surely_above, surely_below, strict=True)
    )
