"""The chance that a gate ships when nothing changed."""

from dataclasses import replace

from foretell.core.analysis.outlook import chance_to_ship
from foretell.core.analysis.rules import Evidence
from foretell.core.domain.policy import GatePolicy, Stop
from foretell.core.stats.power import PairedPlan, ship_probability
from tests.unit.core.analysis.made import mixed, units

POLICY = GatePolicy("g", ("s",), at_least=0.5, may_drop=0.1)
EARLY = replace(POLICY, stop_early=True)
SIX_OF_60 = Evidence("s", units(mixed(54, 6)), units(mixed(60, 0)))


def test_it_is_that_of_the_pairs_there_are() -> None:
    assert chance_to_ship(POLICY, [SIX_OF_60]) == ship_probability(PairedPlan(60, 0.1, 7 / 62))


def test_of_a_test_that_ended_early_it_is_that_of_the_whole_set() -> None:
    part, whole = (chance_to_ship(EARLY, [SIX_OF_60], [Stop("s", 60, planned, 0)]) or 0 for planned in (60, 300))
    assert 0.4 < part < ship_probability(PairedPlan(60, 0.1, 7 / 62))
    assert 0.95 < whole < 1


def test_nothing_is_said_where_nothing_is_compared() -> None:
    assert chance_to_ship(GatePolicy("g", ("s",), at_least=0.5), [SIX_OF_60]) is None
