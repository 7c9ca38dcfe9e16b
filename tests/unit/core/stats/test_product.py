"""The product of rates: worked numbers, and the cases in which a plausible method has no width."""

import math

import pytest

from foretell.core.errors import NotEnoughEvidence
from foretell.core.stats.intervals import Estimated, Interval
from foretell.core.stats.product import product_of_rates
from foretell.core.stats.rates import wilson_interval


def rate(successes: int, n: int) -> Estimated:
    return Estimated(successes / n, wilson_interval(successes, n), n)


def test_twenty_steps_of_98_percent_are_two_thirds() -> None:
    found = product_of_rates([rate(98, 100)] * 20)
    assert round(found.value, 4) == 0.6676
    assert found.interval.low < 0.6676 < found.interval.high < 1


def test_steps_that_never_failed_leave_room_below() -> None:
    found = product_of_rates([rate(50, 50)] * 8)
    one = wilson_interval(50, 50).low
    assert found.value == found.interval.high == 1
    assert found.interval.low == pytest.approx(math.exp(math.sqrt(8) * math.log(one)))
    assert round(found.interval.low, 4) == 0.8111


def test_one_rate_keeps_its_own_lower_limit() -> None:
    found = product_of_rates([rate(45, 50)])
    assert (found.value, found.interval.low, found.n) == (0.9, pytest.approx(wilson_interval(45, 50).low), 50)


def test_a_step_that_always_failed_takes_the_product_to_zero_but_not_its_upper_limit() -> None:
    found = product_of_rates([rate(0, 10), rate(20, 20)])
    assert (found.value, found.interval.low, found.n) == (0.0, 0.0, 10)
    assert found.interval.high == pytest.approx(wilson_interval(0, 10).high)


def test_a_lower_limit_of_zero_is_no_logarithm() -> None:
    found = product_of_rates([Estimated(0.5, Interval(0.0, 1.0, "t on 1"), 2), rate(9, 10)])
    assert (found.interval.low, found.interval.high) == (0.0, pytest.approx(0.9, abs=0.1))


def test_no_rates_have_no_product() -> None:
    with pytest.raises(NotEnoughEvidence):
        product_of_rates([])
