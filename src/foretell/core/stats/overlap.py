"""Fisher's exact test of two marks that fall on the same things more often than by chance.

By gammaln: `scipy.stats` has the same tail and takes 50 MB and a second to import.
"""

import numpy as np
from scipy import special

from foretell.core.stats.intervals import FloatArray


def overlap_p(together: int, first: int, second: int, number: int) -> float:
    """P(at least `together` of `number` things carry both marks) when `first` and `second` fall independently.

    The upper tail of the hypergeometric distribution (Fisher 1935).
    """
    both: FloatArray = np.arange(max(together, first + second - number, 0), min(first, second) + 1, dtype=np.float64)
    all_ways = _log_choose(number, np.array([float(second)]))
    logs = _log_choose(first, both) + _log_choose(number - first, second - both) - all_ways
    return min(1.0, float(np.exp(logs).sum()))


def _log_choose(number: int, chosen: FloatArray) -> FloatArray:
    return special.gammaln(number + 1) - special.gammaln(chosen + 1) - special.gammaln(number - chosen + 1)
