"""A recorded decision, computed again from the stored facts."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import cast

import numpy as np

from foretell.core.analysis.carry import read_units, write_units
from foretell.core.analysis.decide import Judged
from foretell.core.analysis.rules import Evidence
from foretell.core.analysis.runs.aggregate import Units
from foretell.core.analysis.turning import judge_and_tell
from foretell.core.domain.cases import EvalSetVersion
from foretell.core.domain.policy import Decision, GatePolicy
from foretell.core.domain.runs import Run, SuitePlan
from foretell.core.domain.values import Json
from foretell.core.errors import BadInput, Problem
from foretell.services.baseline import BESIDE, Baseline, baseline_beside, baseline_of, find_baseline
from foretell.services.canary import judge_releases, policy_of_look
from foretell.services.decisions import decision_in
from foretell.services.early import judge_seen
from foretell.services.evidence import units_of
from foretell.services.gate import comparable, cut_short, interrupted, standard_of
from foretell.services.house import House
from foretell.services.run import find_run

_COUNTED = ("key", "trials", "successes", "unscored", "environment")
CLOSE = 1e-9
"""Numbers are computed again, perhaps on another machine: apart by less than this they are equal."""


@dataclass(frozen=True, slots=True)
class Verification:
    """A decision and the places where it differs from what the facts give: (place, written, computed).

    `unseen` names the runs that are not in this store, of a decision that carries what they said.
    """

    decision: Decision
    differences: tuple[tuple[str, str, str], ...]
    unseen: tuple[str, ...] = ()


async def verify_decision(house: House, path: str) -> Verification:
    """Compute a decision file again from the runs in the store and the baselines that it names.

    Raises:
        BadInput: no such file, it holds no decision, or the store has not the runs.
    """
    text = house.papers.read(path)
    if text is None:
        raise BadInput(Problem(path, "there is no such file.", "Write one with 'foretell gate NAME --record FILE'."))
    decision = decision_in(text, path)
    written = Judged(decision.ruling, decision.rules, decision.reasons)
    if not decision.seen:
        judged = await _judged(house, decision)
        return Verification(decision, tuple(_differences("", _plain(written), _plain(judged))))
    judged = judge_releases(house, decision) if decision.releases else _from_record(decision)
    found, unseen = await _beside_facts(house, decision)
    found += _level_of(house, decision)
    return Verification(decision, (*_differences("", _plain(written), _plain(judged)), *found), unseen)


def _from_record(decision: Decision) -> Judged:
    """The verdict of a gate that may stop early, on the units that its record carries, in the order of its key.

    The rules of suites of which nothing was seen stand as they were written: they count, and know nothing.
    """
    known = {one.suite for one in decision.seen}
    unseen = tuple(rule for rule in decision.rules if rule.suite not in known)
    judged = judge_seen(decision.policy, decision.seen, unseen)
    return interrupted(judged, decision.reasons[0] if not decision.is_final and decision.reasons else "")


def _level_of(house: House, decision: Decision) -> list[tuple[str, str, str]]:
    """Where the level of a look at two releases is not the one that its number leaves it."""
    gate = house.project.gates.get(decision.gate)
    if not decision.releases or gate is None:
        return []
    level = policy_of_look(gate, decision.attempt, decision.releases[1]).confidence
    return list(_differences(f"confidence of look {decision.attempt}", decision.policy.confidence, level))


async def _beside_facts(house: House, decision: Decision) -> tuple[list[tuple[str, str, str]], tuple[str, ...]]:
    """Where the units of a record differ from those of its runs, and the runs that this store does not hold."""
    differences, unseen = list[tuple[str, str, str]](), list[str]()
    for one in decision.seen:
        for side, runs in (
            ("candidate", decision.runs),
            ("baseline", decision.baseline_runs),
            ("anchor", decision.anchor_runs),
        ):
            name, written = runs.get(one.suite), one.sides.get(side)
            if name is None or written is None:
                continue
            run = await house.store.facts.run(name)
            if run is None:
                unseen.append(name)
                continue
            apart = _apart(
                read_units(written), await units_of(house, run, decision.policy), is_whole=side == "candidate"
            )
            if apart:
                differences.append((f"{one.suite}, {side}", f"{apart} of its units as they were seen", "others"))
    return differences, tuple(unseen)


def _apart(carried: Units, stored: Units, *, is_whole: bool) -> int:
    """How many units are not what the store holds of them. A baseline was written by its counts, perhaps to a file."""
    both = np.intersect1d(carried.key, stored.key)
    told, said = (write_units(units.pick(both)) for units in (carried, stored))
    names = [name for name in told.columns if name in _COUNTED or (is_whole and name.startswith("mode "))]
    pairs = [(told.columns[name], said.columns.get(name, "")) for name in names]
    if is_whole:
        pairs += [(columns["good"], said.measures[name]["good"]) for name, columns in told.measures.items()]
    return max(
        sum(one != other for one, other in zip_longest(first.split(), second.split())) for first, second in pairs
    )


async def _judged(house: House, decision: Decision) -> Judged:
    runs = {suite: await find_run(house, f"run:{run}") for suite, run in decision.runs.items()}
    evidence = [await _evidence(house, decision, run) for run in runs.values()]
    standard = standard_of(decision.policy, [run.set_hash for run in runs.values()])
    judged = judge_and_tell(decision.policy, evidence, standard)
    was_stopped = len(runs) < len(decision.policy.suites) or any(run.status != "done" for run in runs.values())
    return cut_short(judged, decision.reasons[0] if decision.reasons else "") if was_stopped else judged


async def _evidence(house: House, decision: Decision, run: Run) -> Evidence:
    policy, plan = decision.policy, await _plan_of(house, run)
    baseline = await _other(house, (policy, policy.baseline), decision.baseline_runs.get(run.suite), plan)
    anchor = await _other(house, (policy, policy.anchor), decision.anchor_runs.get(run.suite), plan)
    return Evidence(
        suite=run.suite,
        candidate=await units_of(house, run, policy),
        baseline=baseline.units if baseline is not None else None,
        anchor=anchor.units if anchor is not None else None,
        is_unknown_cost_zero=house.project.unknown_cost == "zero",
    )


async def _other(
    house: House, named: tuple[GatePolicy, str | None], run: str | None, plan: SuitePlan
) -> Baseline | None:
    """The baseline or anchor as it was: the file when it still holds that run, else the run in the store."""
    if run is None:
        return None
    found, (policy, reference) = None, named
    if reference is not None and reference.startswith("file:"):
        try:
            found = await find_baseline(house, reference, plan, policy)
        except BadInput:  # the file moved on; the store may still know the run
            found = None
    if found is None or found.run != run:
        stored = await find_run(house, f"run:{run}")
        is_beside = reference is not None and reference.startswith(BESIDE)
        source = f"run:{run}"
        found = await (
            baseline_beside(house, stored, policy) if is_beside else baseline_of(house, stored, source, policy)
        )
    return comparable(found, plan, "baseline")


async def _plan_of(house: House, run: Run) -> SuitePlan:
    cases = tuple((await house.store.findings.cases(run.id)).values())
    return SuitePlan(
        suite=run.suite,
        layer=run.layer,
        evalset=EvalSetVersion(run.evalset, run.version, run.set_hash, cases),
        arms=(run.arm,),
        scorers=run.scorers,
        success=run.success,
        modes=run.modes,
        repeats=run.repeats,
    )


def _plain(judged: Judged) -> Json:
    """As JSON gives it back: rules by name, tuples as lists."""
    rules = {f"{rule.suite}: {rule.rule}": asdict(rule) for rule in judged.rules}
    return json.loads(json.dumps({"ruling": judged.ruling, "rules": rules, "reasons": judged.reasons}))


def _differences(path: str, written: Json, computed: Json) -> Iterator[tuple[str, str, str]]:
    if isinstance(written, Mapping) and isinstance(computed, Mapping):
        then, now = cast("Mapping[str, Json]", written), cast("Mapping[str, Json]", computed)
        for name in sorted({*then, *now}):
            place = f"{path}, {name}" if path else name
            yield from _differences(place, then.get(name), now.get(name))
    elif not _equal(written, computed):
        yield path, json.dumps(written, ensure_ascii=False), json.dumps(computed, ensure_ascii=False)


def _equal(written: Json, computed: Json) -> bool:
    if isinstance(written, float | int) and isinstance(computed, float | int):
        return abs(written - computed) <= CLOSE
    return written == computed
