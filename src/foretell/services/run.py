"""Run suites: plan → execute → conclude → store, with progress, and resume what was cut short."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from foretell.core.analysis.success import Rulebook, rulebook
from foretell.core.domain.cases import Case, EvalSetVersion
from foretell.core.domain.runs import Arm, Run, RunStatus, SuitePlan
from foretell.core.domain.trial import TrialTask
from foretell.core.domain.values import seed_of
from foretell.core.errors import BadInput, ForetellError, NotEnoughEvidence, Problem
from foretell.core.ports.execution import Workload
from foretell.core.ports.facts import TrialRow
from foretell.services.covering import covered_row
from foretell.services.house import House
from foretell.services.traffic import anonymiser_of

LEASE_SECONDS = 15.0
HEARTBEAT_SECONDS = 4.0


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
    """A plan that was worked off: its runs, the target's first. `stopped` says why it ended early, if it did."""

    plan: SuitePlan
    runs: tuple[Run, ...]
    stopped: ForetellError | None = None


@dataclass
class Ledger:
    """What is known of a plan's runs while it is worked off."""

    plan: SuitePlan
    runs: tuple[Run, ...]
    rules: Rulebook
    finished: Mapping[str, frozenset[tuple[int, int]]] = field(default_factory=dict[str, frozenset[tuple[int, int]]])

    def tasks(self) -> Iterator[TrialTask]:
        """Every trial that is not finished: repeat by repeat, case by case, the arms side by side."""
        for repeat in range(self.plan.repeats):
            for case_no, case in enumerate(self.plan.evalset.cases):
                for run in self.runs:
                    if (case_no, repeat) not in self.finished.get(run.id, frozenset()):
                        yield self._task(run, case_no, case, repeat)

    def _task(self, run: Run, case_no: int, case: Case, repeat: int) -> TrialTask:
        limits = run.arm.limits
        return TrialTask(
            run=run.id,
            case_no=case_no,
            case=case,
            repeat=repeat,
            seed=seed_of(run.seed, case.id, repeat),
            target=run.arm.target,
            scorers=run.scorers,
            limits=replace(limits.trial, allowance_usd=limits.max_cost_per_trial),
            user=run.user,
            max_turns=run.max_turns,
        )


async def run_plan(house: House, plan: SuitePlan, group: str, watcher: Watcher | None = None) -> Finished:
    """Run a plan from the start.

    Raises:
        ForetellError: nothing could start, or the run itself failed.
    """
    runs = tuple(_new_run(house, plan, arm, group, position > 0) for position, arm in enumerate(plan.arms))
    ledger = Ledger(plan, runs, rulebook(plan.scorers, plan.success, plan.modes))
    for run in runs:
        await house.store.facts.begin(run, plan.evalset.cases)
    return await _work_off(house, ledger, watcher or Blind())


async def resume(
    house: House, reference: str, max_cost: float | None = None, watcher: Watcher | None = None
) -> Finished:
    """Go on with a run and its alternatives where they were cut short. Finished trials are neither repeated nor paid.

    Raises:
        BadInput: no such run, it is done, or it is being worked on now.
    """
    first = await find_run(house, reference)
    siblings = [
        run for run in await house.store.facts.runs(1000) if run.group == first.group and run.suite == first.suite
    ]
    runs = tuple(sorted(siblings, key=lambda run: (run.is_alternative, run.id)))
    if all(run.status == "done" for run in runs):
        raise BadInput(Problem(f"run '{first.id}'", "is done: there is nothing to resume."))
    by_key = await house.store.findings.cases(first.id)
    version = EvalSetVersion(first.evalset, first.version, first.set_hash, tuple(by_key.values()))
    plan = SuitePlan(
        suite=first.suite,
        layer=first.layer,
        evalset=version,
        arms=tuple(run.arm for run in runs),
        scorers=first.scorers,
        success=first.success,
        modes=first.modes,
        repeats=first.repeats,
        seed=first.seed,
        max_cost=max_cost,
        user=first.user,
        max_turns=first.max_turns,
    )
    finished = {run.id: await house.store.facts.finished(run.id) for run in runs}
    ledger = Ledger(plan, runs, rulebook(plan.scorers, plan.success, plan.modes), finished)
    return await _work_off(house, ledger, watcher or Blind())


async def find_run(house: House, reference: str) -> Run:
    """A run by id, `run:ID`, a unique beginning of an id, or `latest`.

    Raises:
        BadInput: none, or several.
    """
    name = reference.removeprefix("run:")
    if name != "latest" and (run := await house.store.facts.run(name)) is not None:
        return run
    runs = await house.store.facts.runs(1000)
    found = [run for run in runs if name == "latest" or run.id.startswith(name)]
    if name == "latest" and found:
        return next((run for run in found if not run.is_alternative), found[0])
    if len(found) == 1:
        return found[0]
    if found:
        hint = f"Give more of it: {', '.join(run.id for run in found[:5])}."
        raise BadInput(Problem("", f"run '{name}' could be any of {len(found)}.", hint))
    hint = f"The newest are: {', '.join(run.id for run in runs[:5])}." if runs else "The store holds no run yet."
    raise BadInput(Problem("", f"run '{name}' is not in the store.", hint))


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
    )


async def _work_off(house: House, ledger: Ledger, watcher: Watcher) -> Finished:
    facts = house.store.facts
    status: RunStatus = "failed"
    note = ""
    stopped: ForetellError | None = None
    async with _leased(house, ledger.runs):
        watcher.begin(ledger.plan, ledger.runs, sum(len(keys) for keys in ledger.finished.values()))
        try:
            await _execute(house, ledger, watcher)
            status = "done"
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
    return Finished(ledger.plan, tuple([await facts.run(run.id) or run for run in ledger.runs]), stopped)


async def _execute(house: House, ledger: Ledger, watcher: Watcher) -> None:
    plan, facts = ledger.plan, house.store.facts
    anonymiser = anonymiser_of(house, f"suite '{plan.suite}'") if plan.layer == "behavioural" else None
    workload = Workload(plan.arms, ledger.tasks(), plan.max_cost)
    async with aclosing(house.executor.run(workload)) as records:
        async for record in records:
            row = TrialRow(record, ledger.rules.conclude(record))
            if anonymiser is not None:
                row = covered_row(anonymiser, row)
            await facts.add([row])
            watcher.trial(row)


async def _close(house: House, runs: Sequence[Run], status: RunStatus, note: str) -> None:
    await house.store.facts.flush()
    for run in runs:
        await house.store.facts.end(run.id, status, note)


@asynccontextmanager
async def _leased(house: House, runs: Sequence[Run]) -> AsyncGenerator[None]:
    """Hold the runs for ourselves, with a heartbeat, so that nobody resumes them meanwhile."""
    claims, holder = house.store.claims, house.new_id()
    names = [f"run:{run.id}" for run in runs]
    patience = LEASE_SECONDS + 1.0  # a process that was killed keeps its lease that long
    for name in names:
        while not await claims.acquire(name, holder, LEASE_SECONDS):
            if patience <= 0:
                hint = "Wait until it ends, or stop the process that runs it."
                raise BadInput(Problem(f"run '{name.removeprefix('run:')}'", "is being worked on now.", hint))
            patience -= 0.5
            await asyncio.sleep(0.5)

    async def beat() -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for name in names:
                await claims.acquire(name, holder, LEASE_SECONDS)

    heart = asyncio.create_task(beat())
    try:
        yield
    finally:
        heart.cancel()
        for name in names:
            await asyncio.shield(claims.release(name, holder))
