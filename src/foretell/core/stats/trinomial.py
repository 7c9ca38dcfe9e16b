"""The exact distribution behind a paired comparison: gained, lost and equal pairs among n.

A rejection region is held as one number per count of discordant pairs m: the least `gained` that belongs to it. Its
probability is then a sum over m of a binomial weight times a binomial tail, which costs milliseconds where
enumerating all (gained, lost) would cost minutes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from foretell.core.stats.intervals import FloatArray

# Relative slack in comparing statistics, so that the observed point and its ties always belong to their region.
_TIE = 1e-9
# Half-width, in standard deviations, of the window of m that is summed; what lies outside (< 1e-12) is added whole.
_WINDOW = 7.5
_MOST_POINTS = 160


@dataclass(frozen=True, slots=True)
class Region:
    """All outcomes with a score of at least some level, against H0: difference <= limit.

    `least_gained[m]` is the smallest `gained` inside among m discordant pairs (m + 1 when there is none);
    `log_choose[m]` is log C(pairs, m).
    """

    pairs: int
    limit: float
    least_gained: FloatArray
    log_choose: FloatArray


def score(gained: ArrayLike, lost: ArrayLike, pairs: int, limit: float) -> FloatArray:
    """Tango's restricted score statistic for H0: difference = limit (Statistics in Medicine 1998). -1 < limit < 1.

    Given m = gained + lost it grows with `gained` (checked for every outcome at n <= 60 in the tests).
    """
    more, less = np.asarray(gained, dtype=np.float64), np.asarray(lost, dtype=np.float64)
    if limit > 0:
        return -score(less, more, pairs, -limit)
    drop = -limit
    linear = more + less + (2 * pairs - more + less) * drop
    root = np.sqrt(np.maximum(linear * linear - 8 * pairs * less * drop * (1 + drop), 0.0))
    lost_share = (linear + root) / (4 * pairs)
    variance = pairs * (2 * lost_share - drop * (1 + drop))
    return (more - less + pairs * drop) / np.sqrt(np.where(variance > 0, variance, 1.0))


def region_above(level: float, pairs: int, limit: float) -> Region:
    """The outcomes whose score is at least `level`, found by one bisection over `gained` for all m at once."""
    discordant = np.arange(pairs + 1, dtype=np.float64)
    reached = level - _TIE * max(1.0, abs(level))
    low, high = np.zeros(pairs + 1), discordant + 1
    for _ in range(int(pairs).bit_length() + 1):
        middle = np.floor((low + high) / 2)
        is_open = low < high
        is_inside = score(middle, discordant - middle, pairs, limit) >= reached
        high = np.where(is_open & is_inside, middle, high)
        low = np.where(is_open & ~is_inside, middle + 1, low)
    log_choose = special.gammaln(pairs + 1) - special.gammaln(discordant + 1) - special.gammaln(pairs - discordant + 1)
    return Region(pairs, limit, low, log_choose)


def region_probability(region: Region, discordance: float, difference: float) -> float:
    """P(region) when a pair differs with probability `discordance` and rates differ by `difference` (both true)."""
    n = region.pairs
    reach = _WINDOW * np.sqrt(n * discordance * (1 - discordance)) + 30
    first, last = max(0, int(n * discordance - reach)), min(n, int(n * discordance + reach) + 1)
    m = np.arange(first, last + 1, dtype=np.float64)
    log_weight = region.log_choose[first : last + 1] + special.xlogy(m, discordance)
    weight = np.exp(log_weight + special.xlog1py(n - m, -discordance))
    share = 0.5 if discordance == 0 else min(1.0, max(0.0, (1 + difference / discordance) / 2))
    least = region.least_gained[first : last + 1]
    inside = special.betainc(np.maximum(least, 0.5), np.maximum(m - least + 1, 0.5), share)
    tail = np.where(least <= 0, 1.0, np.where(least > m, 0.0, inside))
    return min(1.0, float(weight @ tail) + max(0.0, 1 - float(weight.sum())))


def worst_probability(region: Region) -> float:
    """The largest P(region) over everything H0 allows: the level of the test that rejects there.

    For a fixed discordance P(region) grows with the difference, as the region grows with `gained`, so only
    difference = limit has to be searched. The grid runs from the least discordance to 1 on an arcsine scale, dense at
    both ends, where counts are few and P(region) moves fastest; then the three best cells are searched again, twice.
    Against 3,000 points the result was never lower by more than 0.05 % of itself (in the tests).
    """
    points = min(_MOST_POINTS, 64 + int(4 * np.sqrt(region.pairs)))
    grid = np.linspace(0.0, np.pi / 2, points)
    values = _along(region, grid)
    best = float(values.max())
    for _ in range(2):
        width = grid[1] - grid[0]
        grid = np.concatenate([grid[i] + width * np.linspace(-0.75, 0.75, 7) for i in np.argsort(values)[-3:]])
        values = _along(region, grid)
        best = max(best, float(values.max()))
    return best


def _along(region: Region, angles: FloatArray) -> FloatArray:
    least = abs(region.limit)
    shares = least + (1 - least) * np.sin(np.clip(angles, 0.0, np.pi / 2)) ** 2
    return np.array([region_probability(region, min(1.0, float(share)), region.limit) for share in shares])
