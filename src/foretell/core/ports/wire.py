"""Bytes out, bytes back: the only socket that targets and models know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from foretell.core.domain.trial import ErrorKind


@dataclass(slots=True)
class WireRequest:
    """One HTTP request.

    For limits by the minute, `tokens` is the caller's estimate of what it will use, and `used` reads from the body of
    the reply what it did use (None: not said).
    """

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout_s: float = 60.0
    method: str = "POST"
    tokens: int = 0
    used: Callable[[bytes], int | None] | None = None


@dataclass(slots=True)
class WireReply:
    """Status, lower-cased headers, the whole body, and the seconds it took. `attempts` counts retries in."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    attempts: int = 1


class WireFault(Exception):
    """No usable reply came: a timeout, no connection, or a body past the limit."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        self.kind: ErrorKind = kind
        super().__init__(message)


class Wire(Protocol):
    """Sends requests. Any status is a reply, not an error; retries and limits are a wire around a wire."""

    async def send(self, request: WireRequest) -> WireReply:
        """The reply.

        Raises:
            WireFault: there is none.
        """
        ...

    async def aclose(self) -> None:
        """Give the connections back."""
        ...
