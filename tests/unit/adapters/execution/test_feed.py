"""The order in which arms get their tasks."""

import asyncio
from collections.abc import Iterator

import pytest

from foretell.adapters.execution.feed import AHEAD, Feed
from foretell.core.domain.trial import TrialTask
from tests.unit.adapters.execution.virtual import virtually
from tests.unit.adapters.execution.work import task

Taken = list[tuple[str, int]]


class Source:
    """Case by case, for each arm a task; counts how many were read."""

    def __init__(self, cases: int, *arms: str) -> None:
        self.read = 0
        self._tasks = [task(number, arm) for number in range(cases) for arm in arms]

    def __iter__(self) -> Iterator[TrialTask]:
        for one in self._tasks:
            self.read += 1
            yield one


async def hand(feed: Feed, name: str, seconds: float, taken: Taken) -> None:
    while (one := await feed.next(name)) is not None:
        taken.append((name, one.case_no))
        await asyncio.sleep(seconds)


def work_off(source: Source, speeds: dict[str, float], hands: int = 1) -> Taken:
    """What was taken, in order, with so many hands an arm that take so many seconds a task."""

    async def work() -> Taken:
        feed, taken = Feed(iter(source), dict.fromkeys(speeds, hands)), list[tuple[str, int]]()
        await asyncio.gather(*(hand(feed, name, s, taken) for name, s in speeds.items() for _ in range(hands)))
        return taken

    return virtually(work())


def test_one_arm_gets_everything_in_order() -> None:
    assert work_off(Source(5, "a"), {"a": 1.0}, hands=2) == [("a", number) for number in range(5)]


def test_equal_arms_go_side_by_side() -> None:
    assert work_off(Source(3, "a", "b"), {"a": 1.0, "b": 1.0}) == [
        (name, number) for number in range(3) for name in "ab"
    ]


@pytest.mark.parametrize("hands", [1, 3])
def test_a_fast_arm_waits_for_a_slow_one(hands: int) -> None:
    source = Source(100, "fast", "slow")
    taken = work_off(source, {"fast": 0.01, "slow": 1.0}, hands)
    assert sorted(taken) == sorted((name, number) for number in range(100) for name in ("fast", "slow"))
    leads = [
        sum(name == "fast" for name, _ in taken[:end]) - sum(name == "slow" for name, _ in taken[:end])
        for end in range(len(taken) + 1)
    ]
    assert max(leads) <= (AHEAD + 1) * hands + 1


def test_tasks_are_read_when_they_are_needed() -> None:
    async def work() -> int:
        source = Source(1000, "a", "b")
        feed = Feed(iter(source), {"a": 2, "b": 2})
        for _ in range(3):
            await feed.next("a")
        return source.read

    assert virtually(work()) == 5  # three for a, and the two of b that lay between them


def test_an_arm_without_tasks_ends_and_holds_nobody_up() -> None:
    assert work_off(Source(20, "a"), {"a": 1.0, "b": 1.0}) == [("a", number) for number in range(20)]


def test_closing_ends_arms_that_wait_for_one_that_has_left() -> None:
    async def work() -> Taken:
        feed, taken = Feed(iter(Source(100, "a", "b")), {"a": 1, "b": 1}), list[tuple[str, int]]()
        waiting = asyncio.create_task(hand(feed, "a", 0.0, taken))  # b never comes: a is held after its lead
        await asyncio.sleep(1)
        assert not waiting.done()
        feed.close()
        await waiting
        assert await feed.next("b") is None
        return taken

    assert len(virtually(work())) == AHEAD
