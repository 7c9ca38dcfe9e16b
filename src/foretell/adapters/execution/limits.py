"""How hard a target is driven: concurrency that adapts, requests and tokens a minute, retries with jitter.

Concurrency halves on 429 and 503 and grows by one per round of successes, as TCP does (AIMD: Chiu and Jain 1989,
Computer Networks and ISDN Systems 17). Waits after a fault are drawn from [0, base * 2^attempt] ("full jitter"), and
Retry-After is obeyed.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic

from foretell.core.domain.runs import TargetLimits
from foretell.core.ports.wire import Wire, WireFault, WireReply, WireRequest

RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
THROTTLED = frozenset({429, 503})
LONGEST_WAIT_S = 60.0
FIRST_WAIT_S = 0.5


@dataclass
class Minute:
    """A token bucket that refills evenly and holds one second's worth, so that no minute is far over."""

    per_minute: float | None
    clock: Callable[[], float] = monotonic
    _free_at: float = field(default=0.0, init=False)

    def delay_of(self, amount: float) -> float:
        """Book an amount and say how many seconds its turn is away."""
        if self.per_minute is None or amount <= 0:
            return 0.0
        now = self.clock()
        start = max(self._free_at, now - 1.0)
        self._free_at = start + amount * 60.0 / self.per_minute
        return max(0.0, start - now)


@dataclass
class Gate:
    """Lets at most `limit` through at once; the limit moves between 1 and `most`."""

    most: int
    clock: Callable[[], float] = monotonic
    limit: float = field(default=0.0, init=False)
    inside: int = field(default=0, init=False)
    paused_until: float = field(default=0.0, init=False)
    _narrowed_at: float = field(default=-1e9, init=False)
    _waiting: list[asyncio.Future[None]] = field(default_factory=list[asyncio.Future[None]], init=False)

    def __post_init__(self) -> None:
        self.limit = float(self.most)

    async def enter(self) -> None:
        """Wait for a place."""
        while self.inside >= int(self.limit):
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            await place
        self.inside += 1

    def leave(self) -> None:
        """Give the place back."""
        self.inside -= 1
        while self._waiting and self.inside < int(self.limit):
            place = self._waiting.pop(0)
            if not place.done():
                place.set_result(None)
                return

    def narrow(self, wait_s: float) -> None:
        """Too fast: halve, at most once a second, and let nobody start for `wait_s`."""
        now = self.clock()
        self.paused_until = max(self.paused_until, now + wait_s)
        if now - self._narrowed_at >= 1.0:
            self.limit = max(1.0, self.limit / 2)
            self._narrowed_at = now

    def widen(self) -> None:
        """A success: one more place per round of successes."""
        if self.limit < self.most:
            self.limit = min(float(self.most), self.limit + 1.0 / self.limit)


class LimitedWire:
    """A wire around a wire: waits its turn, retries passing faults, and adapts to what the other side bears."""

    def __init__(
        self,
        inner: Wire,
        limits: TargetLimits,
        *,
        rng: random.Random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._inner = inner
        self._retries = limits.trial.retries
        self._gate = Gate(limits.concurrency, clock)
        self._requests = Minute(limits.requests_per_minute, clock)
        self._tokens = Minute(limits.tokens_per_minute, clock)
        self._has_minutes = limits.requests_per_minute is not None or limits.tokens_per_minute is not None
        self._rng, self._sleep, self._clock = rng, sleep, clock

    async def send(self, request: WireRequest) -> WireReply:
        """The reply, after at most `retries` further attempts; the last reply is returned whatever its status.

        Raises:
            WireFault: the last attempt had none.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                reply = await self._once(request)
            except WireFault as fault:
                if fault.kind != "unreachable" or attempt > self._retries:
                    raise
                await self._sleep(self._backoff(attempt))
                continue
            if reply.status not in RETRIED_STATUSES:
                self._gate.widen()
                return reply if attempt == 1 else replace(reply, attempts=attempt)
            wait = retry_after(reply.headers.get("retry-after")) or self._backoff(attempt)
            if reply.status in THROTTLED:
                self._gate.narrow(wait)
            if attempt > self._retries or wait > LONGEST_WAIT_S:
                return replace(reply, attempts=attempt)
            await self._sleep(wait)

    async def _once(self, request: WireRequest) -> WireReply:
        await self._gate.enter()
        try:
            await self._turn(request)
            return await self._inner.send(request)
        finally:
            self._gate.leave()

    async def _turn(self, request: WireRequest) -> None:
        if self._has_minutes:
            delay = max(self._requests.delay_of(1), self._tokens.delay_of(request.tokens))
            if delay > 0:
                await self._sleep(delay)
        while (pause := self._gate.paused_until - self._clock()) > 0:
            await self._sleep(pause)

    def _backoff(self, attempt: int) -> float:
        return self._rng.uniform(0, min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (attempt - 1)))

    async def aclose(self) -> None:
        """The inner wire is shared; whoever made it closes it."""


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or an HTTP date (RFC 9110 §10.2.3). None when unreadable.

    >>> retry_after("2.5")
    2.5
    >>> retry_after("soon") is None
    True
    """
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
