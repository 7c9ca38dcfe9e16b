"""Run suites: plan → execute → conclude → store, with progress, and resume what was cut short."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from foretell.core import plugins
from foretell.core.analysis.runs.success import rulebook
from foretell.core.analysis.runs.weights import weights_of
from foretell.core.domain.cases import EvalSetVersion
from foretell.core.domain.runs import Arm, Run, RunStatus, SuitePlan
from foretell.core.domain.trial import Outcome, TrialError, TrialRecord
from foretell.core.errors import BadInput, ForetellError, NotEnoughEvidence, Problem
from foretell.core.ports.execution import Workload
from foretell.core.ports.facts import RunsWanted, TrialRow
from foretell.services.covering import covered_row
from foretell.services.house import House
from foretell.services.lease import leased
from foretell.services.ledger import Lateness, Ledger, Pilot
from foretell.services.traffic import anonymiser_of


class Watcher(Protocol):
    """Somebody who looks on: progress bars, logs."""

    def begin(self, plan: SuitePlan, runs: Sequence[Run], done: int) -> None:
        """A plan starts; `done` of its trials were finished before."""
        ...

    def trial(self, row: TrialRow) -> None:
        """A trial finished."""
        ...

    def end(self, plan: SuitePlan) -> None:
        """The plan is worked off, or was cut short."""
        ...


ENOUGH = "stopped early: the verdict was certain"


class Blind:
    """A watcher that does not look."""

    def begin(self, plan: SuitePlan, runs: Sequence[Run], done: int) -> None:
        """Nothing."""

    def trial(self, row: TrialRow) -> None:
        """Nothing."""

    def end(self, plan: SuitePlan) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A plan that was worked off: its runs, the target's first. `stopped` says why it ended early, if it did.

    Without the plan, whose cases take memory. `lateness` is that of the target, None without a pace.
    """

    runs: tuple[Run, ...]
    stopped: ForetellError | None = None
    lateness: Lateness | None = None


async def run_plan(
    house: House, plan: SuitePlan, group: str, watcher: Watcher | None = None, pilot: Pilot | None = None
) -> Finished:
    """Run a plan from the start.

    Raises:
        ForetellError: nothing could start, or the run itself failed.
    """
    # Unpacked once for all that looks through the cases before the first is run, and let go of then.
    whole = replace(plan, evalset=replace(plan.evalset, cases=tuple(plan.evalset.cases)))
    runs = tuple(_new_run(house, whole, arm, group, position > 0) for position, arm in enumerate(plan.arms))
    ledger = Ledger(plan, runs, rulebook(plan.scorers, plan.success, plan.modes), pilot=pilot)
    async with leased(house, runs):
        await house.store.facts.begin(runs, whole.evalset.cases)
        del whole
        return await _work_off(house, ledger, watcher or Blind())


async def resume(
    house: House,
    reference: str,
    max_cost: float | None = None,
    watcher: Watcher | None = None,
    pilot: Pilot | None = None,
) -> Finished:
    """Go on with a run and its alternatives where they were cut short. Finished trials are neither repeated nor paid.

    What they are made of is read from the store, not from the project file. `max_cost` counts what was spent before.

    Raises:
        BadInput: no such run, it is done, or it is being worked on now.
        ConfigurationError: a scorer of the run is no longer there.
    """
    first = await find_run(house, reference)
    async with leased(house, await _siblings(house, first)):
        runs = await _siblings(house, first)  # another process may have worked on them until we got the lease
        if all(run.status == "done" for run in runs):
            raise BadInput(Problem(f"run '{first.id}'", "is done: there is nothing to resume."))
        for spec in first.scorers:
            plugins.build_scorer(spec, f"run '{first.id}'")
        finished = {run.id: await house.store.facts.finished(run.id) for run in runs}
        spent = await spent_on(house, runs) if max_cost is not None else 0.0
        plan = await _plan_of(house, runs, max_cost)
        ledger = Ledger(plan, runs, rulebook(plan.scorers, plan.success, plan.modes), finished, spent, pilot)
        return await _work_off(house, ledger, watcher or Blind())


async def _siblings(house: House, first: Run) -> tuple[Run, ...]:
    """The run with those that were started beside it on the same suite, the target's first."""
    found = await house.store.facts.runs(1000, RunsWanted(group=first.group, suite=first.suite))
    return tuple(sorted(found, key=lambda run: (run.is_alternative, run.id)))


async def _plan_of(house: House, runs: Sequence[Run], max_cost: float | None) -> SuitePlan:
    first = runs[0]
    cases = tuple((await house.store.findings.cases(first.id)).values())
    return SuitePlan(
        suite=first.suite,
        layer=first.layer,
        evalset=EvalSetVersion(first.evalset, first.version, first.set_hash, cases),
        arms=tuple(run.arm for run in runs),
        scorers=first.scorers,
        success=first.success,
        modes=first.modes,
        repeats=first.repeats,
        seed=first.seed,
        max_cost=max_cost,
        user=first.user,
        max_turns=first.max_turns,
        has_live_tools=first.has_live_tools,
        pace=first.pace,
    )


async def spent_on(house: House, runs: Sequence[Run]) -> float:
    """What the stored trials of some runs cost, judging included.

    A trial of unknown cost counts as the cap that was set aside for it, and as nothing without one.
    """
    total = 0.0
    for run in runs:
        costs = (await house.store.findings.columns(run.id)).cost
        unknown = int(np.isnan(costs).sum()) * (run.arm.limits.max_cost_per_trial or 0.0)
        total += float(np.nansum(costs)) + unknown + await house.store.findings.judging_cost(run.id)
    return total


async def find_run(house: House, reference: str, beside: Run | None = None) -> Run:
    """A run by id, `run:ID`, a unique beginning of an id, `latest`, `target:NAME` or `branch:NAME`.

    The newest run of a target or of a branch is one on the eval set of the run `beside`, and another one, where that
    is given.

    Raises:
        BadInput: none, or several.
    """
    kind, colon, rest = reference.partition(":")
    if colon and kind in ("target", "branch"):
        return await _newest_of(house, kind, rest, beside)
    name = reference.removeprefix("run:")
    if name == "latest":
        newest = [run for run in await house.store.facts.runs(1000) if run.arm.fault is None]  # broken on purpose
        found = [run for run in newest if not run.is_alternative][:1] or newest[:1]
    else:
        run = await house.store.facts.run(name)
        found = await house.store.facts.runs(1000, RunsWanted(id_begins=name)) if run is None else (run,)
    if len(found) == 1:
        return found[0]
    if found:
        hint = f"Give more of it: {', '.join(run.id for run in found[:5])}."
        raise BadInput(Problem("", f"run '{name}' could be any of {len(found)}.", hint))
    newest = await house.store.facts.runs(5)
    hint = f"The newest are: {', '.join(run.id for run in newest)}." if newest else "The store holds no run yet."
    raise BadInput(Problem("", f"run '{name}' is not in the store.", hint))


async def _newest_of(house: House, kind: str, name: str, beside: Run | None) -> Run:
    """The newest run of a target or of a branch; with `beside` another one than that, on its set."""
    for run in await house.store.facts.runs(1000):
        is_other = beside is None or (run.id != beside.id and run.set_hash == beside.set_hash)
        if is_run_of(run, kind, name) and is_other:
            return run
    other = "" if beside is None else f" on {beside.evalset}@{beside.version} beside {beside.id}"
    raise BadInput(Problem("", f"the store holds no run of {kind} '{name}'{other}.", "'foretell runs' lists its runs."))


def is_run_of(run: Run, kind: str, name: str) -> bool:
    """Whether it is a run of this `target` or this `branch`, and nothing in it was broken on purpose."""
    branch = None if run.is_alternative else run.arm.fingerprints.get("branch")
    return run.arm.fault is None and name == (run.arm.target.name if kind == "target" else branch)


def _new_run(house: House, plan: SuitePlan, arm: Arm, group: str, is_alternative: bool) -> Run:
    return Run(
        id=house.new_id(),
        group=group,
        suite=plan.suite,
        layer=plan.layer,
        arm=arm,
        evalset=plan.evalset.name,
        version=plan.evalset.version,
        set_hash=plan.evalset.hash,
        scorers=plan.scorers,
        success=plan.success,
        modes=plan.modes,
        repeats=plan.repeats,
        seed=plan.seed,
        cases=len(plan.evalset.cases),
        planned=len(plan.evalset.cases) * plan.repeats,
        created_at=house.now(),
        is_alternative=is_alternative,
        user=plan.user,
        max_turns=plan.max_turns,
        currency=house.project.currency,
        has_live_tools=plan.has_live_tools,
        pace=plan.pace,
        is_weighted=weights_of(plan.evalset.cases) is not None,
        has_neighbours=any("varied_from" in case.metadata for case in plan.evalset.cases),
    )


async def _work_off(house: House, ledger: Ledger, watcher: Watcher) -> Finished:
    facts = house.store.facts
    status: RunStatus = "failed"
    note = ""
    stopped: ForetellError | None = None
    watcher.begin(ledger.plan, ledger.runs, sum(len(keys) for keys in ledger.finished.values()))
    try:
        await _execute(house, ledger, watcher)
        status, note = ("stopped", ENOUGH) if ledger.pilot is not None and ledger.pilot.has_enough else ("done", "")
    except NotEnoughEvidence as error:
        status, note, stopped = "stopped", str(error), error
    except (asyncio.CancelledError, KeyboardInterrupt):
        status, note = "stopped", "interrupted"
        raise
    except BaseException as error:
        note = f"{type(error).__name__}: {error}"
        raise
    finally:
        watcher.end(ledger.plan)
        await asyncio.shield(_close(house, ledger.runs, status, note))
    return Finished(tuple([await facts.run(run.id) or run for run in ledger.runs]), stopped, ledger.lateness)


async def _execute(house: House, ledger: Ledger, watcher: Watcher) -> None:
    plan, add = ledger.plan, house.store.facts.add
    anonymiser = anonymiser_of(house, f"suite '{plan.suite}'") if plan.layer == "behavioural" else None

    def row_of(record: TrialRecord) -> TrialRow:
        row = TrialRow(record, ledger.rules.conclude(record))
        return row if anonymiser is None else covered_row(anonymiser, row)

    places = {arm.target.name: await house.checkouts.check_out(arm.revision) for arm in plan.arms if arm.revision}
    arms = {run.id: position for position, run in enumerate(ledger.runs)}
    workload = Workload(plan.arms, ledger.tasks(), plan.max_cost, ledger.spent, places)
    async with aclosing(house.executor.run(workload)) as records:
        async for record in records:
            ledger.note(record)
            row = row_of(record)
            try:
                await add([row])
            except BadInput as error:  # a plugin gave what is not JSON: that ends its trial, not the run
                row = row_of(_unscored(record, error))
                await add([row])
            watcher.trial(row)
            if ledger.pilot is not None:
                ledger.pilot.see(row, arms[record.run])


def _unscored(record: TrialRecord, error: ForetellError) -> TrialRecord:
    return replace(record, outcome=Outcome(error=TrialError("ours", str(error)), at=record.outcome.at), scores={})


async def _close(house: House, runs: Sequence[Run], status: RunStatus, note: str) -> None:
    await house.store.facts.flush()
    for run in runs:
        await house.store.facts.end(run.id, status, note)
