"""What today's sets let the gates see, from the project file and from earlier runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from foretell.core.analysis.claims import FEWEST_PAIRS
from foretell.core.analysis.decide import check_policy
from foretell.core.analysis.planner import Question, SuiteOutlook, look_ahead
from foretell.core.analysis.reach import Ground, check_demands
from foretell.core.analysis.runs.aggregate import Units
from foretell.core.analysis.runs.quantities import success_of
from foretell.core.domain.policy import AGAINST_BASELINE, SINCE_ANCHOR, GatePolicy
from foretell.core.domain.runs import SuitePlan
from foretell.core.errors import ConfigurationError, Problem, suggest
from foretell.core.ports.facts import RunsWanted
from foretell.core.ports.findings import Floats
from foretell.services.evidence import ground_of, is_counted, units_of
from foretell.services.gate import standard_of
from foretell.services.house import House
from foretell.services.plan import RunRequest, plan_suite, suites_asked


@dataclass(frozen=True, slots=True)
class GatePlan:
    """A gate's outlook by rule; `unplanned` names suites without a drop rule, `problems` what no data could mend."""

    gate: str
    currency: str
    outlooks: tuple[SuiteOutlook, ...]
    unplanned: tuple[str, ...]
    problems: tuple[Problem, ...]


async def plan_gates(house: House, gate: str | None = None) -> tuple[GatePlan, ...]:
    """The outlook of one gate, of all when none is named. Nothing is run.

    Raises:
        ConfigurationError: an unknown gate, or there is none.
    """
    gates = house.project.gates
    if gate is not None and gate not in gates:
        raise ConfigurationError(Problem("", f"gate '{gate}' is not known.", suggest(gate, gates)))
    if not gates:
        raise ConfigurationError(Problem("foretell.toml", "there is no gate to plan.", "Add a table [gates.NAME]."))
    return tuple([await _plan_gate(house, gates[name]) for name in ([gate] if gate is not None else gates)])


async def _plan_gate(house: House, policy: GatePolicy) -> GatePlan:
    plans = [
        plan_suite(house, suite, RunRequest())
        for suite in suites_asked(house, RunRequest(policy.suites))
        if suite.traffic is None  # which has no fixed cases to pair
    ]
    standard = standard_of(policy, [plan.evalset.hash for plan in plans])
    problems = [
        problem
        for plan in plans
        for problem in check_policy(
            policy,
            {plan.suite: len(plan.evalset.cases)},
            standard,
            is_single=is_counted(plan) and not policy.stop_early,
        )
    ]
    grounds = [ground_of(plan) for plan in plans]
    problems += check_demands(policy, grounds, standard)
    questions = [question for plan in plans for question in await _questions(house, policy, plan)]
    asked = {question.suite for question in questions}
    return GatePlan(
        policy.name,
        house.project.currency,
        tuple(look_ahead(question) for question in questions),
        tuple(name for name in policy.suites if name not in asked),
        tuple(problems),
    )


def _drop_rules(policy: GatePolicy, ground: Ground) -> Iterator[tuple[str, float, int]]:
    """Every comparison: its name, its margin as a share of what can differ, the cases that it stands on."""
    if policy.may_drop is not None:
        yield f"success{AGAINST_BASELINE}", policy.may_drop, len(ground.cases)
    if policy.may_drop_since_anchor is not None:
        yield f"success{SINCE_ANCHOR}", policy.may_drop_since_anchor, len(ground.cases)
    for name, demand in policy.demands.items():
        if demand.margin is not None and ground.has(name):
            margin = demand.margin / (demand.high - demand.low)
            yield f"{name}{AGAINST_BASELINE}", margin, ground.narrowed_to(name)[0]


async def _questions(house: House, policy: GatePolicy, plan: SuitePlan) -> list[Question]:
    units, cost = await _experience(house, policy, plan)
    return [
        Question(
            plan.suite,
            rule,
            cases,
            plan.repeats,
            margin,
            policy.confidence,
            _seen(units, rule),
            cost,
            is_binary=not rule.startswith("metric "),
            stop_early=policy.stop_early,
        )
        for rule, margin, cases in _drop_rules(policy, ground_of(plan))
        if 0 < margin < 1
    ]


def _seen(units: Sequence[Units], rule: str) -> Floats | None:
    """Per-case differences between two runs in what a rule compares; None where too few cases are in both."""
    name = rule.removesuffix(AGAINST_BASELINE)
    sides = [one.measures.get(name) if name in one.measures else success_of(one) for one in units]
    new, old = sides if len(sides) == 2 else (None, None)
    if new is None or old is None:
        return None
    both = np.intersect1d(new.key, old.key)
    if len(both) < FEWEST_PAIRS:
        return None
    return new.pick(both).mean(missing_as=0.0) - old.pick(both).mean(missing_as=0.0)


async def _experience(house: House, policy: GatePolicy, plan: SuitePlan) -> tuple[list[Units], float | None]:
    """The suite's last two runs, the newest first, and the mean cost of a trial in the last."""
    runs = [
        run
        for run in await house.store.facts.runs(1000, RunsWanted(suite=plan.suite))
        if run.status == "done" and run.repeats == plan.repeats
        if not run.is_alternative and run.arm.fault is None
    ][:2]
    units = [await units_of(house, run, policy) for run in runs]
    priced = int(units[0].priced.sum()) if units else 0
    return units, float(units[0].cost.sum()) / priced if priced else None
