"""Spans as OpenTelemetry gives them, whichever encoding they came in, and the limits on what one may hold."""

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from foretell.core.domain.arrivals import Losses
from foretell.core.domain.values import Json
from foretell.core.ports.capture import Parcel

LONGEST_TEXT: Final = 64 * 1024
"""Characters of one attribute's text that are kept."""
MOST_ATTRIBUTES: Final = 1_000
MOST_EVENTS: Final = 200
MOST_ITEMS: Final = 1_000
DEEPEST: Final = 32
_LATEST_NS: Final = 10**20  # the year 5138
_HEX: Final = frozenset("0123456789abcdefABCDEF")


@dataclass(frozen=True, slots=True)
class RawEvent:
    """Something that happened inside a span."""

    name: str
    attributes: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class RawSpan:
    """A span under the names of its maker. Ids are hex, times seconds since the epoch.

    A note is what was told of a span apart from it.
    """

    trace_id: str
    span_id: str
    name: str
    parent_id: str | None = None
    state: str = ""
    start: float | None = None
    end: float | None = None
    error: str | None = None
    attributes: Mapping[str, Json] = field(default_factory=dict[str, Json])
    events: Sequence[RawEvent] = ()
    resource: Mapping[str, Json] = field(default_factory=dict[str, Json])
    is_note: bool = False


class RawParcel(Parcel, Protocol):
    """One span that can be opened."""

    def open(self) -> RawSpan:
        """All of it."""
        ...


def is_id(text: str, length: int) -> bool:
    """Whether a text is an id in so many hex digits, of which one is not 0."""
    return len(text) == length and set(text) <= _HEX and text.strip("0") != ""


def kept_text(text: str, losses: Losses) -> str:
    """A text of at most the longest length, with the number of characters that it had."""
    if len(text) <= LONGEST_TEXT:
        return text
    losses.cut += 1
    return f"{text[:LONGEST_TEXT]}… ({len(text)} characters)"


def kept_number(number: float) -> float | None:
    """A number that JSON has, else None."""
    return number if math.isfinite(number) else None


def kept_bytes(data: bytes, losses: Losses) -> str:
    """Bytes as Base64."""
    return kept_text(base64.b64encode(data[:LONGEST_TEXT]).decode(), losses)


def seconds_of(nanoseconds: int) -> float | None:
    """A time in seconds, None when it is missing or no time of our age."""
    return nanoseconds / 1e9 if 0 < nanoseconds < _LATEST_NS else None


def ordered(start: int, end: int, losses: Losses) -> tuple[float | None, float | None]:
    """Start and end; a clock that ran backwards makes a span without length."""
    if 0 < end < start:
        losses.cut += 1
        end = start
    return seconds_of(start), seconds_of(end)
