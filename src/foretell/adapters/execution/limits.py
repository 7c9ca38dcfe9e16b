"""How hard a target is driven: concurrency that adapts, requests and tokens a minute, retries with jitter.

Concurrency halves on 429 and 503 and grows by one per round of successes, as TCP does (AIMD: Chiu and Jain 1989,
Computer Networks and ISDN Systems 17). Waits after a fault are drawn from [0, base * 2^attempt] ("full jitter"), and
Retry-After is obeyed. Time that a request spends waiting here is not its trial's.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from time import monotonic

from foretell.adapters.execution.patience import standing_still
from foretell.core.domain.runs import TargetLimits
from foretell.core.ports.wire import Wire, WireFault, WireReply, WireRequest

RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
THROTTLED = frozenset({429, 503})
LONGEST_WAIT_S = 60.0
"""Whoever asks for a longer one is not waited for: that is a quota used up, and its trials end at once."""
FIRST_WAIT_S = 0.5


@dataclass
class Minute:
    """A token bucket that refills evenly and holds one second's worth, so that no minute is far over."""

    per_minute: float | None
    clock: Callable[[], float] = monotonic
    _free_at: float = field(default=float("-inf"), init=False)

    def delay_of(self, amount: float) -> float:
        """Book an amount and say how many seconds its turn is away."""
        if self.per_minute is None or amount <= 0:
            return 0.0
        now = self.clock()
        start = max(self._free_at, now - 1.0)
        self._free_at = start + amount * 60.0 / self.per_minute
        return max(0.0, start - now)

    def settle(self, amount: float) -> None:
        """Book what an earlier amount was too small (or, below 0, too large) by; later ones wait for it."""
        if self.per_minute is not None:
            self._free_at = max(self._free_at, self.clock() - 1.0) + amount * 60.0 / self.per_minute


@dataclass
class Gate:
    """Lets at most `limit` through at once, in the order in which they came; the limit moves between 1 and `most`."""

    most: int
    clock: Callable[[], float] = monotonic
    limit: float = field(default=0.0, init=False)
    inside: int = field(default=0, init=False)
    paused_until: float = field(default=0.0, init=False)
    """By the clock; 0 when there never was a pause."""
    _narrowed_at: float = field(default=float("-inf"), init=False)
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque[asyncio.Future[None]], init=False)

    def __post_init__(self) -> None:
        self.limit = float(self.most)

    @property
    def is_open(self) -> bool:
        """True when whoever comes now may enter without waiting."""
        return self.inside < int(self.limit) and not self._waiting

    async def wait(self) -> None:
        """Wait for a place and take it."""
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # called up, and cannot come: the next one must hear of it
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place back."""
        self.inside -= 1
        self._call_up()

    def _call_up(self) -> None:
        while self._waiting and self.inside < int(self.limit):
            place = self._waiting.popleft()
            if not place.done():
                self.inside += 1
                place.set_result(None)

    def narrow(self, pause_s: float) -> None:
        """Too fast: halve, at most once a second, and let nobody start for `pause_s`."""
        now = self.clock()
        self.paused_until = max(self.paused_until, now + pause_s)
        if now - self._narrowed_at >= 1.0:
            self.limit = max(1.0, self.limit / 2)
            self._narrowed_at = now

    def widen(self) -> None:
        """A success: one more place per round of successes."""
        if self.limit < self.most:
            self.limit = min(float(self.most), self.limit + 1.0 / self.limit)
            self._call_up()


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
        attempt = 1
        while True:
            try:
                reply = await self._once(request)
            except WireFault as fault:
                if fault.kind != "unreachable" or attempt > self._retries:
                    raise
                wait = self._backoff(attempt)
            else:
                if reply.status not in RETRIED_STATUSES:
                    self._gate.widen()
                    return reply if attempt == 1 else replace(reply, attempts=attempt)
                wait = retry_after(reply.headers.get("retry-after")) or self._backoff(attempt)
                is_bearable = wait <= LONGEST_WAIT_S
                if reply.status in THROTTLED:
                    self._gate.narrow(wait if is_bearable else 0.0)
                if attempt > self._retries or not is_bearable:
                    return replace(reply, attempts=attempt)
            with standing_still():
                await self._sleep(wait)
            attempt += 1

    async def _once(self, request: WireRequest) -> WireReply:
        gate = self._gate
        if gate.is_open:
            gate.inside += 1
        else:
            with standing_still():
                await gate.wait()
        try:
            if self._has_minutes or gate.paused_until:
                with standing_still():
                    await self._turn(request)
            reply = await self._inner.send(request)
        finally:
            gate.leave()
        if self._has_minutes and request.used is not None and (used := request.used(reply.body)) is not None:
            self._tokens.settle(used - request.tokens)
        return reply

    async def _turn(self, request: WireRequest) -> None:
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
        seconds = float(value)
    except ValueError:
        pass
    else:
        return max(0.0, seconds) if isfinite(seconds) else None
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:  # the form with -0000, which says that its zone is not known
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
