"""What today's sets let the gates see, from the project file and from earlier runs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from foretell.core.analysis.claims import FEWEST_PAIRS
from foretell.core.analysis.decide import check_policy
from foretell.core.analysis.planner import Question, SuiteOutlook, look_ahead
from foretell.core.domain.policy import GatePolicy
from foretell.core.domain.runs import SuitePlan
from foretell.core.errors import ConfigurationError, Problem, suggest
from foretell.core.ports.findings import Floats
from foretell.services.findings import load
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
        if suite.layer != "behavioural"  # traffic has no fixed cases to pair
    ]
    standard = standard_of(policy, [plan.evalset.hash for plan in plans])
    problems = [
        problem
        for plan in plans
        for problem in check_policy(
            policy, {plan.suite: len(plan.evalset.cases)}, standard, is_single=plan.repeats == 1
        )
    ]
    questions = [question for plan in plans for question in await _questions(house, policy, plan)]
    asked = {question.suite for question in questions}
    return GatePlan(
        policy.name,
        house.project.currency,
        tuple(look_ahead(question) for question in questions),
        tuple(name for name in policy.suites if name not in asked),
        tuple(problems),
    )


def _drop_rules(policy: GatePolicy) -> Iterator[tuple[str, float]]:
    if policy.may_drop is not None:
        yield "success against baseline", policy.may_drop
    if policy.may_drop_since_anchor is not None:
        yield "success since anchor", policy.may_drop_since_anchor


async def _questions(house: House, policy: GatePolicy, plan: SuitePlan) -> list[Question]:
    seen, cost = await _experience(house, plan)
    return [
        Question(plan.suite, rule, len(plan.evalset.cases), plan.repeats, margin, policy.confidence, seen, cost)
        for rule, margin in _drop_rules(policy)
        if 0 < margin < 1
    ]


async def _experience(house: House, plan: SuitePlan) -> tuple[Floats | None, float | None]:
    """Per-case differences between the suite's last two runs, and the mean cost of a trial in the last."""
    runs = [
        run
        for run in await house.store.facts.runs(1000)
        if run.suite == plan.suite and run.status == "done" and not run.is_alternative and run.repeats == plan.repeats
    ][:2]
    loaded = [await load(house, run) for run in runs]
    if not loaded:
        return None, None
    costs = loaded[0].columns.cost
    cost = None if np.isnan(costs).all() else float(np.nanmean(costs))
    if len(loaded) < 2:
        return None, cost
    new, old = loaded[0].units, loaded[1].units
    both = np.intersect1d(new.key, old.key)
    if len(both) < FEWEST_PAIRS:
        return None, cost
    return new.pick(both).rate("as-failure") - old.pick(both).rate("as-failure"), cost
