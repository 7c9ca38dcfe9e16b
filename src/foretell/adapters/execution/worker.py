"""The worker program: `python -m foretell.adapters.execution`. Tasks come in, records go out, see `frames`.

Standard input and output belong to the driver. The application gets an empty input, and what it prints goes to
standard error.
"""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import BinaryIO, NoReturn

from foretell.adapters.execution.crew import Crew
from foretell.adapters.execution.frames import BEAT_SECONDS, Beat, Hello, Ready, Worn, frame, read_frame
from foretell.adapters.execution.imports import check_origins, paths_in
from foretell.adapters.execution.trial import failed, perform
from foretell.core import plugins
from foretell.core.domain.trial import TrialError, TrialTask
from foretell.core.errors import ForetellError

_PR_SET_PDEATHSIG = 1


@dataclass
class Desk:
    """One worker at work: the crew, the way out, and what is in hand."""

    crew: Crew
    out: BinaryIO
    is_worn: bool = False
    running: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def serve(self, stream: asyncio.StreamReader) -> None:
        """Answer tasks until the driver hangs up."""
        self._keep(self._beat())
        while (task := await read_frame(stream)) is not None:
            self._keep(self._one(task))

    def say(self, value: object) -> None:
        """Send one value at once."""
        self.out.write(frame(value))
        self.out.flush()

    def _keep(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self.say(Beat())

    async def _one(self, task: TrialTask) -> None:
        record = await perform(task, self.crew)
        try:
            data = frame(record)
        except Exception as error:  # noqa: BLE001 # a plugin gave what cannot be sent, and the driver waits
            data = frame(failed(task, TrialError("ours", f"its result cannot be sent: {error}")))
        if not self.is_worn and getattr(self.crew.target(task.target), "is_worn", False):
            self.is_worn = True
            self.out.write(frame(Worn()))
        self.out.write(data)
        self.out.flush()


def take_over_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep the real standard input and output for frames; give the application an empty input and standard error.

    So neither its prints nor what its own child processes read or write can get between frames.
    """
    frames_in, frames_out = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return frames_in, frames_out


def end_with_driver() -> None:
    """Have the kernel end this process when the driver is no more, even while the application holds the interpreter.

    Linux only; elsewhere a worker ends when its loop sees that the driver hung up.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def leave() -> NoReturn:
    """End at once, with all that the application started: neither threads nor children keep a worker alive."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


async def main() -> None:
    """Build the target, say so, and serve. Does not return: the end of a loop would wait for threads that hang."""
    end_with_driver()
    frames_in, frames_out = take_over_streams()
    loop = asyncio.get_running_loop()
    stream = asyncio.StreamReader(limit=2**26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), frames_in)
    hello: Hello | None = await read_frame(stream)
    if hello is None:
        leave()
    loop.set_default_executor(ThreadPoolExecutor(hello.arm.limits.concurrency, thread_name_prefix="trial"))
    sys.path[:0] = [hello.root, *(paths_in(hello.checkout, sys.path) if hello.checkout else ())]
    limits = {hello.arm.target.name: hello.arm.limits}
    desk = Desk(Crew(plugins.build("wires", "http", {}), os.environ.get, hello.root, limits), frames_out)
    try:
        os.environ.update(await desk.crew.exporting(hello.arm.target))
        desk.crew.target(hello.arm.target)
        await desk.crew.receiver(hello.arm.target)
        if hello.checkout is not None:
            check_origins(hello.checkout, hello.arm.target, sys.modules)
    except ForetellError as error:
        desk.say(Ready(error))
        leave()
    desk.say(Ready())
    await desk.serve(stream)
    leave()
