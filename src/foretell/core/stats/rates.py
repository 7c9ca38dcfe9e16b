"""One binary answer per case, all cases equal: a rate, its interval, and exact one-sided tests against a limit.

Not for repeats of a case, turns of a conversation or weighted traffic: those are `clusters`.
"""

import math

from scipy import special

from foretell.core.errors import BadInput
from foretell.core.stats.intervals import Interval, OneSided, alpha_of, normal_quantile


def wilson_interval(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Wilson's score interval for a rate, to be read (Wilson 1927; Newcombe 1998).

    It keeps its coverage near 0 and 1 and at small n on average; at single rates it can fall a little below the
    level, so a decision uses `exact_lower`, `exact_upper` or the checks. `successes` and `n` may be fractional: an
    effective sample size is one.
    """
    low, high = _wilson(successes, n, normal_quantile(1 - alpha_of(confidence) / 2))
    return Interval(low, high, "Wilson score")


def wilson_lower(successes: float, n: float, confidence: float = 0.95) -> float:
    """The one-sided lower score bound: below it the truth lies in about 1 - confidence of all samples."""
    return _wilson(successes, n, normal_quantile(confidence))[0]


def wilson_upper(successes: float, n: float, confidence: float = 0.95) -> float:
    """The one-sided upper score bound."""
    return _wilson(successes, n, normal_quantile(confidence))[1]


def _wilson(successes: float, n: float, z: float) -> tuple[float, float]:
    _check_counts(successes, n)
    rate, square = successes / n, z * z
    middle = (rate + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * math.sqrt(rate * (1 - rate) / n + square / (4 * n * n))
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == n else min(1.0, middle + half)
    return low, high


def exact_lower(successes: int, n: int, confidence: float = 0.95) -> float:
    """Clopper and Pearson's one-sided lower bound (1934): never above the truth more often than 1 - confidence."""
    _check_counts(successes, n)
    if successes == 0:
        return 0.0
    return float(special.betaincinv(successes, n - successes + 1, alpha_of(confidence)))


def exact_upper(successes: int, n: int, confidence: float = 0.95) -> float:
    """Clopper and Pearson's one-sided upper bound: 299 trials without an event show a rate below 1 % at 95 %."""
    _check_counts(successes, n)
    if successes == n:
        return 1.0
    return float(special.betaincinv(successes + 1, n - successes, 1 - alpha_of(confidence)))


def check_above(successes: int, n: int, limit: float, confidence: float = 0.95) -> OneSided:
    """Is the rate above `limit` (a floor)? Exact binomial test of H0: rate <= limit, with the matching bound.

    Assumes independent cases. P(is_clear) <= 1 - confidence whenever the true rate is at or below the limit, at
    every n.
    """
    p_value = _upper_tail(successes, n, _checked_rate(limit))
    bound = exact_lower(successes, n, confidence)
    return OneSided("above", limit, p_value, bound, confidence, "exact binomial")


def check_below(successes: int, n: int, limit: float, confidence: float = 0.95) -> OneSided:
    """Is the rate below `limit` (a ceiling)? Exact binomial test of H0: rate >= limit, with the matching bound."""
    p_value = _upper_tail(n - successes, n, 1 - _checked_rate(limit))
    bound = exact_upper(successes, n, confidence)
    return OneSided("below", limit, p_value, bound, confidence, "exact binomial")


def _upper_tail(successes: int, n: int, rate: float) -> float:
    """P(X >= successes) for X binomial (n, rate)."""
    _check_counts(successes, n)
    return 1.0 if successes == 0 else float(special.betainc(successes, n - successes + 1, rate))


def _check_counts(successes: float, n: float) -> None:
    if not (n > 0 and 0 <= successes <= n):
        raise BadInput.of("rate", f"{successes} of {n} is not a count.", "Give 0 <= successes <= n with n > 0.")


def _checked_rate(limit: float) -> float:
    if not 0 <= limit <= 1:
        raise BadInput.of("rate", f"a limit of {limit} is not a rate.", "Give a share between 0 and 1.")
    return limit
