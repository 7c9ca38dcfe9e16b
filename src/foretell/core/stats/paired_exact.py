"""The decision on one binary pair per case: is the candidate's rate above (or below) the baseline's by a margin?

An exact unconditional test: outcomes are ordered by Tango's restricted score, and the p-value is the largest
probability, over the discordances that the hypothesis allows, of an outcome at least as extreme (Hsueh, Liu & Chen,
Biometrics 2001). Discordances that the data rule out (with error 1e-5, which is added to the p-value) are not
searched (Berger & Boos, JASA 1994): without that, a discordance as small as the margin, which 30 discordant pairs of
200 have long refuted, can double the p-value. P(is_clear) <= 1 - confidence at every n, every discordance and every
difference beyond the limit.

Assumes cases drawn independently, one answer per case and side. Not for repeats, scores or weights: `bounded`.
"""

import math

from scipy import special

from foretell.core.errors import BadInput
from foretell.core.stats.intervals import Interval, OneSided, alpha_of, crossing, normal_quantile
from foretell.core.stats.paired import PairCounts
from foretell.core.stats.trinomial import RULED_OUT, not_ruled_out, score, worst_probability

METHOD = "exact unconditional score test"


def p_above(counts: PairCounts, limit: float) -> float:
    """The p-value of H0: candidate - baseline <= limit (the ship side; limit = -margin for "may drop by margin")."""
    return _p_value(counts.gained, counts.lost, counts.pairs, limit)


def p_below(counts: PairCounts, limit: float) -> float:
    """The p-value of H0: candidate - baseline >= limit (the hold side)."""
    return _p_value(counts.lost, counts.gained, counts.pairs, -limit)


def lower_bound(counts: PairCounts, confidence: float = 0.95) -> float:
    """The one-sided lower bound of candidate - baseline: the smallest difference that the test does not reject."""
    return _bound(counts.gained, counts.lost, counts.pairs, confidence)


def upper_bound(counts: PairCounts, confidence: float = 0.95) -> float:
    """The one-sided upper bound of candidate - baseline."""
    return -_bound(counts.lost, counts.gained, counts.pairs, confidence)


def exact_difference(counts: PairCounts, confidence: float = 0.95) -> Interval:
    """Both one-sided bounds at half the error each: a two-sided interval that holds at every n."""
    each = 1 - alpha_of(confidence) / 2
    return Interval(lower_bound(counts, each), upper_bound(counts, each), METHOD)


def check_above(counts: PairCounts, limit: float, confidence: float = 0.95) -> OneSided:
    """Is the difference above `limit`? With the lower bound, which agrees with the p-value."""
    p_value = p_above(counts, limit)
    bound = _bound(counts.gained, counts.lost, counts.pairs, confidence, (limit, p_value))
    return OneSided("above", limit, p_value, bound, confidence, METHOD)


def check_below(counts: PairCounts, limit: float, confidence: float = 0.95) -> OneSided:
    """Is the difference below `limit`? With the upper bound, which agrees with the p-value."""
    p_value = p_below(counts, limit)
    bound = _bound(counts.lost, counts.gained, counts.pairs, confidence, (-limit, p_value))
    return OneSided("below", limit, p_value, -bound, confidence, METHOD)


def pairs_needed_without_discordance(margin: float, confidence: float = 0.95) -> int:
    """The fewest pairs that can show a drop smaller than `margin` when not one of them differs.

    With no discordant pair the p-value is (1 - margin)^n, but for the 1e-5: the number is log(alpha) /
    log(1 - margin), 299 for one point at 95 %. The test itself is consulted, as at large margins it may ask for more.
    """
    _check_margin(margin)
    alpha = alpha_of(confidence)

    def suffices(pairs: int) -> bool:
        return _p_value(0, 0, pairs, -margin) <= alpha

    fewest = max(1, math.ceil(math.log(alpha) / math.log1p(-margin) - 1e-9))
    if suffices(fewest):
        return fewest
    enough = fewest * 2
    while not suffices(enough):
        fewest, enough = enough, enough * 2
    while enough - fewest > 1:
        middle = (fewest + enough) // 2
        fewest, enough = (fewest, middle) if suffices(middle) else (middle, enough)
    return enough


def smallest_margin(pairs: int, confidence: float = 0.95) -> float:
    """The smallest margin that `pairs` cases can ship at when none of them differs; any gate below it cannot ship."""
    closed = -math.expm1(math.log(alpha_of(confidence) - RULED_OUT) / pairs)
    if closed < 1 and _p_value(0, 0, pairs, -closed) <= alpha_of(confidence) + 1e-9:
        return closed
    return min(1.0, _tolerance(closed) - _bound(0, 0, pairs, confidence))


def _p_value(gained: int, lost: int, pairs: int, limit: float) -> float:
    if not -1 < limit < 1:
        raise BadInput.of("paired limit", f"{limit} is not a difference.", "Give a value strictly between -1 and 1.")
    shares = not_ruled_out(gained + lost, pairs, limit)
    if shares is None:
        return RULED_OUT
    level = float(score(gained, lost, pairs, limit))
    return min(1.0, worst_probability(level, pairs, limit, shares) + RULED_OUT)


def _bound(gained: int, lost: int, pairs: int, confidence: float, known: tuple[float, float] | None = None) -> float:
    """Invert the test; `known` is a limit already tested with its p-value, on whose right side the bound will lie."""
    alpha = alpha_of(confidence)
    critical = normal_quantile(alpha)

    def excess(limit: float) -> float:
        p_value = min(max(_p_value(gained, lost, pairs, limit), 1e-300), 1 - 1e-12)
        return float(special.ndtri(p_value)) - critical

    difference = (gained - lost) / pairs
    low, high = -1.0, difference
    if known is not None:
        limit, p_value = known
        low, high = (max(low, limit), max(high, limit + 1e-3)) if p_value <= alpha else (low, min(high, limit))
    if high - low <= 1e-9:
        return high
    guess = crossing(lambda limit: -critical - float(score(gained, lost, pairs, limit)), low, high, 1e-6)
    width = max(difference - guess, 1e-6)
    for probe in (guess - width / 8, guess + width / 8):
        if low < probe < high:
            low, high = (probe, high) if excess(probe) <= 0 else (low, probe)
    return crossing(excess, low, high, _tolerance(width))


def _tolerance(width: float) -> float:
    return min(1e-4, width / 50)


def _check_margin(margin: float) -> None:
    if not 0 < margin < 1:
        raise BadInput.of("margin", f"{margin} is not a margin.", "Give a share strictly between 0 and 1.")
