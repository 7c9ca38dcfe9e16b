"""Where people's labels are kept."""

from collections.abc import Sequence
from typing import Protocol

from foretell.core.domain.people import Rating


class People(Protocol):
    """Ratings: append-only, a later one by the same rater on the same item and aspect supersedes."""

    async def add(self, ratings: Sequence[Rating]) -> None:
        """Keep them, durably."""
        ...

    async def ratings(self, aspect: str = "success") -> Sequence[Rating]:
        """Those in force for one aspect."""
        ...
