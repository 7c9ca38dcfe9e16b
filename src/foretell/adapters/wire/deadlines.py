"""Time limits of many short waits: one timer for all, since a timer each costs 7 % of a fast request."""

import asyncio
from types import TracebackType
from typing import Self


class Deadlines:
    """Limits for the tasks of one event loop.

    The timer is set to the earliest end that is known then. Most waits are over long before, so it rings about once in
    the time that one of them may take.
    """

    def __init__(self) -> None:
        self._waits: set[Wait] = set()
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float) -> "Wait":
        """`with deadlines.within(60):` ends what a task waits for inside after so many seconds, with TimeoutError."""
        return Wait(self, seconds)

    def add(self, wait: "Wait", loop: asyncio.AbstractEventLoop) -> None:
        """Mind this one from now on."""
        self._waits.add(wait)
        if self._timer is None or wait.ends_at < self._timer.when():
            self._ring_at(wait.ends_at, loop)

    def drop(self, wait: "Wait") -> None:
        """Mind it no more."""
        self._waits.discard(wait)

    def _ring_at(self, when: float, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(when, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for wait in [wait for wait in self._waits if wait.ends_at <= now]:
            self._waits.discard(wait)
            wait.end()
        if self._waits:
            self._ring_at(min(wait.ends_at for wait in self._waits), loop)


class Wait:
    """One of them, from its beginning to its end."""

    __slots__ = ("_cancelling", "_deadlines", "_is_over", "_task", "ends_at")

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        self._deadlines = deadlines
        self._is_over = False
        self.ends_at = seconds

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task: asyncio.Task[object] = task
        self._cancelling = task.cancelling()
        loop = task.get_loop()
        self.ends_at += loop.time()
        self._deadlines.add(self, loop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._deadlines.drop(self)
        # As in asyncio.timeout: whoever else cancelled the task meanwhile is not to be robbed of that.
        if self._is_over and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def end(self) -> None:
        """Its time is over."""
        self._is_over = True
        self._task.cancel()
