"""What a gate needs, run and decided; that it is asked once for each question is up to `decisions`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import zip_longest

import numpy as np

from foretell.core.analysis.claims import Standard
from foretell.core.analysis.decide import ENVIRONMENT_SHARE, Judged, check_policy
from foretell.core.analysis.demands import policy_changes
from foretell.core.analysis.outlook import blind_spots_of, chance_to_ship
from foretell.core.analysis.reach import Ground, check_demands
from foretell.core.analysis.rules import Evidence
from foretell.core.analysis.turning import judge_and_tell
from foretell.core.domain.policy import Decision, GatePolicy
from foretell.core.domain.runs import Arm, Run, SuitePlan
from foretell.core.domain.values import content_hash, key_of, seed_of
from foretell.core.errors import (
    ConfigurationError,
    NotEnoughEvidence,
    Problem,
    raise_all,
    suggest,
)
from foretell.services.baseline import BESIDE, Baseline, baseline_beside, find_baseline, hash_of_rules
from foretell.services.baseline_rows import hash_of_case
from foretell.services.beside import changes, overruled, put_beside
from foretell.services.early import Part, judge_parts
from foretell.services.evidence import ground_of, is_counted, nothing_of, units_of
from foretell.services.gate_runs import Course, Ran, course_of, piloted, run_suites, with_carried
from foretell.services.house import House
from foretell.services.plan import RunRequest, check_money
from foretell.services.run import Watcher
from foretell.services.suites import prepare_suites

CUT_SHORT = "the run was cut short"


@dataclass(frozen=True, slots=True)
class GateRequest:
    """Which gate, and how: `is_first` decides by floors and ceilings alone because there is no baseline yet.

    `against` names a revision that takes the baseline's place and is run beside the candidate.
    """

    gate: str
    is_first: bool = False
    concurrency: int | None = None
    max_cost: float | None = None
    against: str | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One suite of the gate: its plan, and the baseline and anchor that it is held against (None: there is none).

    A plan with a second arm makes its baseline itself, beside the candidate; it is None until that has run.
    """

    plan: SuitePlan
    baseline: Baseline | None
    anchor: Baseline | None

    @property
    def base(self) -> Arm | None:
        """The base revision's arm, None without one."""
        return self.plan.arms[1] if len(self.plan.arms) > 1 else None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A gate before anything runs: what it is held to, its sides, and the key of the question that is asked.

    `doubt` says why the key may stand for several candidates; empty when it stands for one. `warnings` are told with
    the verdict, and so is `files`: which ones differ from a base that runs beside the candidate.
    """

    policy: GatePolicy
    sides: tuple[Side, ...]
    key: str
    doubt: str
    warnings: tuple[str, ...] = ()
    files: str = ""

    @property
    def standard(self) -> Standard:
        """How its claims are tested."""
        return standard_of(self.policy, [side.plan.evalset.hash for side in self.sides])


def standard_of(policy: GatePolicy, set_hashes: Sequence[str]) -> Standard:
    """How the claims of a gate are tested on these sets, in the order of its suites."""
    return Standard(policy.confidence, seed_of(policy.name, *set_hashes))


async def prepare_gate(house: House, request: GateRequest) -> Prepared:
    """All that a gate needs before it runs; nothing is spent.

    Raises:
        ConfigurationError: an unknown gate, a limit that its sets could never clear, no baseline.
        BadInput: a baseline that cannot be used.
    """
    policy = _policy(house, request)
    plans = [replace(plan, arms=plan.arms[:1]) for plan in await prepare_suites(house, RunRequest(policy.suites))]
    warnings, files = (), ""
    if request.against is not None:
        found = await put_beside(house, request.against, plans)
        plans, files = list(found.plans), found.files
        now = house.project.gates[policy.name]
        moved = policy_changes(found.gates.get(policy.name, now), now, request.against)
        warnings = (*moved, *overruled(policy, request.against), *found.warnings)
        policy = replace(policy, baseline=f"{BESIDE}{found.revision}")
    sides = tuple([await _side(house, policy, plan, is_first=request.is_first) for plan in plans])
    prepared = Prepared(policy, sides, key_of_gate(policy, sides), doubt_of(sides), warnings, files)
    problems = [one for side in sides for one in _undecidable(policy, side, prepared.standard)]
    grounds = [_ground_of(side) for side in sides]
    raise_all(ConfigurationError, [*problems, *check_demands(policy, grounds, prepared.standard)])
    return prepared


async def decide_afresh(
    house: House, prepared: Prepared, watcher: Watcher | None = None, earlier: Decision | None = None
) -> Decision:
    """Run a gate's suites, or go on with what was run of them before, and decide.

    `earlier` is what an earlier attempt came to, without an answer.
    """
    policy, plans = prepared.policy, [side.plan for side in prepared.sides]
    course = await _course(house, prepared, earlier)
    ran = await run_suites(house, policy, plans, watcher, course)
    sides = await _with_bases(house, policy, prepared.sides, ran.bases)
    doubts = [side.baseline.doubt for side in sides if side.baseline is not None and side.baseline.doubt]
    prepared = replace(prepared, sides=sides, warnings=(*prepared.warnings, *doubts))
    evidence = [await evidence_of(house, policy, side, run) for side, run in zip(sides, ran.runs, strict=False)]
    if policy.stop_early:
        known = [*evidence, *(before(house, policy, side) for side in sides[len(evidence) :])]
        known = [with_carried(one, course.carried.get(one.suite)) for one in known]
        found = judge_parts(policy, _parts(sides, known), prepared.key)
        decision = _decision(house, prepared, ran, interrupted(found.judged, ran.stopped), known[: len(evidence)])
        chance = chance_to_ship(policy, known[: len(evidence)], found.stops)
        return replace(decision, stops=found.stops, seen=found.seen, p_ship_no_change=chance)
    judged = judge_and_tell(policy, evidence, prepared.standard)
    decision = _decision(house, prepared, ran, cut_short(judged, ran.stopped) if ran.stopped else judged, evidence)
    return replace(decision, p_ship_no_change=chance_to_ship(policy, evidence))


async def _course(house: House, prepared: Prepared, earlier: Decision | None) -> Course:
    """Where the runs of this question go on, and with a gate that may stop early, who says when enough was seen."""
    spent = [] if earlier is None else list(earlier.runs.values())
    course = Course(house.new_id()) if prepared.doubt else await course_of(house, prepared.key, spent)
    if not prepared.policy.stop_early:
        return course
    known = [before(house, prepared.policy, side) for side in prepared.sides]
    carried = () if earlier is None or prepared.doubt else earlier.seen
    return piloted(course, prepared.policy, _parts(prepared.sides, known), (prepared.key, carried))


def _parts(sides: Sequence[Side], evidence: Sequence[Evidence]) -> list[Part]:
    return [Part(side.plan, one, side.base is not None) for side, one in zip(sides, evidence, strict=True)]


def _policy(house: House, request: GateRequest) -> GatePolicy:
    gates = house.project.gates
    if request.gate not in gates:
        raise ConfigurationError(Problem("", f"gate '{request.gate}' is not known.", suggest(request.gate, gates)))
    policy = gates[request.gate]
    if request.max_cost is not None:
        policy = replace(policy, max_cost=request.max_cost)
    check_money(policy.max_cost, f"gate '{policy.name}'")
    if not request.is_first:
        return policy
    return policy.without_baseline


async def _side(house: House, policy: GatePolicy, plan: SuitePlan, *, is_first: bool) -> Side:
    if is_first or plan.is_drawn:  # no fixed cases: a run of another sample is no baseline
        return Side(plan, None, None)
    where = f"gate '{policy.name}'"
    has_base = len(plan.arms) > 1
    needs = (not has_base and policy.has_comparisons, policy.may_drop_since_anchor is not None)
    found: list[Baseline | None] = []
    for name, reference, is_needed in zip(("baseline", "anchor"), (policy.baseline, policy.anchor), needs, strict=True):
        if is_needed and reference is None:
            hint = f'Add {name} = "file:evals/baselines/{policy.name}.json", or decide by floors with --first.'
            raise ConfigurationError(Problem(where, f"has a rule against the {name}, and names none.", hint))
        one = await find_baseline(house, reference, plan, policy) if reference is not None and is_needed else None
        if is_needed and one is None:
            hint = "Write it again from runs of all suites, or decide by floors with --first."
            raise ConfigurationError(
                Problem(where, f"the {name} {reference} holds nothing of suite '{plan.suite}'.", hint)
            )
        found.append(comparable(one, plan, name) if one is not None else None)
    return Side(plan, *found)


async def _with_bases(
    house: House, policy: GatePolicy, sides: Sequence[Side], bases: Sequence[Run]
) -> tuple[Side, ...]:
    """The sides with what was run beside them as their baselines."""
    made = [await baseline_beside(house, run, policy) for run in bases]
    pairs = zip_longest(sides, made[: len(sides)])
    return tuple(side if baseline is None else replace(side, baseline=baseline) for side, baseline in pairs)


def comparable(baseline: Baseline, plan: SuitePlan, name: str) -> Baseline:
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
    if baseline is None and side.base is None:
        kept = replace(kept, may_drop=None)
    return check_policy(kept, {suite: units}, standard, is_single=is_counted(side.plan) and not policy.stop_early)


def _ground_of(side: Side) -> Ground:
    if side.base is None:
        return ground_of(side.plan, None if side.baseline is None else side.baseline.units.key)
    whole = ground_of(side.plan)
    return replace(whole, pairs=whole.cases)


async def evidence_of(house: House, policy: GatePolicy, side: Side, run: Run) -> Evidence:
    """What a finished run says, beside what it is held against."""
    return replace(before(house, policy, side), candidate=await units_of(house, run, policy))


def before(house: House, policy: GatePolicy, side: Side) -> Evidence:
    """What is known of a side before it ran."""
    beside = None if side.base is None else nothing_of(side.plan, policy)
    return Evidence(
        suite=side.plan.suite,
        candidate=nothing_of(side.plan, policy),
        baseline=side.baseline.units if side.baseline is not None else beside,
        anchor=side.anchor.units if side.anchor is not None else None,
        is_unknown_cost_zero=house.project.unknown_cost == "zero",
    )


def cut_short(judged: Judged, stopped: str) -> Judged:
    """What was decided on a part is no decision: a run that was cut short is not a random sample of its set."""
    rules = tuple(replace(rule, ruling="not-enough-evidence", note=CUT_SHORT, turned_by="") for rule in judged.rules)
    return Judged("not-enough-evidence", rules, (stopped,))


def interrupted(judged: Judged, stopped: str) -> Judged:
    """A test that may stop at any time stands where it was stopped; why it was is the first reason for no verdict."""
    if not stopped or judged.ruling != "not-enough-evidence":
        return judged
    return replace(judged, reasons=(stopped, *judged.reasons)[:3])


def _decision(house: House, prepared: Prepared, ran: Ran, judged: Judged, evidence: Sequence[Evidence]) -> Decision:
    policy, sides = prepared.policy, prepared.sides
    spots = blind_spots_of(policy, [side.plan for side in sides], judged.rules)
    is_undecided = judged.ruling == "not-enough-evidence"
    return Decision(
        gate=policy.name,
        ruling=judged.ruling,
        rules=judged.rules,
        reasons=judged.reasons,
        blind_spots=(*spots, prepared.doubt) if prepared.doubt else spots,
        policy=policy,
        runs={side.plan.suite: run.id for side, run in zip(sides, ran.runs, strict=False)},
        baseline_runs={side.plan.suite: side.baseline.run for side in sides if side.baseline is not None},
        decided_at=house.now(),
        key=prepared.key,
        changed=(*(line for side in sides for line in _changed(side)), *filter(None, (prepared.files,))),
        anchor_runs={side.plan.suite: side.anchor.run for side in sides if side.anchor is not None},
        code=next((code for side in sides if (code := side.plan.arms[0].fingerprints.get("code"))), None),
        is_final=not (is_undecided and (ran.stopped or _is_spoiled(evidence))),
        warnings=prepared.warnings,
    )


def _is_spoiled(evidence: Sequence[Evidence]) -> bool:
    """True when the environment, or a failure of ours, stood in the way: nothing was learnt of a whole suite."""
    sides = [side for part in evidence for side in (part.candidate, part.baseline) if side is not None]
    return any(part.environment_share > ENVIRONMENT_SHARE for part in evidence) or any(
        bool((side.unscored == side.trials).all()) for side in sides
    )


def key_of_gate(policy: GatePolicy, sides: Sequence[Side]) -> str:
    """What identifies a question: the policy but for its budget, sets, candidate, baseline, how success is read.

    Neither the seed nor the branch is in it: the same question asked with other dice is the same question.
    """
    return content_hash({"policy": _core_of(policy), "suites": {side.plan.suite: _core_side(side) for side in sides}})[
        :16
    ]


def _core_of(policy: GatePolicy) -> dict[str, object]:
    return asdict(replace(policy, max_cost=None, max_minutes=None, owners=(), baseline=None, anchor=None))


def _core_side(side: Side) -> dict[str, object]:
    plan, arm = side.plan, side.plan.arms[0]
    return {
        "set": plan.evalset.hash,
        "rules": hash_of_rules(plan.scorers, plan.success),
        "modes": [asdict(mode) for mode in plan.modes],
        "repeats": plan.repeats,
        "user": None if plan.user is None else asdict(plan.user),
        "max_turns": plan.max_turns,
        "target": asdict(arm.target),
        "fingerprints": {part: value for part, value in arm.fingerprints.items() if part != "branch"},
        "baseline": side.base.revision if side.base is not None else side.baseline and side.baseline.run,
        "anchor": side.anchor and side.anchor.run,
    }


def doubt_of(sides: Sequence[Side]) -> str:
    """Why the key may stand for more than one candidate; empty when it does not."""
    never = "whether this candidate was decided before:"
    for side in sides:
        known = side.plan.arms[0].fingerprints
        code = known.get("code")
        declared = [value for part, value in known.items() if part not in ("code", "branch")]
        if code is not None and code.endswith("+"):
            return f"{never} the working tree has changes that are not committed"
        if code is None and (not declared or None in declared):
            return f"{never} neither a commit nor fingerprints identify target '{side.plan.arms[0].target.name}'"
    return ""


def _changed(side: Side) -> list[str]:
    """The declared parts that differ from the baseline's."""
    if side.base is not None:
        return changes(side.plan.arms[0], side.base)
    if side.baseline is None:
        return []
    then, now = side.baseline.fingerprints, side.plan.arms[0].fingerprints
    parts = [part for part in sorted({*then, *now}) if part != "branch" and then.get(part) != now.get(part)]
    name = side.plan.arms[0].target.name
    return [f"{name}: {part} {then.get(part) or 'not observed'} → {now.get(part) or 'not observed'}" for part in parts]
