"""Recorded answers of real models in random orders; skipped where they are not."""

import numpy as np
import pytest

from tests.statistical.prime import (
    ANSWERS,
    differences,
    over_orders,
    smallest_set_that_holds,
    smallest_set_that_ships,
    stopped_at,
)

pytestmark = [
    pytest.mark.statistical,
    pytest.mark.skipif(not ANSWERS.exists(), reason=f"{ANSWERS.name} is not here"),
]


def check_fall(orders: int) -> None:
    found = over_orders(differences("gpt-4"), orders, stopped_at)
    assert None not in found
    assert np.median([one for one in found if one is not None]) < 100


def test_the_fall_of_gpt4_is_seen_within_a_tenth_of_the_cases() -> None:
    check_fall(20)


def test_the_rise_of_gpt35_is_never_held() -> None:
    values = differences("gpt-3.5")
    assert float(values.mean()) == pytest.approx(0.266)
    assert over_orders(values, 20, stopped_at) == [None] * 20


def test_march_against_march_is_never_held_and_ships_when_the_set_can_see_the_margin() -> None:
    assert over_orders(np.zeros(1000), 5, stopped_at) == [None] * 5
    assert smallest_set_that_ships(np.zeros(200)) == 100  # (1 - 0.03)^99 is the first below 5 %


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_every_order_of_the_fall_is_held_and_sets_that_hold_are_small() -> None:
    check_fall(200)
    sizes = over_orders(differences("gpt-4"), 200, smallest_set_that_holds)
    assert np.median([one for one in sizes if one is not None]) < 60
