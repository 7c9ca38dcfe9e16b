"""Where covered spans wait, durably, until their trace is whole, and interactions that grow when more is known."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from foretell.core.domain.traffic import Interaction
from foretell.core.ports.capture import Piece

Change: TypeAlias = Callable[[Interaction | None], Interaction | None]
"""From what is kept under an id, None for nothing, to what shall be; None leaves it as it is."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Pieces that wait under one number."""

    no: int
    pieces: tuple[Piece, ...]


class Intake(Protocol):
    """A journal, and the interactions that come of it."""

    async def keep(self, pieces: Sequence[Piece]) -> int:
        """Keep pieces; when this returns they survive a power cut. Returns their number."""
        ...

    def waiting(self) -> AsyncIterator[Waiting]:
        """All that waits, in the order in which it came: what an earlier process left behind."""
        ...

    async def of_conversation(self, conversation: str) -> Sequence[str]:
        """The ids of the interactions of a conversation; both are those under which they are kept."""
        ...

    async def settle(self, changes: Sequence[tuple[str, Change]], done: Sequence[int]) -> int:
        """In one transaction change interactions, and let go what waited for it. Returns how many were changed."""
        ...
