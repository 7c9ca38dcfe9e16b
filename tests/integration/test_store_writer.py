"""The thread that writes: what goes first, what is committed when, and what it costs nobody."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Connection

from foretell.adapters.store.sqlite import open_file
from foretell.adapters.store.writer import HELD_SECONDS, ROWS_AHEAD, Writer


@dataclass(frozen=True)
class Numbered:
    number: int
    size: int = 1


@dataclass
class Log:
    """A stream that writes down what happens instead of storing it; it stops at the gate before the first rows."""

    gate: threading.Event = field(default_factory=threading.Event)
    said: list[str | int] = field(default_factory=list)
    is_waiting: bool = False

    def store(self, connection: Connection, rows: Sequence[Numbered]) -> None:
        assert connection.in_transaction()
        self.is_waiting = True
        self.gate.wait(30)
        self.said += [row.number for row in rows]

    def forget(self) -> None:
        self.said.append("forgotten")

    def saying(self, what: str) -> str:
        self.said.append(what)
        return what


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
async def writer(log: Log, tmp_path: Path) -> AsyncIterator[Writer[Numbered]]:
    database = open_file(tmp_path / "store.db")
    made = Writer(database, log)
    yield made
    log.gate.set()
    await asyncio.to_thread(made.close)
    database.close()


def rows(count: int) -> list[Numbered]:
    return [Numbered(number) for number in range(count)]


async def test_what_a_person_waits_for_goes_before_rows_that_wait(writer: Writer[Numbered], log: Log) -> None:
    await writer.add(rows(3_000))
    flush = asyncio.create_task(writer.flush())
    bulk = asyncio.create_task(writer.write(lambda _: log.saying("bulk"), is_urgent=False))
    person = asyncio.create_task(writer.write(lambda _: log.saying("person")))
    await asyncio.sleep(0)  # all three are queued now
    log.gate.set()
    assert await asyncio.gather(person, bulk, flush) == ["person", "bulk", None]
    assert [said for said in log.said if isinstance(said, int)] == list(range(3_000))
    assert log.said.index("person") <= 1_000
    assert log.said.index("person") < log.said.index("bulk") < 3_000


async def test_a_transaction_of_rows_ends_when_its_time_is_over(writer: Writer[Numbered], log: Log) -> None:
    await writer.add(rows(900))
    person = asyncio.create_task(writer.flush())
    await asyncio.sleep(0)
    time.sleep(2 * HELD_SECONDS)  # noqa: ASYNC251 - the thread is at the gate, holding the lock for too long
    urgent = asyncio.create_task(writer.write(lambda _: log.saying("person")))
    await asyncio.sleep(0)
    log.gate.set()
    await asyncio.gather(person, urgent)
    assert log.said.index("person") <= 200


async def test_rows_are_committed_soon_though_nobody_flushes(writer: Writer[Numbered], log: Log) -> None:
    log.gate.set()
    await writer.add(rows(3))
    async with asyncio.timeout(20):
        while log.said != [0, 1, 2]:  # noqa: ASYNC110 - only the thread changes it
            await asyncio.sleep(0.005)


async def test_a_flush_that_is_given_up_hurts_nobody(writer: Writer[Numbered], log: Log) -> None:
    await writer.add(rows(3))
    given_up = asyncio.create_task(writer.flush())
    work_given_up = asyncio.create_task(writer.write(lambda _: log.saying("given up")))
    await asyncio.sleep(0)
    given_up.cancel()
    work_given_up.cancel()
    log.gate.set()
    await asyncio.gather(given_up, work_given_up, return_exceptions=True)
    await writer.flush()
    assert await writer.write(lambda _: log.saying("next")) == "next"
    assert [said for said in log.said if said != "given up"] == [0, 1, 2, "next"]


async def test_work_that_was_given_up_before_it_began_is_not_done(writer: Writer[Numbered], log: Log) -> None:
    await writer.add(rows(1))
    flush = asyncio.create_task(writer.flush())
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        while not log.is_waiting:  # noqa: ASYNC110 - only the thread changes it
            await asyncio.sleep(0.001)
    given_up = asyncio.create_task(writer.write(lambda _: log.saying("given up")))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    log.gate.set()
    await flush
    assert await writer.write(lambda _: log.saying("next")) == "next"
    assert log.said == [0, "next"]


async def test_adding_waits_while_very_many_rows_are_queued(writer: Writer[Numbered], log: Log) -> None:
    await asyncio.wait_for(writer.add(rows(ROWS_AHEAD)), 20)
    further = asyncio.create_task(writer.add([Numbered(ROWS_AHEAD)]))
    done, _ = await asyncio.wait({further}, timeout=0.05)
    assert not done
    log.gate.set()
    await asyncio.wait_for(further, 20)
    await writer.flush()
    assert log.said == list(range(ROWS_AHEAD + 1))


async def test_work_that_raises_tells_only_its_owner(writer: Writer[Numbered], log: Log) -> None:
    log.gate.set()
    with pytest.raises(ZeroDivisionError):
        await writer.write(lambda _: 1 // 0)
    assert await writer.write(lambda _: log.saying("next")) == "next"
