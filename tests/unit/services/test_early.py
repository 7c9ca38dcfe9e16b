"""Gates that may stop early, over a project in memory."""

import asyncio
import random
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, replace

import pytest

from foretell.core.analysis.claims import FEWEST_PAIRS
from foretell.core.domain.policy import Demand, GatePolicy, Stop
from foretell.core.domain.runs import Conclusion
from foretell.core.domain.trace import Span, Trace
from foretell.core.domain.trial import TrialRecord
from foretell.core.errors import ConfigurationError
from foretell.core.ports.execution import Workload
from foretell.services.baseline import write_baseline
from foretell.services.decisions import Answer, decide
from foretell.services.gate import GateRequest
from foretell.services.verify import verify_decision
from tests.unit.services.memory import Bench, MemoryStore, Town

FLOOR = GatePolicy("g", ("s",), at_least=0.5, stop_early=True)
DROP = replace(FLOOR, may_drop=0.1, baseline="file:base.json")
ALL = frozenset(f"c-{at}" for at in range(400))


def ask(town: Town, record: str | None = None, max_cost: float | None = None) -> Answer:
    return asyncio.run(decide(town.house, GateRequest("g", max_cost=max_cost), record=record))


def town_of(policy: GatePolicy = FLOOR, size: int = 400, weights: Mapping[str, float] | None = None) -> Town:
    town = Town(policy, size=size, weights=weights or {})
    if policy.baseline is None:
        return town
    town.gate = replace(policy, baseline=None, may_drop=None, stop_early=False)
    ask(town)
    run = next(iter(town.store.kept))
    asyncio.run(write_baseline(town.house, run, "base.json"))
    town.gate, town.bench.asked, town.tree.code = policy, 0, "ba9876543210"
    return town


def test_a_clear_case_ships_on_a_part_of_the_set() -> None:
    town = town_of(DROP)
    answer = ask(town, record="r.json")
    (stop,) = answer.decision.stops
    assert (answer.decision.ruling, answer.decision.is_final) == ("ship", True)
    assert stop == Stop("s", town.bench.asked, 400, 0)
    assert stop.seen < 80
    assert {rule.n for rule in answer.decision.rules} == {stop.seen}
    assert answer.decision.p_ship_no_change > 0.95  # that of all 400 cases
    assert asyncio.run(verify_decision(town.house, "r.json")).differences == ()
    assert ask(town).is_recorded


def test_a_clear_failure_holds_on_a_part_of_the_set() -> None:
    town = town_of(DROP)
    town.bench.bad = ALL
    decision = ask(town, record="r.json").decision
    assert (decision.ruling, decision.stops[0].seen < 30) == ("hold", True)
    assert asyncio.run(verify_decision(town.house, "r.json")).differences == ()


def test_what_was_cut_short_goes_on_with_the_same_test_in_the_same_order() -> None:
    whole, cut = town_of(DROP), town_of(DROP)
    at_once = ask(whole).decision
    asked = [ask(cut, record="r.json", max_cost=0.105).decision]
    while asked[-1].ruling == "not-enough-evidence":
        assert asked[-1].is_final is False
        assert asked[-1].reasons[0].startswith("budget")
        assert asyncio.run(verify_decision(cut.house, "r.json")).differences == ()
        asked.append(ask(cut, record="r.json", max_cost=0.105).decision)
    assert len(asked) > 3
    assert len({one.runs["s"] for one in asked}) == 1
    assert cut.bench.asked == whole.bench.asked
    assert (asked[-1].rules, asked[-1].stops, asked[-1].ruling) == (at_once.rules, at_once.stops, "ship")


def test_what_was_cut_short_goes_on_from_the_record_where_the_store_does_not_last() -> None:
    whole, cut = town_of(DROP), town_of(DROP)
    at_once = ask(whole).decision
    asked = [ask(cut, record="r.json", max_cost=0.105).decision]
    while asked[-1].ruling == "not-enough-evidence":
        cut.store = MemoryStore()
        found = asyncio.run(verify_decision(cut.house, "r.json"))
        assert (found.differences, len(found.unseen)) == ((), 2)
        asked.append(ask(cut, record="r.json", max_cost=0.105).decision)
    assert [one.attempt for one in asked] == list(range(1, len(asked) + 1))
    assert len({one.runs["s"] for one in asked}) == len(asked) > 3
    assert cut.bench.asked == whole.bench.asked
    assert (asked[-1].rules, asked[-1].stops, asked[-1].ruling) == (at_once.rules, at_once.stops, "ship")
    assert asked[-1].seen == at_once.seen
    assert ask(cut, record="r.json").is_recorded


def test_a_record_whose_units_are_not_those_of_the_run_is_told_apart() -> None:
    town = town_of()
    run = ask(town, record="r.json").decision.runs["s"]
    rows = town.store.rows[run]
    rows[0] = replace(rows[0], conclusion=Conclusion("failure"))
    found = asyncio.run(verify_decision(town.house, "r.json"))
    assert found.differences == (("s, candidate", "1 of its units as they were seen", "others"),)


def test_a_gate_that_was_killed_goes_on_too() -> None:
    town = town_of(DROP)

    class Killed(Exception):
        pass

    @dataclass
    class Fragile(Bench):
        async def run(self, workload: Workload) -> AsyncGenerator[TrialRecord]:
            async for record in super().run(workload):
                yield record
                if self.asked == 20:
                    raise Killed

    town.bench = Fragile()
    with pytest.raises(Killed):
        ask(town)
    town.bench = Bench()
    decision = ask(town).decision
    assert (decision.ruling, decision.attempt) == ("ship", 1)
    assert town.bench.asked == decision.stops[0].seen - 20


def test_the_order_in_which_answers_come_changes_nothing() -> None:
    """Failures come back at once, successes late: looked at as they come, they would decide otherwise."""

    @dataclass
    class Crowd(Bench):
        async def run(self, workload: Workload) -> AsyncGenerator[TrialRecord]:
            waiting: list[TrialRecord] = []
            async for record in super().run(workload):
                waiting.append(record)
                if len(waiting) == 16:
                    waiting.sort(key=lambda one: one.case_id not in self.bad)
                    yield waiting.pop(0)
            random.Random(1).shuffle(waiting)
            for record in waiting:
                yield record

    bad = frozenset(f"c-{at}" for at in range(0, 400, 9))
    plain, crowded = town_of(), town_of()
    crowded.bench = Crowd()
    plain.bench.bad = crowded.bench.bad = bad
    one, other = ask(plain).decision, ask(crowded, record="r.json").decision
    assert (one.rules, one.ruling) == (other.rules, other.ruling)
    assert one.stops[0].seen == other.stops[0].seen
    assert 0 < other.stops[0].later < 100
    assert asyncio.run(verify_decision(crowded.house, "r.json")).differences == ()


def test_a_test_that_saw_all_and_could_not_tell_is_final() -> None:
    town = town_of(replace(FLOOR, at_least=0.8), size=60)
    town.bench.bad = frozenset(f"c-{at}" for at in range(0, 60, 5))
    decision = ask(town).decision
    assert (decision.ruling, decision.is_final, decision.stops) == (
        "not-enough-evidence",
        True,
        (Stop("s", 60, 60, 0),),
    )


def test_a_storm_ships_nothing_and_is_tried_again_afresh() -> None:
    town = town_of(replace(FLOOR, at_least=0.6), size=60)
    town.bench.away = frozenset(f"c-{at}" for at in range(0, 60, 4))
    spoiled = ask(town).decision
    assert (spoiled.ruling, spoiled.is_final, town.bench.asked) == ("not-enough-evidence", False, 60)
    assert spoiled.reasons[0].startswith("environment: 25.0 %")
    town.bench.away = frozenset()
    again = ask(town).decision
    assert (again.ruling, again.attempt, again.runs == spoiled.runs) == ("ship", 2, False)


def test_the_test_is_part_of_the_question() -> None:
    town = town_of()
    early = ask(town).decision
    town.gate = replace(FLOOR, stop_early=False)
    fixed = ask(town)
    assert (fixed.is_recorded, fixed.decision.key == early.key, fixed.decision.stops) == (False, False, ())


def test_cases_that_stand_for_more_of_production_count_for_more() -> None:
    town = town_of(DROP, weights={f"c-{at}": 9.0 for at in range(0, 400, 4)})
    town.bench.bad = frozenset(town.weights)
    decision = ask(town, record="r.json").decision
    drop = decision.rules[1]
    assert (decision.ruling, drop.method.startswith("betting, anytime-valid, weighted")) == ("hold", True)
    assert (drop.low or 0) < (drop.estimate or 0) < (drop.high or 0) < -0.1
    assert asyncio.run(verify_decision(town.house, "r.json")).differences == ()


def test_a_step_is_bet_on_where_a_trace_executed_it() -> None:
    """Every second case retrieves; it goes well in all of them, or in few."""

    @dataclass
    class Traced(Bench):
        broken: int = 0

        async def run(self, workload: Workload) -> AsyncGenerator[TrialRecord]:
            async for record in super().run(workload):
                error = "no index" if record.case_no < self.broken else None
                spans = (Span("retrieve", "retriever", error=error),) if record.case_no % 2 else (Span("other"),)
                yield replace(record, outcome=replace(record.outcome, trace=Trace(spans)))

    policy = replace(FLOOR, steps={"retrieve": Demand(at_least=0.8)})
    for broken, ruling in ((0, "ship"), (300, "hold")):
        town = town_of(policy)
        town.bench = Traced(broken=broken)
        decision = ask(town, record="r.json").decision
        success, step = decision.rules
        assert (decision.ruling, step.rule, step.ruling) == (ruling, "step retrieve", ruling)
        assert FEWEST_PAIRS <= step.n < success.n == decision.stops[0].seen < 120
        assert asyncio.run(verify_decision(town.house, "r.json")).differences == ()


def test_a_rule_that_no_such_test_is_known_for_is_refused() -> None:
    town = town_of(DROP)
    town.gate = replace(DROP, cost_may_rise=0.1)
    with pytest.raises(ConfigurationError) as caught:
        ask(town)
    (problem,) = caught.value.problems
    assert problem.what.startswith("stop_early cannot go with cost_per_success")
    assert town.bench.asked == 0
