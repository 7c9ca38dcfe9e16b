"""Decisions and other things that were said and stay said: append-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from foretell.core.domain.values import Json

DECISION = "decision"
"""The kind of a gate's decisions."""


@dataclass(frozen=True, slots=True)
class Record:
    """A statement: what kind, about which key, when, and the JSON body."""

    kind: str
    key: str
    at: str
    body: Json


class Records(Protocol):
    """Append-only statements."""

    async def append(self, record: Record) -> None:
        """Keep it, durably. An equal record is kept once."""
        ...

    async def newest(self, kind: str, key: str) -> Record | None:
        """The last one of a kind about a key."""
        ...

    async def history(self, kind: str, key: str | None = None, limit: int = 100) -> Sequence[Record]:
        """The last ones of a kind, newest first."""
        ...
