"""The time of a turn: it ends what is late, stands still when told to, and mistakes nobody else's end for its own."""

import asyncio

import pytest

from foretell.adapters.execution.patience import CHECK_SECONDS, Watch, standing_still
from tests.unit.adapters.execution.virtual import now, virtually


async def turn(watch: Watch, limit: float, *naps: float) -> float:
    """Sleep so long within a limit; the time at the end."""
    with watch.patience(limit):
        for nap in naps:
            await asyncio.sleep(nap)
    return now()


def test_what_is_in_time_is_left_alone() -> None:
    assert virtually(turn(Watch(), 10.0, 3.0, 3.0, 3.0)) == 9.0


def test_what_is_late_is_ended_soon() -> None:
    async def work() -> float:
        with pytest.raises(TimeoutError):
            await turn(Watch(), 10.0, 1e6)
        return now()

    assert 10.0 <= virtually(work()) <= 10.0 + CHECK_SECONDS


def test_each_turn_has_its_own_time() -> None:
    async def work() -> list[object]:
        watch = Watch()
        return await asyncio.gather(
            turn(watch, 2.0, 1.0), turn(watch, 2.0, 9.0), turn(watch, 20.0, 9.0), return_exceptions=True
        )

    first, second, third = virtually(work())
    assert (first, type(second), third) == (1.0, TimeoutError, 9.0)


def test_a_watch_that_nobody_needs_lets_the_loop_end() -> None:
    async def work() -> int:
        watch = Watch()
        await turn(watch, 1.0, 0.1)
        await asyncio.sleep(10)
        await turn(watch, 1.0, 0.1)
        await asyncio.sleep(10)
        return len(watch._running)

    assert virtually(work()) == 0


def test_no_time_passes_while_it_stands_still() -> None:
    async def work() -> float:
        with Watch().patience(1.0):
            for _ in range(3):
                await asyncio.sleep(0.3)
                with standing_still(), standing_still():
                    await asyncio.sleep(100)
        return now()

    assert virtually(work()) == pytest.approx(300.9)


def test_standing_still_outside_of_turns_is_nothing() -> None:
    async def work() -> float:
        with standing_still():
            await asyncio.sleep(1)
        return now()

    assert virtually(work()) == 1.0


def test_being_cancelled_by_another_is_no_timeout() -> None:
    async def work() -> tuple[bool, float]:
        task = asyncio.create_task(turn(Watch(), 10.0, 1e6))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled(), now()

    assert virtually(work()) == (True, 1.0)


def test_being_cancelled_while_late_is_being_cancelled() -> None:
    async def work() -> bool:
        async def stubborn() -> None:
            with Watch().patience(1.0):
                try:
                    await asyncio.sleep(1e6)
                finally:
                    await asyncio.sleep(5)

        task = asyncio.create_task(stubborn())
        await asyncio.sleep(3)
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled()

    assert virtually(work()) is True


def test_who_answers_late_all_the_same_is_believed() -> None:
    async def work() -> str:
        with Watch().patience(1.0):
            try:
                await asyncio.sleep(1e6)
            except asyncio.CancelledError:
                said = "here I am"
        await asyncio.sleep(1)  # the cancellation is used up
        return said

    assert virtually(work()) == "here I am"
