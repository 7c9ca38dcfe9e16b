"""Which outcomes of a paired comparison the exact test rejects at, found without testing each of them."""

import math
from functools import lru_cache

import numpy as np
from scipy import special

from foretell.core.stats.intervals import crossing, normal_quantile
from foretell.core.stats.trinomial import (
    RULED_OUT,
    Region,
    Shares,
    angles,
    discordances,
    largest_probability,
    not_ruled_out,
    region_above,
    score,
    window,
)

# The critical scores are found to this precision, on the careful side.
_PRECISION = 1e-4


@lru_cache(maxsize=64)
def rejection_region(pairs: int, limit: float, alpha: float, discordance: float) -> Region:
    """The outcomes at which H0: difference <= limit has a p-value <= alpha, for the counts that `discordance` makes.

    At each discordance of a grid the critical score is the least one whose tail is within alpha. Among m discordant
    pairs the test rejects where the score reaches the highest critical one among the discordances that m leaves open.
    """
    first, last = window(pairs, Shares(discordance, discordance))
    everything = [not_ruled_out(m, pairs, limit) for m in range(first, last + 1)]
    searched = [shares for shares in everything if shares is not None]
    if not searched:
        return region_above(-math.inf, pairs, limit, (first, last))
    whole = Shares(min(shares.low for shares in searched), max(shares.high for shares in searched))
    grid = np.array(discordances(angles(pairs, limit, whole), limit, whole))
    critical = np.array([_critical_score(pairs, limit, alpha - RULED_OUT, share) for share in grid.tolist()])
    levels = np.full(len(everything), -math.inf)
    for place, shares in enumerate(everything):
        if shares is not None:
            # One point beyond each end, as the range falls between points.
            start, stop = np.searchsorted(grid, (shares.low, shares.high))
            levels[place] = critical[max(0, start - 1) : stop + 1].max()
    return region_above(levels, pairs, limit, (first, last))


def _critical_score(pairs: int, limit: float, alpha: float, discordance: float) -> float:
    """The least score (and a hair) whose upper tail is at most `alpha` at this discordance; inf if there is none."""
    counts = window(pairs, Shares(discordance, discordance))

    def excess(level: float) -> float:
        tail = largest_probability(region_above(level, pairs, limit, counts), discordance, limit)
        return -float(special.ndtri(min(max(tail, 1e-300), 1 - 1e-12))) - normal_quantile(1 - alpha)

    highest = float(score(pairs, 0, pairs, limit))
    low, high = 0.0, highest
    for probe in (normal_quantile(1 - alpha) - 0.1, normal_quantile(1 - alpha) + 0.1):
        if low < probe < high:
            low, high = (probe, high) if excess(probe) < 0 else (low, probe)
    if high == highest and excess(highest) < 0:
        return math.inf
    return crossing(excess, low, high, _PRECISION) + _PRECISION
