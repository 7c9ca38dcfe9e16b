"""The runs of a gate: its suites one after the other within its money and time, going on where earlier ones ended."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from foretell.core.analysis.carry import joined, uncarry
from foretell.core.analysis.early import Drawn, JointTest, judge_early
from foretell.core.analysis.rules import Evidence
from foretell.core.domain.policy import GatePolicy, SeenSuite
from foretell.core.domain.runs import Run, SuitePlan
from foretell.core.ports.facts import RunsWanted, TrialRow
from foretell.services.early import Part
from foretell.services.evidence import units_of
from foretell.services.house import House
from foretell.services.pilot import SuitePilot
from foretell.services.run import ENOUGH, Finished, Watcher, resume, run_plan, spent_on


@dataclass(frozen=True, slots=True)
class Ran:
    """What was run of a gate: its runs in the order of its suites, and why it ended early, if it did.

    `bases` are the runs of the base revision, in the same order; empty without one.
    """

    runs: tuple[Run, ...]
    stopped: str = ""
    bases: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """How a gate's suites are run: the name that joins their runs, and those that earlier attempts left behind.

    A gate that may stop early has a test, for each suite a pilot, and what the record of an earlier attempt `carried`.
    """

    group: str
    known: Mapping[str, tuple[Run, ...]] = field(default_factory=dict[str, tuple[Run, ...]])
    test: JointTest | None = None
    pilots: Mapping[str, SuitePilot] = field(default_factory=dict[str, SuitePilot])
    carried: Mapping[str, Drawn] = field(default_factory=dict[str, Drawn])

    @property
    def is_held(self) -> bool:
        """True when no further suite needs to be run."""
        return self.test is not None and self.test.is_held


async def course_of(house: House, key: str, spent: Sequence[str]) -> Course:
    """The course of a question: that of its newest runs in the store, or a new one when there are none.

    `spent` are the runs of a decision that ended it without an answer: when the newest runs are these, and all were
    worked off, nothing is left to go on with.
    """
    runs = await house.store.facts.runs(1000, RunsWanted(group_begins=f"{key}-"))
    if not runs:
        return Course(f"{key}-1")
    group = runs[0].group
    known = _by_suite([run for run in runs if run.group == group])
    heads = [arms[0] for arms in known.values()]
    if {run.id for run in heads} <= set(spent) and all(_is_over(run) for run in heads):
        return Course(f"{key}-{int(group.rpartition('-')[2]) + 1}")
    return Course(group, known)


def _by_suite(runs: Sequence[Run]) -> dict[str, tuple[Run, ...]]:
    """The runs of each suite, the candidate's first."""
    found: dict[str, tuple[Run, ...]] = {}
    for run in sorted(runs, key=lambda run: run.is_alternative):
        found[run.suite] = (*found.get(run.suite, ()), run)
    return found


def _is_over(run: Run) -> bool:
    """True when nothing of a run is left to do."""
    return run.status == "done" or run.note.startswith(ENOUGH)


def piloted(
    course: Course, policy: GatePolicy, parts: Sequence[Part], question: tuple[str, Sequence[SeenSuite]]
) -> Course:
    """The course of a gate that may stop early: `question` is its key, and what an earlier attempt carried over.

    What was carried counts as long as there is something left to be seen; when all was, and gave no answer, the test
    begins anew.
    """
    key, seen = question
    designs = {part.plan.suite: part.design(key) for part in parts}
    found = {one.suite: uncarry(one) for one in seen}
    carried = {
        suite: drawn
        for suite, (design, drawn) in found.items()
        if suite in designs and np.array_equal(design.order, designs[suite].order) and len(drawn.order)
    }
    test = JointTest(policy, list(designs.values()))
    judge_early(test, carried)
    if not any(test.seen[suite] < len(one.order) and not test.is_over(suite) for suite, one in designs.items()):
        carried = {}
    test = JointTest(policy, list(designs.values()))
    pilots = {
        part.plan.suite: SuitePilot(
            test, part.plan, designs[part.plan.suite].order, policy, carried.get(part.plan.suite)
        )
        for part in parts
    }
    return replace(course, test=test, pilots=pilots, carried=carried)


def with_carried(evidence: Evidence, carried: Drawn | None) -> Evidence:
    """What a run says, with what an earlier attempt carried over."""
    if carried is None:
        return evidence
    found = replace(evidence, candidate=joined(evidence.candidate, carried.units))
    if carried.base is None or evidence.baseline is None:
        return found
    return replace(found, baseline=joined(evidence.baseline, carried.base))


async def run_suites(
    house: House, policy: GatePolicy, plans: Sequence[SuitePlan], watcher: Watcher | None, course: Course | None = None
) -> Ran:
    """Run the suites one after the other within the gate's money and time; earlier attempts do not count to them."""
    course = course or Course(house.new_id())
    left, done = policy.max_cost, list[tuple[Run, ...]]()
    try:
        async with asyncio.timeout(None if policy.max_minutes is None else policy.max_minutes * 60):
            for plan in plans:
                before = await spent_on(house, course.known.get(plan.suite, ()))
                finished = await _run_one(house, replace(plan, max_cost=left), course, watcher)
                done.append(finished.runs)
                if finished.stopped is not None:
                    return _ran(done, str(finished.stopped))
                if course.is_held:
                    break
                if left is not None:
                    left -= await spent_on(house, finished.runs) - before
    except TimeoutError:
        found = _by_suite(await house.store.facts.runs(1000, RunsWanted(group=course.group)))
        why = f"time: {policy.max_minutes:g} minutes were not enough to run the suites"
        return _ran([found[plan.suite] for plan in plans if plan.suite in found], why)
    return _ran(done)


def _ran(done: Sequence[tuple[Run, ...]], stopped: str = "") -> Ran:
    return Ran(tuple(runs[0] for runs in done), stopped, tuple(run for runs in done for run in runs[1:]))


async def _run_one(house: House, plan: SuitePlan, course: Course, watcher: Watcher | None) -> Finished:
    known, pilot = course.known.get(plan.suite), course.pilots.get(plan.suite)
    if known is None:
        if pilot is not None and pilot.carried is not None:
            pilot.recall(pilot.carried, ())
        return await run_plan(house, plan, course.group, watcher, pilot)
    if pilot is not None:
        await _recall(house, known, pilot)
    if known[0].status == "done" or (pilot is not None and pilot.test.is_over(plan.suite)):
        return Finished(known)
    limit = None if plan.max_cost is None else plan.max_cost + await spent_on(house, known)
    return await resume(house, f"run:{known[0].id}", limit, watcher, pilot)


async def _recall(house: House, runs: Sequence[Run], pilot: SuitePilot) -> None:
    """Show the pilot what the store holds of a suite's runs."""
    units = [await units_of(house, run, pilot.policy) for run in runs]
    evidence = Evidence(runs[0].suite, units[0], units[1] if len(units) > 1 else None)
    drawn = Part(pilot.plan, with_carried(evidence, pilot.carried), len(units) > 1).drawn(pilot.order)
    known = set(drawn.order.tolist())
    rows: list[tuple[TrialRow, int]] = []
    for arm, run in enumerate(runs):
        beyond = [at for at in sorted(await house.store.facts.finished(run.id)) if pilot.unit(at[0]) not in known]
        rows += [(row, arm) for at in beyond if (row := await house.store.facts.trial(run.id, *at)) is not None]
    pilot.recall(drawn, rows)
