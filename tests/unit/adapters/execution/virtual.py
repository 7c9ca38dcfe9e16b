"""An event loop whose time is made up: waiting takes none, and waiting for what never comes is an error."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class NobodyWakesUp(AssertionError):
    """Every task waits for another one."""


class _Jump(selectors.DefaultSelector):
    """Skips the time until the next timer instead of sleeping through it."""

    skipped = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if timeout is None and not ready:
            raise NobodyWakesUp
        if not ready and timeout is not None:
            self.skipped += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Begins at second 0 and moves only when everybody waits."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.skipped


def virtually(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in made-up time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def now() -> float:
    """Seconds since the made-up beginning."""
    return asyncio.get_running_loop().time()
