"""The one thread that writes, with the one connection that does.

What people wait for comes first: `urgent` work, then other work, then the stream of rows. A transaction of the last two
is held for about 20 ms at most and followed by a pause as long as it was held, so that writers in other processes
get their turn. The stream is committed about every 20 ms, at once when somebody flushes.

When the stream cannot be stored its rows stay, and every further `add` raises the reason; `flush` tries again.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from foretell.adapters.store.database import Database
from foretell.adapters.store.faults import in_our_words
from foretell.core.errors import ForetellError, RunFailed

T = TypeVar("T")

HELD_SECONDS: Final = 0.015  # no further piece of work is begun after this, so that 20 ms are seldom passed
LONGEST_REST: Final = 0.1  # after a slow disk, or no lock at all
COMMIT_SECONDS: Final = 0.02
ROWS_AT_ONCE: Final = 100  # rows of the stream between two looks at the clock
BYTES_AT_ONCE: Final = 1_000_000
WORK_AT_ONCE: Final = 16
ROWS_AHEAD: Final = 5_000  # a caller waits once more are queued
BYTES_AHEAD: Final = 32_000_000


class Row(Protocol):
    """A row of the stream. `size` is about its bytes in memory."""

    @property
    def size(self) -> int:
        """About its bytes in memory."""
        ...


R = TypeVar("R", bound=Row)
R_contra = TypeVar("R_contra", bound=Row, contravariant=True)


class Stream(Protocol[R_contra]):
    """What the writer does with the stream's rows, in its thread."""

    def store(self, connection: Connection, rows: Sequence[R_contra]) -> None:
        """Insert rows in the transaction that is open."""
        ...

    def forget(self) -> None:
        """The transaction was undone: nothing that was read or made in it counts."""
        ...


@dataclass(frozen=True, slots=True)
class _Work:
    """A piece of writing, with whoever waits for what it returns."""

    call: Callable[[Connection], Any]
    future: "Future[Any]"
    is_durable: bool


class Writer(Generic[R]):
    """Queues of work and rows, and the thread that empties them."""

    def __init__(self, database: Database, stream: Stream[R]) -> None:
        self._database = database
        self._stream = stream
        self._changed = threading.Condition()
        # All below is read and changed only while `_changed` is held, but for `_taken` and `_begun`, the thread's own.
        self._urgent: deque[_Work] = deque()
        self._work: deque[_Work] = deque()
        self._rows: deque[R] = deque()
        self._taken: list[R] = []
        self._begun = 0.0
        self._bytes = 0
        self._accepted = self._stored = 0
        self._flushes: list[tuple[int, Future[None]]] = []
        self._crowd: list[Future[None]] = []
        self._error: ForetellError | None = None
        self._due = 0.0
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="foretell-write", daemon=True)
        self._thread.start()

    async def write(self, call: Callable[[Connection], T], *, is_urgent: bool = True, is_durable: bool = True) -> T:
        """Run `call` in a transaction and return what it returns, once that is committed.

        `is_durable` says that the commit must survive a power cut, not only the end of the process.

        Raises:
            RunFailed: the database did not take it.
        """
        future: Future[T] = Future()
        with self._changed:
            self._must_be_open()
            (self._urgent if is_urgent else self._work).append(_Work(call, future, is_durable))
            self._changed.notify()
        return await asyncio.wrap_future(future)

    async def add(self, rows: Sequence[R]) -> None:
        """Queue rows of the stream; wait only while very many are queued.

        Raises:
            ForetellError: rows that were added before could not be stored; these were not taken.
        """
        room: Future[None] | None = None
        with self._changed:
            self._must_be_open()
            if self._error is not None:
                raise _again(self._error)
            is_asleep = not self._rows  # else the thread wakes by itself, when the rows are due
            if is_asleep:
                self._due = time.monotonic() + COMMIT_SECONDS
            self._rows.extend(rows)
            self._accepted += len(rows)
            self._bytes += sum(row.size for row in rows)
            if self._is_crowded():
                room = Future()
                self._crowd.append(room)
            if is_asleep or room is not None:
                self._changed.notify()
        if room is not None:
            await asyncio.wrap_future(room)

    async def flush(self) -> None:
        """Wait until every row that was added is committed.

        Raises:
            ForetellError: some could not be stored. They stay queued; the next flush tries again.
        """
        with self._changed:
            if self._stored == self._accepted:
                return
            self._must_be_open()
            done: Future[None] = Future()
            self._flushes.append((self._accepted, done))
            self._changed.notify()
        await asyncio.wrap_future(done)

    def close(self) -> None:
        """End the thread after the work that waits; rows that were not flushed may be lost."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()

    def _must_be_open(self) -> None:
        if self._is_closing:
            raise RunFailed.of(f"Store {self._database.place}", "was closed.", "Open it again to write to it.")

    def _is_crowded(self) -> bool:
        return self._accepted - self._stored > ROWS_AHEAD or self._bytes > BYTES_AHEAD

    # From here on: the thread.

    def _run(self) -> None:
        while self._wait():
            if self._urgent:
                self._do(self._urgent)
                continue
            if self._work:
                self._rest(self._do(self._work))
            if self._has_due_rows():
                self._take_rows()
                self._rest(self._store_rows())

    def _wait(self) -> bool:
        """Wait for something to do; False when there is nothing more to come."""
        with self._changed:
            while not (self._urgent or self._work or self._has_due_rows()):
                if self._is_closing:
                    return False
                is_waiting = self._rows and self._error is None
                self._changed.wait(max(0.0, self._due - time.monotonic()) if is_waiting else None)
        return True

    def _has_due_rows(self) -> bool:
        if self._flushes:
            return True
        if self._error is not None or not (self._rows or self._taken):
            return False
        return bool(self._taken) or bool(self._crowd) or self._is_closing or time.monotonic() >= self._due

    def _rest(self, seconds: float) -> None:
        """Leave the lock to others for as long as it was held, unless a person's write comes."""
        with self._changed:
            self._changed.wait_for(lambda: self._urgent or self._is_closing, timeout=min(seconds, LONGEST_REST))

    def _do(self, queue: deque[_Work]) -> float:
        """Do some of the queued work in one transaction; seconds that the lock was held."""
        with self._changed:
            batch = [queue.popleft() for _ in range(min(len(queue), WORK_AT_ONCE))]
        batch = [work for work in batch if work.future.set_running_or_notify_cancel()]
        if not batch:
            return 0.0
        for left in self._do_together(batch):  # only after one of them raised: the others must not suffer from it
            self._do_together([left])
        return time.monotonic() - self._begun

    def _do_together(self, batch: list[_Work]) -> list[_Work]:
        """Do the work in one transaction. Returns what must be done again, each piece alone."""
        results: list[Any] = []
        try:
            with self._transaction(any(work.is_durable for work in batch)) as connection:
                results = [work.call(connection) for work in batch]
        except DBAPIError as error:
            for work in batch:
                work.future.set_exception(in_our_words(error, self._database.place))
        except Exception as error:  # noqa: BLE001 - whoever asked for the work gets what it raised
            if len(batch) > 1:
                return batch
            batch[0].future.set_exception(error)
        else:
            for work, result in zip(batch, results, strict=True):
                work.future.set_result(result)
        return []

    @contextmanager
    def _transaction(self, is_durable: bool) -> Generator[Connection]:
        with self._database.writing.connect() as connection:
            self._database.set_durable(connection, is_durable)
            with connection.begin():
                self._begun = time.monotonic()  # the wait for the lock is over
                self._database.check()
                yield connection

    def _take_rows(self) -> None:
        """Move some rows from the queue to the thread's own list."""
        fresh: list[R] = []
        with self._changed:
            size = 0
            while self._rows and len(self._taken) + len(fresh) < 10 * ROWS_AT_ONCE and size < BYTES_AT_ONCE:
                fresh.append(self._rows.popleft())
                size += fresh[-1].size
            self._bytes -= size
        self._taken += fresh

    def _store_rows(self) -> float:
        """Store what was taken, as far as the time allows; seconds that the lock was held."""
        stored = 0
        try:
            with self._transaction(is_durable=False) as connection:
                while stored < len(self._taken) and time.monotonic() - self._begun < HELD_SECONDS:
                    rows = self._taken[stored : stored + ROWS_AT_ONCE]
                    self._stream.store(connection, rows)
                    stored += len(rows)
        except DBAPIError as error:
            self._fail(in_our_words(error, self._database.place))
        except ForetellError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - the thread must live, and whoever flushes must hear of it
            self._fail(RunFailed.of(f"Store {self._database.place}", f"could not store trials: {error!r}."))
        else:
            del self._taken[:stored]
            self._succeed(stored)
        return time.monotonic() - self._begun

    def _fail(self, error: ForetellError) -> None:
        self._stream.forget()
        with self._changed:
            self._error = error
            waiting = [future for _, future in self._flushes] + self._crowd
            self._flushes, self._crowd = [], []
        for future in waiting:
            _settle(future, _again(error))

    def _succeed(self, stored: int) -> None:
        with self._changed:
            self._error = None
            self._stored += stored
            self._due = time.monotonic() + COMMIT_SECONDS
            done = [future for mark, future in self._flushes if mark <= self._stored]
            self._flushes = [(mark, future) for mark, future in self._flushes if mark > self._stored]
            if not self._is_crowded():
                done += self._crowd
                self._crowd = []
        for future in done:
            _settle(future)


def _settle(future: "Future[None]", error: ForetellError | None = None) -> None:
    with suppress(InvalidStateError):  # whoever waited was cancelled
        future.set_result(None) if error is None else future.set_exception(error)


def _again(error: ForetellError) -> ForetellError:
    """The same error as a new object: one that is raised twice would gather both tracebacks."""
    return type(error)(*error.problems)
