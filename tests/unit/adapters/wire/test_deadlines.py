"""Limits of many waits by one timer: each ends at its own time, and nobody else's cancellation is taken for one."""

import asyncio

import pytest

from foretell.adapters.wire.deadlines import Deadlines
from tests.unit.adapters.execution.virtual import now, virtually


async def wait(deadlines: Deadlines, limit: float, nap: float) -> tuple[str, float]:
    """How a nap within a limit ends, and when."""
    try:
        with deadlines.within(limit):
            await asyncio.sleep(nap)
    except TimeoutError:
        return "late", now()
    return "done", now()


def test_each_ends_at_its_own_time() -> None:
    async def work() -> list[tuple[str, float]]:
        deadlines = Deadlines()
        limits = [(5.0, 1.0), (5.0, 9.0), (2.0, 9.0), (60.0, 9.0), (5.0, 5.5)]
        return await asyncio.gather(*(wait(deadlines, *limit) for limit in limits))

    assert virtually(work()) == [("done", 1.0), ("late", 5.0), ("late", 2.0), ("done", 9.0), ("late", 5.0)]


def test_a_later_wait_is_minded_after_an_earlier_one_is_over() -> None:
    async def work() -> list[tuple[str, float]]:
        deadlines = Deadlines()
        return [await wait(deadlines, 5.0, nap) for nap in (1.0, 3.0, 9.0)]

    assert virtually(work()) == [("done", 1.0), ("done", 4.0), ("late", 9.0)]


def test_whoever_is_cancelled_is_not_late() -> None:
    async def work() -> bool:
        task = asyncio.create_task(wait(Deadlines(), 5.0, 9.0))
        await asyncio.sleep(1.0)
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled()

    assert virtually(work())


def test_whoever_is_cancelled_in_the_moment_of_the_end_stays_cancelled() -> None:
    async def work() -> None:
        task = asyncio.create_task(wait(Deadlines(), 5.0, 9.0))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_at(5.0, task.cancel)
        with pytest.raises(asyncio.CancelledError):
            await task

    virtually(work())
