"""Proof by substitution: replay failed trials with the first failing step's output replaced by a good one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from foretell.core.analysis.runs.reading import Confirmation, Replay, Verdict
from foretell.core.analysis.runs.success import rulebook
from foretell.core.analysis.trials.executed import Executed, executed, first_failed
from foretell.core.domain.cases import Case
from foretell.core.domain.effects import Substitution
from foretell.core.domain.runs import Run
from foretell.core.domain.trace import NotSeen, Span, Trace
from foretell.core.domain.trial import TrialTask
from foretell.core.domain.values import Json, seed_of
from foretell.core.errors import BadInput, NotEnoughEvidence, Problem
from foretell.core.ports.execution import Workload
from foretell.core.ports.facts import RunsWanted, TrialRow
from foretell.services.house import House
from foretell.services.plan import Announce, Extent, check_money, most_of
from foretell.services.run import find_run

MOST = 20
"""Failed trials that are replayed; each is asked twice."""


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A failed trial with its first failing step, and the output that is to stand in for the step's own."""

    row: TrialRow
    step: Executed
    good: Span


async def confirm(
    house: House,
    reference: str,
    baseline: str | None = None,
    max_cost: float | None = None,
    announce: Announce | None = None,
) -> Confirmation:
    """Replay failed trials with the output that their first failing step gave in a good trial of the same case.

    Each is also replayed as it is: where that succeeds too, the failure comes and goes, and nothing is proved. The
    target is as it is now; nothing is stored. What the money, `max_cost`, does not reach stays unscored.

    Raises:
        BadInput: no such run, or no earlier one to take good outputs from.
        NotEnoughEvidence: the money ran out before the first replay.
    """
    check_money(max_cost, "the replay")
    run = await find_run(house, reference)
    good_run = await _baseline_of(house, run, baseline)
    seams: Mapping[str, Json] = run.arm.target.params.get("steps") or {}
    good = await _good_spans(house, good_run)
    suspects: list[_Suspect] = []
    without: list[Replay] = []
    async for row in house.store.findings.trials(run.id, "failure"):
        step = _first(row)
        if step is None:
            continue
        span = good.get((row.record.case_id, step.label))
        if span is None or step.name not in seams:
            why: Verdict = "no-seam" if step.name not in seams else "no-good-output"
            without.append(Replay(row.record.case_id, row.record.repeat, step.label, why))
        elif len(suspects) < MOST:
            suspects.append(_Suspect(row, step, span))
    replayed = await _replayed(house, run, suspects, max_cost, announce) if suspects else ()
    return Confirmation(run.id, good_run.id, (*replayed, *without))


async def _baseline_of(house: House, run: Run, reference: str | None) -> Run:
    if reference is not None:
        return await find_run(house, reference)
    for one in await house.store.facts.runs(1000, RunsWanted(suite=run.suite)):
        if one.created_at < run.created_at and one.set_hash == run.set_hash and one.arm.fault is None:
            return one
    hint = "Name one with --baseline RUN."
    raise BadInput(Problem(f"run '{run.id}'", "has no earlier run on the same cases to take good outputs from.", hint))


async def _good_spans(house: House, run: Run) -> Mapping[tuple[str, str], Span]:
    """What each step gave in a successful trial, by case and label."""
    found: dict[tuple[str, str], Span] = {}
    async for row in house.store.findings.trials(run.id, "success"):
        steps, trace = executed(row.record.outcome, row.record.scores), row.record.outcome.trace
        if isinstance(trace, Trace) and not isinstance(steps, NotSeen):
            for step, span in zip(steps, trace.spans, strict=False):
                if not step.faults:
                    found.setdefault((row.record.case_id, step.label), span)
    return found


def _first(row: TrialRow) -> Executed | None:
    steps = executed(row.record.outcome, row.record.scores)
    return None if isinstance(steps, NotSeen) else first_failed(steps)


async def _replayed(
    house: House, run: Run, suspects: Sequence[_Suspect], max_cost: float | None, announce: Announce | None
) -> tuple[Replay, ...]:
    cases = tuple((await house.store.findings.cases(run.id)).values())
    places = {run.arm.target.name: await house.checkouts.check_out(run.arm.revision)} if run.arm.revision else {}
    rules = rulebook(run.scorers, run.success, run.modes)
    ended: dict[tuple[str, int, int], str] = {}
    if announce is not None:
        trials = 2 * len(suspects)
        at_most = await most_of(house, run.arm, _tasks(run, cases, suspects), trials)
        announce(Extent(f"replay of {run.id}", 1, trials, at_most))
    workload = Workload((run.arm,), _tasks(run, cases, suspects), max_cost, 0.0, places)
    try:
        async with aclosing(house.executor.run(workload)) as records:
            async for record in records:
                ended[record.run, record.case_no, record.repeat] = rules.conclude(record).state
    except NotEnoughEvidence:  # out of money: what is known by then is told
        if not ended:
            raise
    found: list[Replay] = []
    for one in suspects:
        key = (one.row.record.case_no, one.row.record.repeat)
        verdict = _verdict(ended.get((_name(run, "substituted"), *key)), ended.get((_name(run, "again"), *key)))
        found.append(Replay(one.row.record.case_id, one.row.record.repeat, one.step.label, verdict))
    if not ended:
        raise NotEnoughEvidence(Problem(f"run '{run.id}'", "nothing could be replayed."))
    return tuple(found)


def _name(run: Run, part: str) -> str:
    return f"{run.id}-{part}"


def _tasks(run: Run, cases: Sequence[Case], suspects: Sequence[_Suspect]) -> Iterator[TrialTask]:
    fault = () if run.arm.fault is None else (run.arm.fault,)
    for one in suspects:
        record = one.row.record
        substitution = Substitution(one.step.name, one.good.output, one.step.turn - 1)
        task = TrialTask(
            _name(run, "substituted"),
            record.case_no,
            cases[record.case_no],
            record.repeat,
            seed_of(run.seed, record.case_id, record.repeat),
            run.arm.target,
            run.scorers,
            replace(run.arm.limits.trial, allowance_usd=run.arm.limits.max_cost_per_trial),
            run.user,
            run.max_turns,
            (*fault, substitution),
        )
        yield task
        yield replace(task, run=_name(run, "again"), effects=fault)


def _verdict(substituted: str | None, again: str | None) -> Verdict:
    if again == "success":
        return "flaky"
    if substituted == "success" and again == "failure":
        return "confirmed"
    return "suspected" if substituted == "failure" else "unscored"
