"""Every kind of rule at its limit; the tables of docs/simulations.md are the wide form of this."""

import numpy as np
import pytest

from foretell.core.analysis.claims import Standard
from foretell.core.analysis.decide import judge
from foretell.core.analysis.rules import contests_of
from tests.statistical.promises import (
    ALPHA,
    KINDS,
    REPEATS,
    SIZES,
    World,
    decisions,
    evidence_of,
    p_values,
    policy_of,
)
from tests.statistical.simulation import at_least

pytestmark = pytest.mark.statistical


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("world", [World(30, 1), World(60, 2, unscored=0.05)])
def test_a_rule_at_its_limit_ships_in_at_most_alpha(kind: str, world: World) -> None:
    shipped, _ = decisions([kind], world, 200)
    assert at_least(int(shipped.sum()), 200) <= ALPHA


@pytest.mark.parametrize("world", [World(30, 1, unscored=0.05), World(60, 2)])
def test_all_rules_at_their_limits_hold_in_at_most_alpha_together(world: World) -> None:
    _, held = decisions([kind for kind in KINDS if kind != "losses only"], world, 200)
    assert at_least(int(held.sum()), 200) <= ALPHA


@pytest.mark.parametrize("world", [World(25, 1, unscored=0.1), World(25, 3)])
def test_the_simulation_decides_as_the_gate_does(world: World) -> None:
    policy = policy_of(KINDS)
    evidence = evidence_of(np.random.default_rng(4), world)
    simulated = [p_values([contest.claim()]) for contest in contests_of(policy, evidence)]
    rules = judge(policy, [evidence], Standard(1 - ALPHA, seed=0)).rules
    exact = [rule for rule in rules if "betting" not in rule.method]
    assert len(simulated) == len(rules)
    found = [(float(ship[0]), float(hold[0])) for ship, hold in simulated]
    given = dict(zip([rule.rule for rule in rules], found, strict=True))
    for rule in exact:
        assert given[rule.rule] == pytest.approx((rule.p_ship, rule.p_hold))


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("repeats", REPEATS)
@pytest.mark.parametrize("n", SIZES)
def test_both_errors_of_every_kind_over_the_whole_range(n: int, repeats: int) -> None:
    for unscored in (0.0, 0.05):
        world = World(n, repeats, unscored)
        for kind in KINDS:
            assert at_least(int(decisions([kind], world, 500)[0].sum()), 500) <= ALPHA, (kind, world)
        held = decisions([kind for kind in KINDS if kind != "losses only"], world, 500)[1]
        assert at_least(int(held.sum()), 500) <= ALPHA, world
