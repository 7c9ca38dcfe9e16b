"""The time that a target has for one turn. It stands still while we are the ones who make it wait."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Self


class Patience:
    """`async with Patience(60):` ends what runs inside after so many seconds, with TimeoutError."""

    __slots__ = ("_limit", "_seconds", "_token")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._limit: asyncio.Timeout | None = None

    async def __aenter__(self) -> Self:
        limit = asyncio.timeout(self._seconds)
        await limit.__aenter__()
        self._limit, self._token = limit, _present.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        limit, self._limit = self._limit, None  # a task that outlives the turn finds nothing to halt
        assert limit is not None
        _present.reset(self._token)
        return await limit.__aexit__(kind, error, trace)

    @contextmanager
    def halted(self) -> Generator[None]:
        """No time passes inside. Halting twice is halting once."""
        limit, loop = self._limit, asyncio.get_running_loop()
        ends_at = None if limit is None or limit.expired() else limit.when()
        if limit is None or ends_at is None:
            yield
            return
        left = ends_at - loop.time()
        limit.reschedule(None)
        try:
            yield
        finally:
            if self._limit is limit:
                limit.reschedule(loop.time() + left)


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
