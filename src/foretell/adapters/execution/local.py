"""The local executor: structured async in this process, worker processes for isolated targets."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from foretell.adapters.execution.child import Workers
from foretell.adapters.execution.crew import Crew, crew_for
from foretell.adapters.execution.purse import Purse
from foretell.adapters.execution.trial import perform
from foretell.core import plugins
from foretell.core.domain.runs import Arm
from foretell.core.domain.trial import TrialRecord, TrialTask
from foretell.core.errors import ConfigurationError, NotEnoughEvidence, Problem
from foretell.core.ports.execution import Workload

AHEAD = 4
"""How many rounds of its concurrency one arm may run ahead of a slower one; keeps arms interleaved in time."""


@dataclass
class Feed:
    """Hands the tasks of one iterator to several arms, each in order, none far ahead of the others."""

    tasks: Iterator[TrialTask]
    arms: dict[str, Arm]
    _waiting: dict[str, deque[TrialTask]] = field(init=False)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _is_dry: bool = False

    def __post_init__(self) -> None:
        self._waiting = {name: deque() for name in self.arms}

    async def next(self, name: str) -> TrialTask | None:
        """The arm's next task, None when there are no more."""
        mine = self._waiting[name]
        while not mine:
            if self._is_dry:
                return None
            if self._is_anyone_behind(name):
                self._changed.clear()
                await self._changed.wait()
                continue
            self._pull()
        task = mine.popleft()
        self._changed.set()
        return task

    def _pull(self) -> None:
        task = next(self.tasks, None)
        if task is None:
            self._is_dry = True
            self._changed.set()
        else:
            self._waiting[task.target.name].append(task)

    def _is_anyone_behind(self, name: str) -> bool:
        return any(
            len(queue) >= AHEAD * self.arms[other].limits.concurrency
            for other, queue in self._waiting.items()
            if other != name
        )


@dataclass
class LocalExecutor:
    """Runs workloads here. `secret` gives a secret by name; `root` is the project's folder."""

    secret: Callable[[str], str | None]
    root: str = "."

    async def run(self, workload: Workload) -> AsyncGenerator[TrialRecord]:
        """See the port. Leaving the iterator ends every call and process that it started."""
        shift = Shift(workload, crew_for(workload.arms, plugins.build("wires", "http", {}), self.secret, self.root))
        await shift.open(self.root)
        crowd = asyncio.create_task(shift.work())
        crowd.add_done_callback(lambda _: shift.done.put_nowait(None))
        try:
            while (record := await shift.done.get()) is not None:
                yield record
            await crowd
        finally:
            crowd.cancel()
            with suppress(asyncio.CancelledError):
                await crowd
            await shift.aclose()
        if shift.purse.is_blind:
            hint = "Give the target max_cost_per_trial, or leave out the limit on money."
            raise ConfigurationError(Problem("max_cost", "the target does not say what a trial costs.", hint))
        if shift.is_out_of_money:
            spent = (
                f"{shift.purse.spent:.4g} of {workload.max_cost:.4g} were spent; the rest is not enough for a trial."
            )
            raise NotEnoughEvidence(Problem("max_cost", spent, "Resume the run with a higher limit."))


@dataclass
class Shift:
    """One workload being worked off."""

    workload: Workload
    crew: Crew
    done: asyncio.Queue[TrialRecord | None] = field(default_factory=lambda: asyncio.Queue(256))
    is_out_of_money: bool = False
    purse: Purse = field(init=False)
    feed: Feed = field(init=False)
    workers: dict[str, Workers] = field(default_factory=dict[str, Workers])

    def __post_init__(self) -> None:
        self.purse = Purse(self.workload.max_cost)
        self.feed = Feed(iter(self.workload.tasks), {arm.target.name: arm for arm in self.workload.arms})

    async def open(self, root: str) -> None:
        """Make every arm live before the first task.

        Raises:
            ForetellError: one of them cannot be.
        """
        try:
            for arm in self.workload.arms:
                if arm.is_isolated:
                    self.workers[arm.target.name] = Workers(arm, root)
                    await self.workers[arm.target.name].open()
                else:
                    self.crew.target(arm.target)
        except BaseException:
            await self.aclose()
            raise

    async def work(self) -> None:
        """All arms at once, each as wide as its concurrency."""
        async with asyncio.TaskGroup() as group:
            for arm in self.workload.arms:
                for _ in range(arm.limits.concurrency):
                    group.create_task(self._hand(arm))

    async def _hand(self, arm: Arm) -> None:
        workers = self.workers.get(arm.target.name)
        while not self._is_over() and (task := await self.feed.next(arm.target.name)) is not None:
            amount = await self.purse.reserve(arm)
            if amount is None or self._is_over():
                self.is_out_of_money = self.is_out_of_money or amount is None
                return
            record = await (workers.perform(task) if workers else perform(task, self.crew))
            self.purse.settle(arm, amount, record.outcome.cost_usd)
            await self.done.put(record)

    def _is_over(self) -> bool:
        return self.is_out_of_money or self.purse.is_blind

    async def aclose(self) -> None:
        """End processes and connections."""
        for workers in self.workers.values():
            await workers.aclose()
        await self.crew.aclose()
