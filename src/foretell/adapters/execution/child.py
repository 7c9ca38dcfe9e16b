"""A worker process as seen from the driver: it is asked, it may hang, it may die."""

import asyncio
import contextlib
import os
import pickle
import signal
import sys
from collections import deque
from dataclasses import dataclass, field, replace

from foretell.adapters.execution.worker import Hello, Ready, read_frame
from foretell.core.domain.runs import Arm
from foretell.core.domain.trial import Outcome, TrialError, TrialRecord, TrialTask
from foretell.core.errors import Problem, Unreachable

START_SECONDS = 120.0
GRACE_SECONDS = 5.0


class ChildDied(Exception):
    """The worker process ended while it owed records."""


@dataclass
class Child:
    """One live worker process and the records it owes."""

    process: asyncio.subprocess.Process
    said: deque[str] = field(default_factory=lambda: deque[str](maxlen=5))
    owed: dict[tuple[str, int, int], asyncio.Future[TrialRecord]] = field(
        default_factory=dict[tuple[str, int, int], "asyncio.Future[TrialRecord]"]
    )
    is_retired: bool = False
    _readers: list[asyncio.Task[None]] = field(default_factory=list["asyncio.Task[None]"])

    @classmethod
    async def start(cls, arm: Arm, root: str) -> "Child":
        """A worker whose target is live.

        Raises:
            ForetellError: the target cannot be built; what the worker said.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "foretell.adapters.execution",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            cwd=root, start_new_session=True, limit=2**26,
        )  # fmt: skip
        child = cls(process)
        child._readers.append(asyncio.create_task(child._listen()))
        await child._send(Hello(arm, root))
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                ready = await read_frame(process.stdout)
        except TimeoutError:
            ready = None
        except BaseException:
            await child.kill()
            raise
        if isinstance(ready, Ready) and ready.error is None:
            child._readers.append(asyncio.create_task(child._collect()))
            return child
        await child.kill()
        if isinstance(ready, Ready) and ready.error is not None:
            raise ready.error
        where = f"target '{arm.target.name}'"
        raise Unreachable(Problem(where, f"its worker process did not start: {child.last_words()}"))

    async def ask(self, task: TrialTask) -> TrialRecord:
        """The record of a task.

        Raises:
            ChildDied: the process ended first.
        """
        future: asyncio.Future[TrialRecord] = asyncio.get_running_loop().create_future()
        self.owed[task.key] = future
        try:
            await self._send(task)
            return await future
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ChildDied(self.last_words()) from error
        finally:
            self.owed.pop(task.key, None)

    async def _send(self, value: object) -> None:
        assert self.process.stdin is not None
        data = pickle.dumps(value, protocol=5)
        self.process.stdin.write(len(data).to_bytes(4, "big") + data)
        await self.process.stdin.drain()

    async def _collect(self) -> None:
        assert self.process.stdout is not None
        while isinstance(record := await read_frame(self.process.stdout), TrialRecord):
            future = self.owed.get((record.run, record.case_no, record.repeat))
            if future is not None and not future.done():
                future.set_result(record)
        await self.process.wait()
        for future in self.owed.values():
            if not future.done():
                future.set_exception(ChildDied(self.last_words()))

    async def _listen(self) -> None:
        assert self.process.stderr is not None
        with contextlib.suppress(ValueError):  # a line past the limit: the next one is read again
            while line := await self.process.stderr.readline():
                self.said.append(line.decode(errors="replace").rstrip()[:300])

    def last_words(self) -> str:
        """How the process ended and the last line that it wrote to standard error."""
        code = self.process.returncode
        ended = "it is still running" if code is None else f"it ended with code {code}"
        return f"{ended}; last line on standard error: {self.said[-1]}" if self.said else ended

    async def kill(self) -> None:
        """End the process and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        for future in self.owed.values():
            if not future.done():
                future.set_exception(ChildDied(self.last_words()))


@dataclass
class Workers:
    """The worker processes of one arm: one that takes tasks, and retired ones that finish what they hold."""

    arm: Arm
    root: str
    _child: Child | None = None
    _all: list[Child] = field(default_factory=list[Child])
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def open(self) -> None:
        """Start the first worker, so that what cannot work is known before the first case.

        Raises:
            ForetellError: see Child.start.
        """
        await self._current()

    async def perform(self, task: TrialTask) -> TrialRecord:
        """The task's record. A task whose worker died under it is tried once more in a fresh one."""
        turns = 1 + (task.max_turns if task.case.goal is not None else len(task.case.turns))
        last_words = ""
        for attempt in (1, 2):
            child = await self._current()
            try:
                async with asyncio.timeout(task.limits.timeout_s * turns + GRACE_SECONDS):
                    record = await child.ask(task)
            except ChildDied as death:
                last_words = str(death)
                self._retire(child)
                continue
            except TimeoutError:
                self._retire(child)
                await child.kill()
                seconds = task.limits.timeout_s * turns
                return _failed(task, TrialError("timeout", f"no answer within {seconds:g} s; its process was ended"))
            if record.outcome.error is not None and record.outcome.error.kind == "timeout":
                self._retire(child)
            return replace(record, attempts=attempt)
        return _failed(task, TrialError("error", f"the target's process died twice: {last_words}"))

    async def _current(self) -> Child:
        async with self._lock:
            if self._child is None:
                self._child = await Child.start(self.arm, self.root)
                self._all.append(self._child)
            for child in [one for one in self._all if one.is_retired and not one.owed]:
                self._all.remove(child)
                await child.kill()
            return self._child

    def _retire(self, child: Child) -> None:
        """No new tasks for this one: a call in it hangs, or it is dead."""
        child.is_retired = True
        if self._child is child:
            self._child = None

    async def aclose(self) -> None:
        """End all of them."""
        for child in self._all:
            await child.kill()
        self._all.clear()
        self._child = None


def _failed(task: TrialTask, error: TrialError) -> TrialRecord:
    return TrialRecord(task.run, task.case_no, task.case.id, task.repeat, Outcome(error=error), {}, attempts=2)
