"""What comes in from OpenTelemetry: requests read, their spans covered before anybody may write them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from foretell.core.domain.arrivals import Arrival, Losses


class Parcel(Protocol):
    """One span, unopened: enough to tell whether anybody wants it."""

    trace_id: str
    state: str

    def find(self, names: frozenset[str]) -> str | None:
        """The first text among the attributes of some names, the span's before the resource's."""
        ...


class Export(Protocol):
    """A request that was read."""

    @property
    def losses(self) -> Losses:
        """What could not be taken; complete once all parcels were read."""
        ...

    @property
    def is_notes(self) -> bool:
        """Whether it tells of spans apart from them: by log records."""
        ...

    def parcels(self) -> Iterable[Parcel]:
        """The spans, unopened; of notes, one parcel for each span that they tell of."""
        ...

    def mentions(self, names: frozenset[str]) -> bool:
        """False when none of these names occurs anywhere, so that nobody needs to look for it."""
        ...


@dataclass(frozen=True, slots=True)
class Piece:
    """What one request told of one trace, covered: `trace` is its keyed hash, `body` the packed arrivals.

    `is_root` says that the trace's root is among them, and so has ended. `probability` is its chance to be kept,
    `conversation` the keyed hash of the conversation that one of them names. `is_notes`: none of them is a span.
    """

    trace: str
    spans: int
    is_root: bool
    body: bytes
    probability: float | None = None
    conversation: str | None = None
    is_notes: bool = False


@dataclass(frozen=True, slots=True)
class Covered:
    """The kept spans of a request, covered: one piece a trace, and what was lost on the way."""

    pieces: tuple[Piece, ...]
    cut: int = 0


class Coverer(Protocol):
    """Opens and covers spans elsewhere, so that this process stays free to answer."""

    def seconds_ahead(self) -> float:
        """How long a span that came now would wait."""
        ...

    async def cover(self, export: Export, kept: Sequence[int]) -> Covered:
        """Cover the spans at some places of a request.

        Raises:
            Unreachable: the process that did it died.
        """
        ...

    def unpack(self, piece: Piece) -> Sequence[Arrival]:
        """The covered arrivals of a piece."""
        ...
