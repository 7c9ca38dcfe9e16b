"""The time that a target has for one turn. It stands still while we are the ones who make it wait."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Self

CHECK_SECONDS = 0.5
"""How often the running ones are looked at: one timer for all, since a timer each costs 2 % of a fast trial."""


class Watch:
    """Ends turns that are past their time, up to half a second late; made for one event loop."""

    def __init__(self) -> None:
        self._running: set[Patience] = set()
        self._timer: asyncio.TimerHandle | None = None

    def patience(self, seconds: float) -> "Patience":
        """`with watch.patience(60):` ends what runs inside after so many seconds, with TimeoutError."""
        return Patience(self, seconds)

    def add(self, one: "Patience") -> None:
        """Look at this one from now on."""
        self._running.add(one)
        if self._timer is None:
            self._timer = one.loop.call_later(CHECK_SECONDS, self._check)

    def drop(self, one: "Patience") -> None:
        """Look at it no more."""
        self._running.discard(one)

    def _check(self) -> None:
        self._timer = None
        for one in tuple(self._running):
            one.end_if_over()
        if self._running:
            self._timer = next(iter(self._running)).loop.call_later(CHECK_SECONDS, self._check)


class Patience:
    """One turn's time, see Watch. `is_over` is true once it has been ended."""

    __slots__ = ("_cancelling", "_ends_at", "_task", "_token", "_watch", "is_over", "loop", "seconds")

    def __init__(self, watch: Watch, seconds: float) -> None:
        self._watch = watch
        self.seconds = seconds
        self.is_over = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task: asyncio.Task[object] = task
        self._cancelling = task.cancelling()
        self.loop = task.get_loop()
        self._ends_at: float | None = self.loop.time() + self.seconds
        self._token: Token[Patience | None] = _present.set(self)
        self._watch.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watch.drop(self)
        self._ends_at = None  # a task that outlives the turn finds nothing to halt
        _present.reset(self._token)
        # As in asyncio.timeout: whoever else cancelled the task meanwhile is not to be robbed of that.
        if self.is_over and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def end_if_over(self) -> None:
        """Cancel the turn's task when its time is up."""
        if not self.is_over and self._ends_at is not None and self.loop.time() >= self._ends_at:
            self.is_over = True
            self._task.cancel()

    @contextmanager
    def halted(self) -> Generator[None]:
        """No time passes inside. Halting twice is halting once."""
        ends_at = self._ends_at
        if ends_at is None or self.is_over:
            yield
            return
        left = ends_at - self.loop.time()
        self._ends_at = None
        try:
            yield
        finally:
            self._ends_at = self.loop.time() + left


_present: ContextVar[Patience | None] = ContextVar("foretell_patience", default=None)


@contextmanager
def standing_still() -> Generator[None]:
    """What is waited for inside does not count against the present turn."""
    patience = _present.get()
    if patience is None:
        yield
        return
    with patience.halted():
        yield
