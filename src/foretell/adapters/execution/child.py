"""A worker process as seen from the driver: it is asked, it may hang, it may die."""

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass, field
from typing import TypeAlias

from foretell.adapters.execution.frames import Beat, Hello, Ready, Worn, frame, read_frame
from foretell.core.domain.http_errors import excerpt
from foretell.core.domain.runs import Arm
from foretell.core.domain.trial import TrialRecord, TrialTask
from foretell.core.errors import Problem, Unreachable
from foretell.core.ports.checkouts import Checkout

START_SECONDS = 120.0
GRACE_SECONDS = 5.0
"""How long a worker may be silent before a trial that is overdue counts as a hang of the whole process."""
END_SECONDS = 2.0
"""How long a process that hung up may take to end by itself, so that its exit code can be told."""
_KEPT = 2**12  # bytes of standard error, of which the last line is told

Key: TypeAlias = tuple[str, int, int]

_QUIET = {"OTEL_SDK_DISABLED": "true"}
"""An application's own exporters send nothing while it is evaluated, unless the environment says `false`."""


class ChildDied(Exception):
    """The worker process ended while it owed records."""


class ChildHung(ChildDied):
    """The application held the interpreter past a trial's time, and the process was ended for it.

    `is_certain` says that it was this trial: no other was under way.
    """

    def __init__(self, *, is_certain: bool) -> None:
        self.is_certain = is_certain
        super().__init__("it held the interpreter and was ended")


@dataclass
class Child:
    """One live worker process and the records it owes."""

    process: asyncio.subprocess.Process
    owed: dict[Key, asyncio.Future[TrialRecord]] = field(default_factory=dict[Key, "asyncio.Future[TrialRecord]"])
    is_dead: bool = False
    is_worn: bool = False
    _heard_at: float = 0.0
    _said: bytes = b""
    _readers: list[asyncio.Task[None]] = field(default_factory=list["asyncio.Task[None]"])
    _ending: "asyncio.Task[None] | None" = None

    @classmethod
    async def start(cls, arm: Arm, root: str, checkout: Checkout | None = None) -> "Child":
        """A worker whose target is live. `root` is its project's folder, in the checkout when there is one.

        Raises:
            ForetellError: the target cannot be built; what the worker said.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "foretell.adapters.execution",  # -P: the project's files shadow none of ours
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            cwd=root, env={**_QUIET, **os.environ, **arm.environment}, start_new_session=True, limit=2**26,
        )  # fmt: skip
        child = cls(process)
        child._readers.append(asyncio.create_task(child._listen()))
        where = f"target '{arm.target.name}'"
        try:
            async with asyncio.timeout(START_SECONDS):
                ready = await child._greet(Hello(arm, root, checkout))
        except TimeoutError:
            await child.kill()
            what = f"its worker process was not ready within {START_SECONDS:g} s{child._last_line()}."
            raise Unreachable(Problem(where, what, "Import less at the top of its modules.")) from None
        except BaseException:
            await child.kill()
            raise
        if ready is None:
            await child._bury()
            raise Unreachable(Problem(where, f"its worker process did not start: {child.last_words()}"))
        if ready.error is not None:
            await child.kill()
            raise ready.error
        child._heard_at = asyncio.get_running_loop().time()
        child._readers.append(asyncio.create_task(child._collect()))
        return child

    async def _greet(self, hello: Hello) -> Ready | None:
        assert self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            await self._send(hello)
        return await read_frame(self.process.stdout)

    async def ask(self, task: TrialTask, seconds: float) -> TrialRecord:
        """The record of a task, which should come within `seconds`. A worker that is late but alive is waited for.

        Raises:
            ChildHung: it is late and says nothing; the process was ended.
            ChildDied: the process ended first.
        """
        if self.is_dead:
            raise ChildDied(self.last_words())
        future: asyncio.Future[TrialRecord] = asyncio.get_running_loop().create_future()
        self.owed[task.key] = future
        try:
            await self._send(task)
            patience = seconds
            while not (await asyncio.wait((future,), timeout=patience))[0]:
                patience = GRACE_SECONDS
                if asyncio.get_running_loop().time() - self._heard_at > GRACE_SECONDS:
                    del self.owed[task.key]
                    hang = ChildHung(is_certain=not self.owed)
                    await self.kill()
                    raise hang
            return future.result()
        except (BrokenPipeError, ConnectionResetError) as error:
            await self._bury()
            raise ChildDied(self.last_words()) from error
        finally:
            self.owed.pop(task.key, None)

    async def _send(self, value: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(frame(value))
        await self.process.stdin.drain()

    async def _collect(self) -> None:
        assert self.process.stdout is not None
        while isinstance(said := await read_frame(self.process.stdout), TrialRecord | Beat | Worn):
            self._heard_at = asyncio.get_running_loop().time()
            self.is_worn = self.is_worn or isinstance(said, Worn)
            if isinstance(said, TrialRecord):
                future = self.owed.get((said.run, said.case_no, said.repeat))
                if future is not None and not future.done():
                    future.set_result(said)
        await self._bury()

    async def _listen(self) -> None:
        assert self.process.stderr is not None
        while chunk := await self.process.stderr.read(2**16):
            self._said = (self._said + chunk)[-_KEPT:]

    def last_words(self) -> str:
        """How the process ended and the last line that it wrote to standard error."""
        code = self.process.returncode
        return f"{'it did not end' if code is None else f'it ended {how(code)}'}{self._last_line()}"

    def _last_line(self) -> str:
        lines = self._said.decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"; last line on standard error: {excerpt(last, 300)}" if last else ""

    async def _bury(self) -> None:
        """The process hung up: let it end by itself if it does so soon, so that its own exit code is known."""
        self.is_dead = True
        for _ in range(int(END_SECONDS / 0.01)):  # asyncio's own wait would wait for whoever holds the pipes, too
            if self.process.returncode is not None:
                break
            await asyncio.sleep(0.01)
        await self.kill()

    async def kill(self) -> None:
        """End the process and all that it started. What it owes fails with ChildDied. Doing it again does nothing."""
        self.is_dead = True
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await self.process.wait()
        # What left the session may hold the pipes for as long as it likes, and asyncio would wait for it.
        self.process._transport.close()  # type: ignore[attr-defined] # noqa: SLF001 # no public way to close them
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        for future in self.owed.values():
            if not future.done():
                future.set_exception(ChildDied(self.last_words()))


def how(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"with exit code {code}"
    with contextlib.suppress(ValueError):
        return f"by signal {signal.Signals(-code).name}"
    return f"by signal {-code}"
