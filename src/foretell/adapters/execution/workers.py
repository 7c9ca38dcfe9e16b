"""The worker processes of one arm."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from foretell.adapters.execution.child import GRACE_SECONDS, Child, ChildDied, ChildHung
from foretell.adapters.execution.trial import failed, turns_of
from foretell.core.domain.runs import Arm
from foretell.core.domain.trial import TrialError, TrialRecord, TrialTask


@dataclass
class Workers:
    """One worker that takes tasks, retired ones that finish what they hold, and one for what died under a trial.

    A process that dies, or that the application holds up, takes all the trials in it along, and nobody can say which of
    them it was. So each of them is tried once more, alone in a process: whichever ends that one too was the cause.
    """

    arm: Arm
    root: str
    start: Callable[[Arm, str], Awaitable[Child]] = Child.start
    _shared: Child | None = field(default=None, init=False)
    _alone: Child | None = field(default=None, init=False)
    _all: list[Child] = field(default_factory=list[Child], init=False)
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _retrying: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def open(self) -> None:
        """Start the first worker, so that what cannot work is known before the first case.

        Raises:
            ForetellError: see Child.start.
        """
        self._shared = await self._fit(self._shared)

    async def perform(self, task: TrialTask) -> TrialRecord:
        """The task's record.

        Raises:
            ForetellError: a further worker was needed and could not be started.
        """
        seconds = task.limits.timeout_s * turns_of(task) + GRACE_SECONDS
        try:
            child = self._shared
            if child is None or child.is_dead:
                async with self._starting:
                    child = self._shared = await self._fit(self._shared)
            record = await child.ask(task, seconds)
        except ChildDied as death:
            if isinstance(death, ChildHung) and death.is_certain:
                return _hung(task)
            return await self._again(task, seconds)
        if child.is_worn and self._shared is child:
            self._shared = None  # something in it may hang for ever: no new tasks for this one
        return record

    async def _again(self, task: TrialTask, seconds: float) -> TrialRecord:
        async with self._retrying:
            child = self._alone = await self._fit(self._alone)
            try:
                record = replace(await child.ask(task, seconds), attempts=2)
            except ChildHung:
                record = replace(_hung(task), attempts=2)
            except ChildDied as death:
                error = TrialError("error", f"the target's process died under it twice: {death}")
                record = replace(failed(task, error), attempts=2)
            if child.is_worn:
                self._alone = None
            return record

    async def _fit(self, child: Child | None) -> Child:
        """This worker while it is good, else a fresh one. Retired ones that owe nothing are ended on the way."""
        if child is not None and not child.is_dead:
            return child
        for idle in [one for one in self._all if one not in (self._shared, self._alone) and not one.owed]:
            self._all.remove(idle)
            await idle.kill()
        fresh = await self.start(self.arm, self.root)
        self._all.append(fresh)
        return fresh

    async def aclose(self) -> None:
        """End all of them."""
        for child in self._all:
            await child.kill()
        self._all.clear()


def _hung(task: TrialTask) -> TrialRecord:
    seconds = task.limits.timeout_s * turns_of(task)
    what = f"no answer within {seconds:g} s; it held the interpreter, and its process was ended"
    return failed(task, TrialError("timeout", what))
