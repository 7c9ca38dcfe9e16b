"""A place on this machine that requests can be sent to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Heard:
    """A request that came: its path, lower-cased headers, the whole body."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What it is answered with."""

    status: int
    media: str
    body: bytes


Handle: TypeAlias = Callable[[Heard], Answer]


class Listener(Protocol):
    """Listens on loopback alone."""

    async def open(self, port: int, handle: Handle) -> int:
        """Answer POST requests by `handle`; returns the port, a free one when 0 was given.

        Raises:
            Unreachable: the port is taken.
        """
        ...

    async def aclose(self) -> None:
        """Give the port back."""
        ...
