"""What driver and worker process say to each other: a 4-byte big-endian length and a pickled value of ours.

Both ends are the same installation on the same machine, so pickle is safe here, and nothing but values is sent.
"""

import asyncio
import pickle
from dataclasses import dataclass
from typing import Any

from foretell.core.domain.runs import Arm
from foretell.core.errors import ForetellError
from foretell.core.ports.checkouts import Checkout

BEAT_SECONDS = 1.0
"""How often a worker says that its event loop turns."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The driver's first frame: the arm that this worker serves, its project's folder, and the checkout it lies in."""

    arm: Arm
    root: str
    checkout: Checkout | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker's first frame: empty when the target is live, else the error that kept it from it."""

    error: ForetellError | None = None


@dataclass(frozen=True, slots=True)
class Beat:
    """The worker's event loop turns. Whatever takes long, it takes long elsewhere."""


@dataclass(frozen=True, slots=True)
class Worn:
    """The worker has a call that went on after its time was up: it should get no new tasks."""


def frame(value: object) -> bytes:
    """A value as it goes over the pipe."""
    data = pickle.dumps(value, protocol=5)
    return len(data).to_bytes(4, "big") + data


async def read_frame(stream: asyncio.StreamReader) -> Any:
    """The next value, None at the end of the stream."""
    try:
        size = int.from_bytes(await stream.readexactly(4), "big")
        return pickle.loads(await stream.readexactly(size))  # noqa: S301 # the other end is our own program
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
