"""SIGTERM as an orderly end: what is open is closed, then the command ends with 143."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class Terminated(BaseException):
    """SIGTERM came: everything is closed in order, then the process ends with 143."""


def terminate(number: int, frame: object) -> None:
    """The handler for code that does not run on an event loop.

    Raises:
        Terminated: always.
    """
    raise Terminated


@asynccontextmanager
async def terminable() -> AsyncGenerator[None]:
    """Let SIGTERM cancel the block, as Ctrl-C does, and then raise Terminated.

    A handler that raises would do so wherever the loop happens to be: inside asyncio's own bookkeeping, or in a task
    that is not ours to end. A second signal changes nothing, since whoever sends it wants the end, not a broken one.
    """
    loop, block = asyncio.get_running_loop(), asyncio.current_task()
    assert block is not None
    has_come = False

    def cancel() -> None:
        nonlocal has_come
        if not has_come:
            has_come = True
            block.cancel()

    before = signal.getsignal(signal.SIGTERM)
    loop.add_signal_handler(signal.SIGTERM, cancel)
    try:
        yield
    except asyncio.CancelledError:
        if not has_come:
            raise
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, before)
    if has_come:
        raise Terminated
