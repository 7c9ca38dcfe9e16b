"""The worker program: `python -m foretell.adapters.execution`. Tasks come in, records go out, length-prefixed.

Frames on its standard input and output are a 4-byte big-endian length and a pickled value of ours; both ends are the
same installation on the same machine. What the application prints goes to standard error.
"""

import asyncio
import os
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from foretell.adapters.execution.crew import Crew
from foretell.adapters.execution.trial import perform
from foretell.core import plugins
from foretell.core.domain.runs import Arm
from foretell.core.domain.trial import TrialTask
from foretell.core.errors import ForetellError


@dataclass(frozen=True, slots=True)
class Hello:
    """The driver's first frame: the arm that this worker serves, and the project's folder."""

    arm: Arm
    root: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker's first frame: empty when the target is live, else the error that kept it from it."""

    error: ForetellError | None = None


@dataclass
class Desk:
    """One worker at work: the crew, the way out, and what is in hand."""

    crew: Crew
    out: BinaryIO
    running: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def serve(self, stream: asyncio.StreamReader) -> None:
        """Answer tasks until the driver hangs up."""
        while (frame := await read_frame(stream)) is not None:
            task = asyncio.create_task(self._one(frame))
            self.running.add(task)
            task.add_done_callback(self.running.discard)

    async def _one(self, task: TrialTask) -> None:
        write_frame(self.out, await perform(task, self.crew))


async def read_frame(stream: asyncio.StreamReader) -> Any:
    """The next value, None at the end of the stream."""
    try:
        size = int.from_bytes(await stream.readexactly(4), "big")
        return pickle.loads(await stream.readexactly(size))  # noqa: S301 # the other end is our own program
    except asyncio.IncompleteReadError:
        return None


def write_frame(out: BinaryIO, value: object) -> None:
    """Send one value at once."""
    data = pickle.dumps(value, protocol=5)
    out.write(len(data).to_bytes(4, "big") + data)
    out.flush()


def take_over_output() -> BinaryIO:
    """Keep the real standard output for frames and point the application's prints to standard error."""
    kept = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return kept


async def main() -> None:
    """Build the target, say so, and serve."""
    out = take_over_output()
    loop = asyncio.get_running_loop()
    stream = asyncio.StreamReader(limit=2**26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), sys.stdin)
    hello: Hello = await read_frame(stream)
    concurrency = hello.arm.limits.concurrency
    loop.set_default_executor(ThreadPoolExecutor(concurrency, thread_name_prefix="trial"))
    sys.path[:0] = [hello.root, *hello.paths]
    wire = plugins.build("wires", "http", {})
    crew = Crew(wire, os.environ.get, hello.root, {hello.arm.target.name: hello.arm.limits})
    try:
        crew.target(hello.arm.target)
    except ForetellError as error:
        write_frame(out, Ready(error))
        return
    write_frame(out, Ready())
    await Desk(crew, out).serve(stream)
