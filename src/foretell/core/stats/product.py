"""A product of rates, such as the success of steps that all have to go well."""

import math
from collections.abc import Sequence

from foretell.core.errors import NotEnoughEvidence
from foretell.core.stats.intervals import Estimated, Interval


def product_of_rates(rates: Sequence[Estimated]) -> Estimated:
    """The product of rates, with an interval that keeps a width when none of them ever failed.

    MOVER (method of variance estimates recovery; Zou & Donner, Statistics in Medicine 2008) on the sum of logarithms:
    each rate's own limits say how far it may lie from its estimate to either side, and the distances add as squares.
    With Wilson's limits a rate of 1 still has a lower limit below 1, where the delta method's variance is zero. `n` is
    the smallest of the rates'. Assumes that the estimates are independent; where failures come together the product
    itself is too low, which is why it stands beside what was observed.

    >>> from foretell.core.stats.rates import wilson_interval
    >>> found = product_of_rates([Estimated(1.0, wilson_interval(50, 50), 50)] * 8)
    >>> found.value, round(found.interval.low, 3), found.interval.high
    (1.0, 0.811, 1.0)
    """
    if not rates:
        raise NotEnoughEvidence.of("product of rates", "there is none.")
    value = math.prod(rate.value for rate in rates)
    # A rate of zero has no logarithm: its upper limit bounds the product as a factor instead.
    never = math.prod(rate.interval.high for rate in rates if rate.value <= 0)
    some = [rate for rate in rates if rate.value > 0]
    below = math.hypot(*(_distance(rate.value, rate.interval.low) for rate in some))
    above = math.hypot(*map(_room_above, some))
    seen = math.prod(rate.value for rate in some)
    low = 0.0 if len(some) < len(rates) else seen * math.exp(-below)
    method = f"MOVER of {len(rates)} rates, {_methods(rates)}"
    return Estimated(value, Interval(low, min(1.0, never * seen * math.exp(above)), method), min(r.n for r in rates))


def _room_above(rate: Estimated) -> float:
    """How far a rate may lie above its estimate, never less than its limits' geometric mean.

    For Wilson's limits (p - low)(high - p) = z² p (1 - p) / (n + z²): that mean is the normal half width. Near 1 their
    own upper distance is shorter, and over many steps with few failures each the sum of its squares is far too short.
    """
    above, below = _distance(rate.interval.high, rate.value), _distance(rate.value, rate.interval.low)
    return above if math.isinf(below) else max(above, math.sqrt(above * below))


def _distance(high: float, low: float) -> float:
    return math.inf if low <= 0 else math.log(max(high, low)) - math.log(low)


def _methods(rates: Sequence[Estimated]) -> str:
    return " and ".join(dict.fromkeys(" ".join(rate.interval.method.split()[:2]) for rate in rates))
