"""Who works on a run: one process at a time, known by a lease with a heartbeat."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager

from foretell.core.domain.runs import Run
from foretell.core.errors import BadInput, Problem, RunFailed
from foretell.services.house import House

LEASE_SECONDS = 10.0
HEARTBEAT_SECONDS = 3.0
RETRY_SECONDS = 0.5


@asynccontextmanager
async def leased(house: House, runs: Sequence[Run]) -> AsyncGenerator[None]:
    """Hold the runs for ourselves while the block lasts, so that nobody else works on them.

    A process that was killed keeps its lease until it runs out, so a lease that is taken is waited for that long.

    Raises:
        BadInput: somebody else holds one and goes on.
        RunFailed: we lost one: the machine slept past the lease, and somebody else took it.
    """
    claims, holder = house.store.claims, house.new_id()
    names = [f"run:{run.id}" for run in runs]
    patience = LEASE_SECONDS + 1.0

    async def beat() -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for name in names:
                if not await claims.acquire(name, holder, LEASE_SECONDS):
                    hint = "See how that one goes on with 'foretell runs'."
                    raise RunFailed(Problem(_title(name), "was taken over by another process.", hint))

    try:
        for name in names:
            while not await claims.acquire(name, holder, LEASE_SECONDS):
                if patience <= 0:
                    hint = "Wait until it ends, or stop the process that runs it."
                    raise BadInput(Problem(_title(name), "is being worked on now.", hint))
                patience -= RETRY_SECONDS
                await asyncio.sleep(RETRY_SECONDS)
        async with _ending_with(beat()):
            yield
    finally:
        for name in names:
            await asyncio.shield(claims.release(name, holder))


@asynccontextmanager
async def _ending_with(beat: Coroutine[None, None, None]) -> AsyncGenerator[None]:
    """Run something beside the block; when it fails, the block ends with its error."""
    block, heart = asyncio.current_task(), asyncio.create_task(beat)
    assert block is not None

    def end(_: object) -> None:
        if not heart.cancelled():
            block.cancel()

    heart.add_done_callback(end)
    try:
        yield
    except asyncio.CancelledError:
        if heart.done() and not heart.cancelled() and block.uncancel() == 0:
            heart.result()
        raise
    finally:
        heart.remove_done_callback(end)
        heart.cancel()


def _title(lease: str) -> str:
    return f"run '{lease.removeprefix('run:')}'"
