"""Which outcomes of a paired comparison the exact test rejects at, found without testing each of them."""

import math
from functools import lru_cache

import numpy as np
from scipy import special

from foretell.core.stats.intervals import FloatArray
from foretell.core.stats.trinomial import (
    RULED_OUT,
    TIE,
    Region,
    Shares,
    angles,
    discordances,
    not_ruled_out,
    region_above,
    region_probabilities,
    score,
    window,
)

_HIGHEST = 10.0  # outcomes that score more are nearly always too rare to be listed one by one
_NEGLIGIBLE = 1e-9
_AT_ONCE = 3000  # cells of discordances and counts: with more, neighbours in a part have too little in common


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
    parts = np.array_split(grid, math.ceil(len(grid) * (last + 1 - first) / _AT_ONCE))
    critical = np.concatenate([_critical_scores(pairs, limit, alpha - RULED_OUT, part) for part in parts])
    levels = np.full(len(everything), -math.inf)
    for place, shares in enumerate(everything):
        if shares is not None:
            # One point beyond each end, as the range falls between points.
            start, stop = np.searchsorted(grid, (shares.low, shares.high))
            levels[place] = critical[max(0, start - 1) : stop + 1].max()
    return region_above(levels, pairs, limit, (first, last))


def _critical_scores(pairs: int, limit: float, alpha: float, grid: FloatArray) -> FloatArray:
    """The least score whose upper tail is at most `alpha`, at each discordance of the grid; inf where there is none.

    All tails at once: the probabilities of the outcomes, summed from the highest score downwards.
    """
    window_of_all = window(pairs, Shares(float(grid.min()), float(grid.max())))
    differences = np.minimum(limit, grid)
    for highest in (_HIGHEST, math.inf):
        beyond = region_above(highest, pairs, limit, window_of_all)
        unlisted = region_probabilities(beyond, grid, differences)
        if unlisted.max() < _NEGLIGIBLE:
            break
    gained, lost = _between(region_above(0.0, pairs, limit, window_of_all), beyond)
    scores = score(gained, lost, pairs, limit)
    order = np.argsort(scores)[::-1]
    scores, counts = scores[order], np.stack([gained, lost, pairs - gained - lost])[:, order]
    ways = special.gammaln(pairs + 1) - special.gammaln(counts + 1).sum(axis=0)
    shares = np.stack([(grid + differences) / 2, (grid - differences) / 2, 1 - grid])[:, :, None]
    logs = np.log(np.maximum(shares, 1e-300))
    each = np.exp(ways + logs[0] * counts[0] + logs[1] * counts[1] + logs[2] * counts[2])
    tails = np.cumsum(each, axis=1) + unlisted[:, None]
    # Outcomes of one score are in a tail together.
    is_last = np.append(scores[:-1] - scores[1:] > TIE * np.maximum(scores[:-1], 1.0), True)
    within = ((tails <= alpha) & is_last)[:, ::-1]
    return np.where(within.any(axis=1), scores[len(scores) - 1 - within.argmax(axis=1)], math.inf)


def _between(larger: Region, smaller: Region) -> tuple[FloatArray, FloatArray]:
    """`gained` and `lost` of every outcome that is in the one region and not in the other, which lies inside."""
    sizes = (smaller.least_gained - larger.least_gained).astype(np.int64)
    discordant = np.repeat(larger.first + np.arange(len(sizes), dtype=np.float64), sizes)
    firsts = larger.least_gained - (np.cumsum(sizes) - sizes)
    gained = np.repeat(firsts, sizes) + np.arange(len(discordant))
    return gained, discordant - gained
