"""A recorded decision, computed again from the stored facts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import cast

from foretell.core.analysis.decide import Judged
from foretell.core.analysis.rules import Evidence
from foretell.core.analysis.turning import judge_and_tell
from foretell.core.domain.cases import EvalSetVersion
from foretell.core.domain.policy import Decision, GatePolicy
from foretell.core.domain.runs import Run, SuitePlan
from foretell.core.domain.values import Json
from foretell.core.errors import BadInput, Problem
from foretell.services.baseline import BESIDE, Baseline, baseline_beside, baseline_of, find_baseline
from foretell.services.decisions import decision_in
from foretell.services.early import Part, judge_parts
from foretell.services.evidence import units_of
from foretell.services.gate import comparable, cut_short, interrupted, standard_of
from foretell.services.house import House
from foretell.services.run import find_run

CLOSE = 1e-9
"""Numbers are computed again, perhaps on another machine: apart by less than this they are equal."""


@dataclass(frozen=True, slots=True)
class Verification:
    """A decision and the places where it differs from what the facts give: (place, written, computed)."""

    decision: Decision
    differences: tuple[tuple[str, str, str], ...]


async def verify_decision(house: House, path: str) -> Verification:
    """Compute a decision file again from the runs in the store and the baselines that it names.

    Raises:
        BadInput: no such file, it holds no decision, or the store has not the runs.
    """
    text = house.papers.read(path)
    if text is None:
        raise BadInput(Problem(path, "there is no such file.", "Write one with 'foretell gate NAME --record FILE'."))
    decision = decision_in(text, path)
    judged = await _judged(house, decision)
    written = Judged(decision.ruling, decision.rules, decision.reasons)
    return Verification(decision, tuple(_differences("", _plain(written), _plain(judged))))


async def _judged(house: House, decision: Decision) -> Judged:
    runs = {suite: await find_run(house, f"run:{run}") for suite, run in decision.runs.items()}
    evidence = [await _evidence(house, decision, run) for run in runs.values()]
    if decision.policy.stop_early:
        has_base = (decision.policy.baseline or "").startswith("revision:")
        plans = [await _plan_of(house, run) for run in runs.values()]
        parts = [Part(plan, one, has_base) for plan, one in zip(plans, evidence, strict=True)]
        return _as_it_stopped(decision, parts)
    standard = standard_of(decision.policy, [run.set_hash for run in runs.values()])
    judged = judge_and_tell(decision.policy, evidence, standard)
    was_stopped = len(runs) < len(decision.policy.suites) or any(run.status != "done" for run in runs.values())
    return cut_short(judged, decision.reasons[0] if decision.reasons else "") if was_stopped else judged


def _as_it_stopped(decision: Decision, parts: Sequence[Part]) -> Judged:
    """The verdict of a gate that may stop early, on the first units in the order of its seed.

    The rules of suites that were not run any more stand as they were written: they count, and know nothing.
    """
    unknown = tuple(rule for rule in decision.rules if rule.suite not in decision.runs)
    judged, _ = judge_parts(decision.policy, parts, decision.key, unseen=unknown)
    return interrupted(judged, decision.reasons[0] if not decision.is_final and decision.reasons else "")


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
