"""The local executor: structured async in this process, worker processes for isolated targets."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice

from foretell.adapters.execution.boundary import Boundaries
from foretell.adapters.execution.child import Child
from foretell.adapters.execution.crew import Crew
from foretell.adapters.execution.feed import Feed
from foretell.adapters.execution.purse import Purse
from foretell.adapters.execution.quotes import Quote, quote
from foretell.adapters.execution.trial import perform, score
from foretell.adapters.execution.workers import Workers
from foretell.core import plugins
from foretell.core.domain.runs import Arm
from foretell.core.domain.trial import LATE, TrialRecord, TrialTask
from foretell.core.errors import ConfigurationError, ForetellError, NotEnoughEvidence, Problem, RunFailed
from foretell.core.ports.execution import Workload

UNREAD = 64
"""Finished trials that may wait to be read before no new ones are started."""
AWAITING = 128
"""Trials of a target that may wait for their traces while others ask it."""
CONNECTIONS = 64
"""Connections kept for what is neither an arm nor its retries: judges, simulated users, embedders."""


@dataclass
class LocalExecutor:
    """Runs workloads here. `secret` gives a secret by name; `root` is the project's folder.

    `declared` tells people where a target stands, by its name.
    """

    secret: Callable[[str], str | None]
    root: str = "."
    declared: Mapping[str, str] = field(default_factory=dict[str, str])

    async def run(self, workload: Workload) -> AsyncGenerator[TrialRecord]:
        """See the port. Leaving the iterator ends every call and process that it started.

        Cancelled, it ends them too, but first hands over what had finished and nobody had read: it is paid for.
        """
        shift = Shift(workload, self._crew(workload))
        try:
            try:
                await shift.open(self.root)
            except ForetellError as error:
                raise self._placed(error) from error
            crowd = asyncio.create_task(shift.work())
            crowd.add_done_callback(lambda _: shift.tray.wake())
            try:
                while (record := await shift.tray.take(crowd)) is not None:
                    yield record
                await _ended(crowd)
            except asyncio.CancelledError:
                await _dismiss(crowd)
                for record in shift.tray.rest():
                    yield record
                raise
            finally:
                await _dismiss(crowd)
        finally:
            await shift.aclose()
        shift.purse_or_raise()
        shift.boundaries.struck_or_raise()

    async def most(self, arm: Arm, tasks: Iterable[TrialTask]) -> float | None:
        """See the port: tokens × price, for models that nothing else is asked beside."""
        if arm.is_isolated:
            return None
        crew = self._crew(Workload((arm,), ()))
        total = 0.0
        try:
            for task in tasks:
                price = quote(task, crew)
                if price.at_most is None or price.is_judged:
                    return None
                total += price.at_most
        finally:
            await crew.aclose()
        return total

    def _crew(self, workload: Workload) -> Crew:
        connections = CONNECTIONS + sum(arm.limits.concurrency for arm in workload.arms)
        limits = {arm.target.name: arm.limits for arm in workload.arms}
        roots = {name: place.folder for name, place in workload.places.items()}
        return Crew(plugins.build("wires", "http", {"limit": connections}), self.secret, self.root, limits, roots)

    def _placed(self, error: ForetellError) -> ForetellError:
        """The error with the place in the project file of the target that it is about."""
        for name, place in self.declared.items():
            error = error.moved(f"target '{name}'", place)
        return error


async def _ended(crowd: asyncio.Task[None]) -> None:
    """Raise what a hand met, alone rather than in a group of one.

    Raises:
        RunFailed: a target that was live could not be made live again.
    """
    try:
        await crowd
    except BaseExceptionGroup as group:
        first = group.exceptions[0]
        if isinstance(first, ForetellError):
            raise RunFailed(*first.problems) from first
        raise first from None


async def _dismiss(crowd: asyncio.Task[None]) -> None:
    """End the crowd, whatever it was doing."""
    crowd.cancel()
    await asyncio.wait({crowd})
    if not crowd.cancelled():
        crowd.exception()  # told before, or of no interest to one who leaves; asyncio would print it otherwise


@dataclass
class Tray:
    """Finished trials on their way from many hands to one reader."""

    _records: deque[TrialRecord] = field(default_factory=deque[TrialRecord])
    _has_news: asyncio.Event = field(default_factory=asyncio.Event)
    _has_room: asyncio.Event = field(default_factory=asyncio.Event)

    async def put(self, record: TrialRecord) -> None:
        """Leave a record; wait while too many are unread."""
        self._records.append(record)
        self._has_news.set()
        while len(self._records) >= UNREAD:
            self._has_room.clear()
            await self._has_room.wait()

    async def take(self, crowd: asyncio.Task[None]) -> TrialRecord | None:
        """The next record, None when the crowd has ended and all are read."""
        while not self._records:
            if crowd.done():
                return None
            self._has_news.clear()
            await self._has_news.wait()
        self._has_room.set()
        return self._records.popleft()

    def rest(self) -> list[TrialRecord]:
        """All that is unread."""
        found = list(self._records)
        self._records.clear()
        return found

    def wake(self) -> None:
        """Let the reader look whether the crowd has ended."""
        self._has_news.set()


@dataclass
class Pace:
    """When tasks are due: so many seconds after the first of them was waited for."""

    _began: float | None = None

    async def wait(self, due_s: float) -> None:
        """Until a task is due; not at all when it was due before."""
        if (ahead := -self._since(due_s)) > 0:
            await asyncio.sleep(ahead)

    def late(self, due_s: float) -> float:
        """Seconds since a task was due, to the millisecond."""
        return round(max(0.0, self._since(due_s)), 3)

    def _since(self, due_s: float) -> float:
        now = asyncio.get_running_loop().time()
        self._began = now if self._began is None else self._began
        return now - self._began - due_s


@dataclass
class Shift:
    """One workload being worked off."""

    workload: Workload
    crew: Crew
    boundaries: Boundaries = field(default_factory=Boundaries)
    tray: Tray = field(default_factory=Tray)
    pace: Pace = field(default_factory=Pace)
    purse: Purse = field(init=False)
    feed: Feed = field(init=False)
    workers: dict[str, Workers] = field(default_factory=dict[str, Workers])
    hands: dict[str, int] = field(default_factory=dict[str, int])
    """More hands than trials at once, for targets whose trials wait for their traces after the answer."""

    def __post_init__(self) -> None:
        self.purse = Purse(self.workload.max_cost, self.workload.spent)

    async def open(self, root: str) -> None:
        """Make every arm live, and what its first task needs beside it, before anything is asked.

        Raises:
            ForetellError: one of them cannot be.
        """
        for given in self.workload.arms:
            arm = await self.boundaries.behind(given)
            if arm.is_isolated:
                self.workers[arm.target.name] = self._workers(arm, root)
                await self.workers[arm.target.name].open()
                is_traced = bool(arm.target.params.get("traces"))
            else:
                self.crew.target(arm.target)
                is_traced = await self.crew.receiver(arm.target) is not None
            if is_traced:
                self.hands[arm.target.name] = arm.limits.concurrency + AWAITING
        widths = {arm.target.name: self._width(arm) for arm in self.workload.arms}
        tasks = iter(self.workload.tasks)
        first = tuple(islice(tasks, 1))
        for task in first:
            self.crew.prepare(task)
        self.feed = Feed(chain(first, tasks), widths)

    def _width(self, arm: Arm) -> int:
        return self.hands.get(arm.target.name, arm.limits.concurrency)

    def _workers(self, arm: Arm, root: str) -> Workers:
        place = self.workload.places.get(arm.target.name)
        return Workers(arm, root) if place is None else Workers(arm, place.folder, partial(Child.start, checkout=place))

    async def work(self) -> None:
        """All arms at once, each as wide as its concurrency."""
        async with asyncio.TaskGroup() as group:
            for arm in self.workload.arms:
                for _ in range(self._width(arm)):
                    group.create_task(self._hand(arm))

    async def _hand(self, arm: Arm) -> None:
        while (task := await self.feed.next(arm.target.name)) is not None:
            if task.due_s is not None:
                await self.pace.wait(task.due_s)
            is_priced = self.purse.limit is not None and arm.target.name not in self.workers
            reserved = await self.purse.reserve(arm, quote(task, self.crew) if is_priced else Quote())
            if reserved is None:
                self.feed.close()
                return
            late = None if task.due_s is None else self.pace.late(task.due_s)
            record = await self._record(task)
            if late is not None:
                record.outcome = replace(record.outcome, metadata={**record.outcome.metadata, LATE: late})
            self.purse.settle(arm, reserved, record)
            await self.tray.put(record)

    async def _record(self, task: TrialTask) -> TrialRecord:
        workers = self.workers.get(task.target.name)
        if workers is None:
            return await perform(task, self.crew)
        if not self.workload.places:
            return await workers.perform(task)
        # The project's own scorers may lie in the application's package, of which a worker of a checkout has the old
        # one: all sides are scored here, by the same code.
        return await score(task, await workers.perform(replace(task, scorers=())), self.crew)

    def purse_or_raise(self) -> None:
        """Say so when the money, or what is known of it, ended the shift.

        Raises:
            ConfigurationError: nobody knows what a trial costs.
            NotEnoughEvidence: the money is spent.
        """
        if self.purse.is_blind:
            what = "neither the target nor the models that judge it say what all of a trial costs."
            hint = (
                "Give models and embedders a price, or the target max_cost_per_trial, or leave out the limit on money."
            )
            raise ConfigurationError(Problem("max_cost", what, hint))
        if self.purse.is_empty:
            what = f"{self.purse.spent:.4g} of {self.purse.limit:.4g} were spent; the rest is not enough for a trial."
            raise NotEnoughEvidence(Problem("max_cost", what, "Resume the run with a higher limit."))

    async def aclose(self) -> None:
        """End processes and connections."""
        for workers in self.workers.values():
            await workers.aclose()
        await self.crew.aclose()
        await self.boundaries.aclose()
