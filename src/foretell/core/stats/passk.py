"""pass^k: the chance that k independent tries at a task all succeed."""

import numpy as np
from numpy.typing import ArrayLike

from foretell.core.errors import BadInput, NotEnoughEvidence
from foretell.core.stats.clusters import clustered_mean
from foretell.core.stats.intervals import Estimated, checked


def pass_hat_k(successes: ArrayLike, tries: ArrayLike, k: int, confidence: float = 0.95) -> Estimated:
    """The mean over tasks of C(c, k) / C(n, k), c of n tries of a task having succeeded (Yao et al. 2024, tau-bench).

    Unbiased for the chance that k fresh tries all succeed when the tries of a task are independent and alike; the
    plain rate to the power k is biased upwards within a task and mixes tasks. Tasks are the clusters of the interval.
    Needs at least k tries of every task, and says little about reliability when n is close to k.
    """
    passed, tried = checked(successes, "pass^k"), checked(tries, "pass^k")
    if passed.size != tried.size or bool(np.any((passed < 0) | (passed > tried) | (passed % 1 != 0))):
        raise BadInput.of("pass^k", "successes must be whole numbers between 0 and the tries of their task.")
    if k < 1:
        raise BadInput.of("pass^k", f"k = {k} is not a number of tries.", "Give 1 or more.")
    if tried.min() < k:
        short = int(np.argmin(tried))
        what = f"task {short} was tried {tried[short]:.0f} times, but k is {k}."
        raise NotEnoughEvidence.of("pass^k", what, "Run more repeats or lower k.")
    steps = np.arange(k, dtype=np.float64)[:, None]
    # A product of k ratios, one of them 0 when fewer than k passed; a quotient of binomials would overflow.
    shares = np.prod((passed - steps) / (tried - steps), axis=0)
    return clustered_mean(shares, confidence)
