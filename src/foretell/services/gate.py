"""Run what a gate needs, decide, and keep the record."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from foretell.core.analysis.claims import Standard
from foretell.core.analysis.decide import Judged, check_policy, judge
from foretell.core.analysis.outlook import blind_spots_of, chance_to_ship
from foretell.core.analysis.rules import Evidence
from foretell.core.domain.policy import Decision, GatePolicy
from foretell.core.domain.runs import Run, SuitePlan
from foretell.core.domain.values import content_hash, key_of, seed_of
from foretell.core.errors import (
    ConfigurationError,
    NotEnoughEvidence,
    Problem,
    raise_all,
    suggest,
)
from foretell.core.ports.records import Record
from foretell.services.baseline import Baseline, find_baseline, hash_of_case, hash_of_rules
from foretell.services.findings import load
from foretell.services.house import House
from foretell.services.plan import RunRequest
from foretell.services.run import Watcher, run_plan
from foretell.services.suites import prepare_suites


@dataclass(frozen=True, slots=True)
class GateRequest:
    """Which gate, and how: `is_first` decides by floors and ceilings alone because there is no baseline yet."""

    gate: str
    is_first: bool = False
    concurrency: int | None = None
    max_cost: float | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One suite of the gate: its plan, and the baseline and anchor that it is held against (None: there is none)."""

    plan: SuitePlan
    baseline: Baseline | None
    anchor: Baseline | None


@dataclass(frozen=True, slots=True)
class Ran:
    """What was run of a gate: the finished runs in the order of its suites, and why it ended early, if it did."""

    runs: tuple[Run, ...]
    stopped: str = ""


async def run_gate(house: House, request: GateRequest, watcher: Watcher | None = None) -> Decision:
    """Decide a gate: ship, hold, or not enough evidence. The decision is kept in the store's records.

    Raises:
        ConfigurationError: an unknown gate, a limit that its sets could never clear, no baseline.
        BadInput: a baseline that cannot be used.
    """
    policy = _policy(house, request)
    plans = [replace(plan, arms=plan.arms[:1]) for plan in await prepare_suites(house, RunRequest(policy.suites))]
    sides = [await _side(house, policy, plan, is_first=request.is_first) for plan in plans]
    standard = Standard(policy.confidence, seed_of(policy.name, *(side.plan.evalset.hash for side in sides)))
    raise_all(ConfigurationError, [problem for side in sides for problem in _undecidable(policy, side, standard)])
    ran = await _run_all(house, policy, plans, watcher)
    evidence = [await _evidence(house, policy, side, run) for side, run in zip(sides, ran.runs, strict=False)]
    judged = _cut_short(judge(policy, evidence, standard), ran) if ran.stopped else judge(policy, evidence, standard)
    decision = _decision(house, sides, ran, judged, (policy, evidence))
    await house.store.records.append(Record("decision", decision.key, decision.decided_at, asdict(decision)))
    return decision


def _policy(house: House, request: GateRequest) -> GatePolicy:
    gates = house.project.gates
    if request.gate not in gates:
        raise ConfigurationError(Problem("", f"gate '{request.gate}' is not known.", suggest(request.gate, gates)))
    policy = gates[request.gate]
    if request.max_cost is not None:
        policy = replace(policy, max_cost=request.max_cost)
    if policy.max_cost is not None and policy.max_cost <= 0:
        what = f"max_cost = {policy.max_cost:g} leaves nothing to spend."
        raise NotEnoughEvidence(Problem(f"gate '{policy.name}'", what, "Give it a budget, or leave the limit out."))
    if not request.is_first:
        return policy
    return replace(policy, baseline=None, anchor=None, may_drop=None, may_drop_since_anchor=None, cost_may_rise=None)


async def _side(house: House, policy: GatePolicy, plan: SuitePlan, *, is_first: bool) -> Side:
    if is_first or plan.layer == "behavioural":  # traffic has no fixed cases: another sample's run is no baseline
        return Side(plan, None, None)
    where = f"gate '{policy.name}'"
    needs = (policy.may_drop is not None or policy.cost_may_rise is not None, policy.may_drop_since_anchor is not None)
    found: list[Baseline | None] = []
    for name, reference, is_needed in zip(("baseline", "anchor"), (policy.baseline, policy.anchor), needs, strict=True):
        if is_needed and reference is None:
            hint = f'Add {name} = "file:evals/baselines/{policy.name}.json", or decide by floors with --first.'
            raise ConfigurationError(Problem(where, f"has a rule against the {name}, and names none.", hint))
        one = await find_baseline(house, reference, plan) if reference is not None and is_needed else None
        if is_needed and one is None:
            hint = "Write it again from runs of all suites, or decide by floors with --first."
            raise ConfigurationError(
                Problem(where, f"the {name} {reference} holds nothing of suite '{plan.suite}'.", hint)
            )
        found.append(_comparable(one, plan, name) if one is not None else None)
    return Side(plan, *found)


def _comparable(baseline: Baseline, plan: SuitePlan, name: str) -> Baseline:
    """The baseline without the cases that changed since.

    Raises:
        ConfigurationError: success was measured otherwise then.
    """
    if baseline.rules_hash != hash_of_rules(plan.scorers, plan.success):
        what = f"the {name} {baseline.source} was measured with other scorers or another success rule."
        raise ConfigurationError(Problem(f"suite '{plan.suite}'", what, "Run it again and write a new one."))
    now = {key_of(case.id): hash_of_case(case) for case in plan.evalset.cases}
    same = np.array([baseline.case_hashes.get(int(key)) == now.get(int(key)) for key in baseline.units.key], np.bool_)
    return replace(baseline, units=baseline.units.pick(baseline.units.key[same]))


def _undecidable(policy: GatePolicy, side: Side, standard: Standard) -> list[Problem]:
    suite, baseline = side.plan.suite, side.baseline
    cases = {key_of(case.id) for case in side.plan.evalset.cases}
    units = len(cases) if baseline is None else len(cases & {int(key) for key in baseline.units.key})
    if not units and baseline is not None:
        what = f"shares no case with its baseline {baseline.source}."
        raise NotEnoughEvidence(Problem(f"suite '{suite}'", what, "Write a new baseline from this eval set."))
    kept = policy if side.anchor is not None else replace(policy, may_drop_since_anchor=None)
    if baseline is None:
        kept = replace(kept, may_drop=None)
    return check_policy(kept, {suite: units}, standard, is_single=side.plan.repeats == 1)


async def _run_all(house: House, policy: GatePolicy, plans: Sequence[SuitePlan], watcher: Watcher | None) -> Ran:
    """Run the suites one after the other within the gate's money and time."""
    group, left, runs = house.new_id(), policy.max_cost, list[Run]()
    try:
        async with asyncio.timeout(None if policy.max_minutes is None else policy.max_minutes * 60):
            for plan in plans:
                done = await run_plan(house, replace(plan, max_cost=left), group, watcher)
                runs.append(done.runs[0])
                if done.stopped is not None:
                    return Ran(tuple(runs), str(done.stopped))
                if left is not None:
                    left -= await _spent(house, done.runs)
    except TimeoutError:
        return Ran(tuple(runs), f"time: {policy.max_minutes:g} minutes were not enough to run the suites")
    return Ran(tuple(runs))


async def _spent(house: House, runs: Sequence[Run]) -> float:
    return sum([float(np.nansum((await house.store.findings.columns(run.id)).cost)) for run in runs])


async def _evidence(house: House, policy: GatePolicy, side: Side, run: Run) -> Evidence:
    loaded = await load(house, run, policy.modes)
    return Evidence(
        suite=side.plan.suite,
        candidate=loaded.units,
        baseline=side.baseline.units if side.baseline is not None else None,
        anchor=side.anchor.units if side.anchor is not None else None,
        is_unknown_cost_zero=house.project.unknown_cost == "zero",
    )


def _cut_short(judged: Judged, ran: Ran) -> Judged:
    """What was decided on a part is no decision: a run that was cut short is not a random sample of its set."""
    rules = tuple(replace(rule, ruling="not-enough-evidence", note="the run was cut short") for rule in judged.rules)
    return Judged("not-enough-evidence", rules, (ran.stopped,))


def _decision(
    house: House, sides: Sequence[Side], ran: Ran, judged: Judged, given: tuple[GatePolicy, Sequence[Evidence]]
) -> Decision:
    policy, evidence = given
    runs = {side.plan.suite: run.id for side, run in zip(sides, ran.runs, strict=False)}
    baselines = {side.plan.suite: side.baseline.run for side in sides if side.baseline is not None}
    inputs = {
        "policy": asdict(policy),
        "sets": {side.plan.suite: side.plan.evalset.hash for side in sides},
        "candidate": {side.plan.suite: _identity(side.plan) for side in sides},
        "baseline": baselines,
    }
    return Decision(
        gate=policy.name,
        ruling=judged.ruling,
        rules=judged.rules,
        reasons=judged.reasons,
        blind_spots=blind_spots_of(policy, [side.plan for side in sides], judged.rules),
        policy=policy,
        runs=runs,
        baseline_runs=baselines,
        decided_at=house.now(),
        key=content_hash(inputs)[:16],
        p_ship_no_change=chance_to_ship(policy, evidence),
        changed=tuple(line for side in sides for line in _changed(side)),
    )


def _identity(plan: SuitePlan) -> dict[str, object]:
    arm = plan.arms[0]
    return {
        "target": asdict(arm.target),
        "fingerprints": dict(arm.fingerprints),
        "repeats": plan.repeats,
        "seed": plan.seed,
    }


def _changed(side: Side) -> list[str]:
    """The declared parts that differ from the baseline's."""
    if side.baseline is None:
        return []
    then, now = side.baseline.fingerprints, side.plan.arms[0].fingerprints
    parts = [part for part in sorted({*then, *now}) if part != "branch" and then.get(part) != now.get(part)]
    name = side.plan.arms[0].target.name
    return [f"{name}: {part} {then.get(part) or 'not observed'} → {now.get(part) or 'not observed'}" for part in parts]
