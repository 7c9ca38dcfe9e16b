"""The forecasts of a verdict, in small; docs/simulations.md has the tables."""

import numpy as np
import pytest

from foretell.core.analysis.outlook import chance_to_ship
from tests.statistical.forecasts import DROP, WORLDS, World, needed, shipped
from tests.statistical.simulation import at_least, at_most

pytestmark = pytest.mark.statistical


@pytest.mark.parametrize(
    "name", ["floor 75 %, true 85 %, one answer", "floor 75 %, true 85 %, three answers",
             "drop of 5 points, 5 won, 20 % apart, three answers"],
)  # fmt: skip
def test_so_many_cases_more_ship_about_nine_times_of_ten(name: str) -> None:
    world, policy, rule = WORLDS[name]
    size = needed(world, policy, rule, 40)
    assert size is not None
    found = shipped(policy, (world, size), 300)
    assert at_least(found, 300) <= 0.95
    assert at_most(found, 300) >= 0.85


def test_the_printed_chance_to_ship_is_right_on_average() -> None:
    world, rng = World(3, 0.8, 0.8, 0.05), np.random.default_rng(5)
    said = np.mean([chance_to_ship(DROP, [world.draw(rng, 100)]) or 0.0 for _ in range(15)])
    found = shipped(DROP, (world, 100), 300)
    assert at_least(found, 300) - 0.06 <= said <= at_most(found, 300) + 0.06
