"""How hard a target is driven: retries, pauses, concurrency that adapts, limits by the minute."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from foretell.adapters.execution.limits import Gate, LimitedWire, Minute, retry_after
from foretell.adapters.execution.patience import CHECK_SECONDS, Watch
from foretell.core.domain.runs import TargetLimits
from foretell.core.domain.trial import TrialLimits
from foretell.core.ports.wire import WireFault, WireReply, WireRequest
from foretell.testing.targets import ScriptedWire
from tests.unit.adapters.execution.virtual import now, virtually

REQUEST = WireRequest("http://app.example", b"?", tokens=100)
OK = WireReply(200, {}, b"fine", 0.01)


def reply(status: int, **headers: str) -> WireReply:
    return WireReply(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"no", 0.01)


class Dice(random.Random):
    """Draws the upper end, and remembers between what it drew."""

    def __init__(self) -> None:
        super().__init__(1)
        self.bounds: list[tuple[float, float]] = []

    def uniform(self, a: float, b: float) -> float:
        self.bounds.append((a, b))
        return b


def limited(wire: ScriptedWire, rng: random.Random | None = None, **limits: object) -> LimitedWire:
    """Only within a loop: its clock is the loop's."""
    return LimitedWire(wire, TargetLimits(**limits), rng=rng or Dice(), clock=asyncio.get_running_loop().time)


def sent_by(*answers: WireReply | WireFault, **limits: object) -> tuple[object, list[tuple[float, float]], float]:
    """What one request came to, between what its waits were drawn, and when it ended."""

    async def work() -> tuple[object, list[tuple[float, float]], float]:
        dice = Dice()
        try:
            result: object = await limited(ScriptedWire(*answers), dice, **limits).send(REQUEST)
        except WireFault as fault:
            result = fault.kind
        return result, dice.bounds, now()

    return virtually(work())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("2.5", 2.5),
        ("0", 0.0),
        ("-3", 0.0),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Sun, 22 Nov 2026 10:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 09:59:00 GMT", 0.0),
        ("Sun, 22 Nov 2026 10:00:30 -0000", 30.0),
        ("Sun, 22 Nov 2026 12:00:05 +0200", 5.0),
        ("Sun, 32 Nov 2026 10:00:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, datetime(2026, 11, 22, 10, tzinfo=UTC)) == seconds


def test_a_good_reply_is_passed_on_as_it_is() -> None:
    assert sent_by(OK) == (OK, [], 0.0)


@pytest.mark.parametrize("status", [400, 401, 404, 501])
def test_what_a_retry_cannot_mend_is_not_retried(status: int) -> None:
    assert sent_by(reply(status)) == (reply(status), [], 0.0)


def test_waits_after_faults_are_drawn_below_a_bound_that_doubles() -> None:
    faults = [reply(status) for status in (500, 502, 504, 408, 425, 500, 500, 500, 500)]
    result, bounds, ended = sent_by(*faults, OK, trial=TrialLimits(retries=9))
    assert result == WireReply(200, {}, b"fine", 0.01, attempts=10)
    assert bounds == [(0, bound) for bound in (0.5, 1, 2, 4, 8, 16, 32, 60.0, 60.0)]
    assert ended == sum(bound for _, bound in bounds)


def test_the_last_reply_is_given_when_retries_are_used_up() -> None:
    result, _, ended = sent_by(*[reply(500)] * 4)
    assert (result, ended) == (WireReply(500, {}, b"no", 0.01, attempts=4), 0.5 + 1 + 2)


def test_no_connection_is_tried_again_and_told_at_last() -> None:
    gone = WireFault("unreachable", "No connection.")
    assert sent_by(gone, OK)[0] == WireReply(200, {}, b"fine", 0.01, attempts=2)
    assert sent_by(*[gone] * 4)[0] == "unreachable"


@pytest.mark.parametrize("kind", ["timeout", "error"])
def test_a_timeout_is_not_paid_twice(kind: str) -> None:
    assert sent_by(WireFault(kind, "No reply.")) == (kind, [], 0.0)


def test_retry_after_is_obeyed_instead_of_a_drawn_wait() -> None:
    result, bounds, ended = sent_by(reply(429, retry_after="7"), OK)
    assert (result, bounds, ended) == (WireReply(200, {}, b"fine", 0.01, attempts=2), [], 7.0)


def test_a_quota_that_is_used_up_ends_the_trial_at_once_and_pauses_nobody() -> None:
    async def work() -> tuple[list[int], float]:
        wire = limited(ScriptedWire(reply(429, retry_after="86400"), OK))
        return [(await wire.send(REQUEST)).status for _ in range(2)], now()

    assert virtually(work()) == ([429, 200], 0.0)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_pause_holds_for_everybody(concurrency: int) -> None:
    async def work() -> list[float]:
        times: list[float] = []

        def answer(_: WireRequest) -> WireReply:
            times.append(now())
            return reply(429, retry_after="5") if len(times) == 1 else OK

        wire = limited(ScriptedWire(by=answer), concurrency=concurrency)
        first = asyncio.create_task(wire.send(REQUEST))
        await asyncio.sleep(1)
        await asyncio.gather(first, *(wire.send(REQUEST) for _ in range(3)))
        return times

    assert virtually(work()) == [0.0, 5.0, 5.0, 5.0, 5.0]


def test_waiting_does_not_use_up_the_time_of_the_turn() -> None:
    async def work() -> tuple[int, float]:
        wire = limited(ScriptedWire(reply(429, retry_after="50"), OK))
        with Watch().patience(1.0):
            return (await wire.send(REQUEST)).status, now()

    assert virtually(work()) == (200, 50.0)


def test_the_turn_goes_on_with_the_time_that_it_had_left() -> None:
    async def work() -> float:
        wire = limited(ScriptedWire(reply(429, retry_after="50"), OK))

        async def turn() -> None:
            with Watch().patience(1.0):
                await asyncio.sleep(0.25)
                await wire.send(REQUEST)
                await asyncio.sleep(10)

        with pytest.raises(TimeoutError):
            await turn()
        return now()

    assert 51.0 <= virtually(work()) <= 51.0 + CHECK_SECONDS


def test_a_request_that_outlives_its_turn_waits_in_peace() -> None:
    async def work() -> int:
        wire = limited(ScriptedWire(reply(503, retry_after="9"), OK))
        with Watch().patience(1.0):
            late = asyncio.create_task(wire.send(REQUEST))
            await asyncio.sleep(0.5)
        return (await late).status

    assert virtually(work()) == 200


def widths(*statuses: int, every_s: float) -> list[float]:
    """The gate's limit after each reply."""

    async def work() -> list[float]:
        wire = limited(ScriptedWire(*map(reply, statuses)), concurrency=8, trial=TrialLimits(retries=0))
        found: list[float] = []
        for _ in statuses:
            await wire.send(REQUEST)
            found.append(wire._gate.limit)
            await asyncio.sleep(every_s)
        return found

    return virtually(work())


def test_concurrency_halves_when_throttled_and_never_ends() -> None:
    assert widths(429, 503, 429, 503, every_s=61) == [4.0, 2.0, 1.0, 1.0]
    assert widths(500, 502, every_s=61) == [8.0, 8.0]


def test_one_burst_of_refusals_halves_once() -> None:
    async def work() -> float:
        wire = limited(ScriptedWire(*[reply(429)] * 8), concurrency=8, trial=TrialLimits(retries=0))
        await asyncio.gather(*(wire.send(REQUEST) for _ in range(8)))
        return wire._gate.limit

    assert virtually(work()) == 4.0


def test_concurrency_grows_by_one_in_a_round_of_successes_up_to_its_limit() -> None:
    gate = Gate(8, lambda: 0.0)
    gate.narrow(0.0)
    for _ in range(5):
        gate.widen()
    assert 5.0 < gate.limit < 5.2  # each adds one over the present width, which grows meanwhile
    for _ in range(100):
        gate.widen()
    assert gate.limit == 8.0


async def crowd_at(gate: Gate, count: int) -> tuple[list[int], list[asyncio.Task[None]]]:
    """Tasks that wait at a full gate, and the list in which they note that they are inside."""
    inside: list[int] = []

    async def one(number: int) -> None:
        await gate.wait()
        inside.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(count)]
    await asyncio.sleep(0)
    return inside, tasks


async def test_a_gate_lets_in_by_order_of_arrival() -> None:
    gate = Gate(1)
    gate.inside = 1
    inside, tasks = await crowd_at(gate, 3)
    assert not gate.is_open
    for _ in range(3):
        gate.leave()
        assert not gate.is_open  # the place has been given away before the one who gets it runs
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert inside == [0, 1, 2]
    gate.leave()
    assert (gate.is_open, gate.inside) == (True, 0)


async def test_whoever_is_cancelled_passes_the_place_on() -> None:
    gate = Gate(1)
    gate.inside = 1
    inside, tasks = await crowd_at(gate, 3)
    tasks[0].cancel()
    gate.leave()  # calls up the second; it is cancelled before it can come
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (inside, gate.inside) == ([2], 1)


async def test_a_wider_gate_lets_more_in() -> None:
    gate = Gate(2, lambda: 0.0)
    gate.narrow(0.0)
    gate.inside = 1
    inside, tasks = await crowd_at(gate, 1)
    gate.widen()
    await asyncio.gather(*tasks)
    assert (inside, gate.inside) == ([0], 2)


async def test_a_request_that_is_cancelled_gives_its_place_back() -> None:
    wire = limited(ScriptedWire(OK, OK), concurrency=1)
    task = asyncio.create_task(wire.send(REQUEST))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await wire.send(REQUEST)).status == 200


def test_a_minute_hands_out_its_amount_evenly() -> None:
    minute = Minute(60.0, lambda: 100.0)
    assert [minute.delay_of(1) for _ in range(4)] == [0.0, 0.0, 1.0, 2.0]
    assert Minute(None).delay_of(1e9) == 0.0


def start_times(count: int, answer: Callable[[WireRequest], WireReply], **limits: object) -> list[float]:
    async def work() -> list[float]:
        times: list[float] = []

        def noted(request: WireRequest) -> WireReply:
            times.append(now())
            return answer(request)

        wire = limited(ScriptedWire(by=noted), **limits)
        await asyncio.gather(*(wire.send(REQUEST) for _ in range(count)))
        return times

    return virtually(work())


@pytest.mark.parametrize(("used", "apart"), [(100, 2.0), (300, 6.0), (None, 2.0)])
def test_what_replies_report_corrects_what_was_expected(used: int | None, apart: float) -> None:
    async def work() -> list[float]:
        times: list[float] = []
        wire = limited(ScriptedWire(by=lambda _: times.append(now()) or OK), tokens_per_minute=3000.0)
        for _ in range(5):
            await wire.send(replace(REQUEST, used=lambda body: used if body == b"fine" else None))
        return times

    assert {round(later - sooner, 6) for sooner, later in pairwise(virtually(work())[1:])} == {apart}


@pytest.mark.parametrize("limits", [{"requests_per_minute": 30.0}, {"tokens_per_minute": 3000.0}])
def test_no_minute_holds_more_than_its_limit(limits: dict[str, float]) -> None:
    times = start_times(90, lambda _: OK, concurrency=8, **limits)
    assert all(later - sooner >= 60.0 for sooner, later in zip(times, times[31:], strict=False))
    assert {round(later - sooner, 6) for sooner, later in pairwise(times[1:])} == {2.0}
