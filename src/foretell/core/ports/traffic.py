"""Where anonymised interactions are kept, and frozen samples of them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from foretell.core.domain.traffic import Interaction


@dataclass(frozen=True, slots=True)
class TrafficSample:
    """A frozen sample: the hash of its content, the interactions' ids, and how they were drawn, in words."""

    hash: str
    ids: tuple[str, ...]
    method: str
    at: str


class Traffic(Protocol):
    """Interactions, anonymised before they come here."""

    async def add(self, interactions: Sequence[Interaction]) -> int:
        """Keep them, durably; an id that is there stays as it is. Returns how many were new."""
        ...

    def window(self, start: str, end: str) -> AsyncIterator[Interaction]:
        """Those with start <= at < end (RFC 3339, UTC), in order of time."""
        ...

    async def freeze(self, sample: TrafficSample) -> None:
        """Keep a sample under its hash; freezing it again changes nothing."""
        ...

    async def sample(self, hash_: str) -> TrafficSample | None:
        """A frozen sample."""
        ...

    async def remove(self, ids: Sequence[str]) -> int:
        """Take some away for good. Returns how many were there."""
        ...

    async def span(self) -> tuple[str, str] | None:
        """The times of the oldest and of the newest one, None when nothing is kept."""
        ...
