"""One process at a time works on a run."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from foretell.core.errors import BadInput, RunFailed
from foretell.services.lease import HEARTBEAT_SECONDS, LEASE_SECONDS, leased
from tests.unit.adapters.execution.virtual import now, virtually

RUNS: Any = (SimpleNamespace(id="r-1"), SimpleNamespace(id="r-2"))


class Claims:
    """Leases by the loop's clock."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[str, float]] = {}

    async def acquire(self, name: str, holder: str, seconds: float) -> bool:
        other, until = self.held.get(name, (holder, 0.0))
        if other != holder and until > now():
            return False
        self.held[name] = (holder, now() + seconds)
        return True

    async def release(self, name: str, holder: str) -> None:
        if self.held.get(name, ("", 0.0))[0] == holder:
            del self.held[name]


def house(claims: Claims, name: str = "me") -> Any:
    return SimpleNamespace(store=SimpleNamespace(claims=claims), new_id=lambda: name)


def test_a_lease_is_kept_up_while_the_work_lasts_and_given_back() -> None:
    async def work() -> tuple[bool, bool]:
        claims = Claims()
        async with leased(house(claims), RUNS):
            await asyncio.sleep(10 * LEASE_SECONDS)
            is_held = not await claims.acquire("run:r-2", "other", 1.0)
        return is_held, bool(claims.held)

    assert virtually(work()) == (True, False)


def test_the_lease_of_a_killed_process_is_waited_for() -> None:
    async def work() -> float:
        claims = Claims()
        await claims.acquire("run:r-1", "killed", LEASE_SECONDS)
        async with leased(house(claims), RUNS):
            return now()

    assert LEASE_SECONDS <= virtually(work()) <= LEASE_SECONDS + 1


def test_a_run_that_is_worked_on_is_refused() -> None:
    async def work() -> tuple[str, list[str]]:
        claims = Claims()
        async with leased(house(claims, "first"), RUNS[1:]):
            with pytest.raises(BadInput) as caught:
                async with leased(house(claims), RUNS):
                    pass
        return str(caught.value), list(claims.held)

    told, held = virtually(work())
    assert told.startswith("run 'r-2': is being worked on now. Wait until it ends")
    assert held == []


def test_work_whose_lease_was_lost_ends() -> None:
    async def work() -> tuple[float, list[str]]:
        claims, ended = Claims(), list[str]()

        async def hold() -> None:
            async with leased(house(claims), RUNS):
                claims.held["run:r-1"] = ("other", 1e9)  # the machine slept, and somebody resumed the run
                try:
                    await asyncio.sleep(1e6)
                finally:
                    ended.append("in order")

        with pytest.raises(RunFailed, match="run 'r-1': was taken over by another process"):
            await hold()
        present = asyncio.current_task()
        assert present is not None
        assert present.cancelling() == 0
        return now(), [*ended, *claims.held]

    assert virtually(work()) == (HEARTBEAT_SECONDS, ["in order", "run:r-1"])


def test_being_cancelled_is_not_losing_the_lease() -> None:
    async def work() -> tuple[bool, dict[str, Any]]:
        claims = Claims()

        async def hold() -> None:
            async with leased(house(claims), RUNS):
                await asyncio.sleep(1e6)

        task = asyncio.create_task(hold())
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled(), claims.held

    assert virtually(work()) == (True, {})


def test_an_error_of_the_work_is_its_own() -> None:
    async def work() -> None:
        async with leased(house(Claims()), RUNS):
            raise ZeroDivisionError("ours")

    with pytest.raises(ZeroDivisionError, match="ours"):
        virtually(work())
