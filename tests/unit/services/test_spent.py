"""What runs cost so far: what a resumed run, and the next suite of a gate, has less."""

from dataclasses import replace

from foretell.core.domain.policy import GatePolicy
from foretell.services.run import spent_on
from foretell.testing.store_examples import CASES, concluded, example_run, full_trial, plain_trial
from tests.unit.services.memory import Town


async def test_answers_judging_and_caps_of_unknown_costs_are_spent() -> None:
    house = Town(GatePolicy("deploy", ("s",), 0.8)).house
    capped, other = example_run("r-1"), example_run("r-2")
    other = replace(other, arm=replace(other.arm, limits=replace(other.arm.limits, max_cost_per_trial=None)))
    for run in (capped, other):
        await house.store.facts.begin([run], CASES)
        full = full_trial(run.id, 0)  # $0.00125, and 0.25 for judging it
        await house.store.facts.add([full, concluded(plain_trial(run.id, 1), full.conclusion)])  # unknown
    assert await spent_on(house, [capped]) == 0.00125 + 0.25 + 0.5
    assert await spent_on(house, [capped, other]) == 2 * (0.00125 + 0.25) + 0.5
