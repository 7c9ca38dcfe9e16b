"""Spans to their trials: whole traces, broken ones, and those that nobody expects."""

import asyncio

import pytest

from foretell.adapters.capture.receiver import OtlpReceiver
from foretell.core.domain.trace import NotSeen, Trace
from foretell.core.errors import Unreachable
from foretell.core.ports.links import Link
from foretell.core.ports.listener import Handle, Heard
from tests.unit.adapters.capture.exports import as_protobuf, request_of, span_of


class Here:
    async def open(self, port: int, handle: Handle) -> int:
        if port == 1:
            raise Unreachable.of("traces", "taken")
        return 4000

    async def aclose(self) -> None: ...


async def opened() -> OtlpReceiver:
    receiver = OtlpReceiver(Here(), quiet=0.05, longest=0.3)
    await receiver.open(0)
    return receiver


def send(receiver: OtlpReceiver, link: Link, *numbers: tuple[int, int | None]) -> int:
    spans = [span_of(number, parent, traceId=link.trace_id) for number, parent in numbers]
    headers = {"content-type": "application/x-protobuf"}
    return receiver.take(Heard("/v1/traces", headers, as_protobuf(request_of(spans)))).status


async def test_a_trace_is_whole_when_its_root_came_and_it_was_quiet() -> None:
    receiver = await opened()
    link, other = receiver.link("run-1"), receiver.link("run-1")
    root = int(link.span_id, 16)
    assert send(receiver, link, (2, 1)) == 200
    asked = asyncio.create_task(receiver.trace(link))
    await asyncio.sleep(0.1)
    assert not asked.done()
    send(receiver, link, (1, root), (2, 1))
    send(receiver, other, (7, None))
    found = await asked
    assert isinstance(found, Trace)
    assert [(span.span_id[-1:], span.parent_id) for span in found.spans if span.span_id] == [
        ("2", f"{1:016x}"),
        ("1", None),
    ]


async def test_what_is_not_seen_says_why() -> None:
    receiver = await opened()
    link, partial, nothing = receiver.link("r"), receiver.link("r"), receiver.link("r")
    send(receiver, partial, (2, 1))
    send(receiver, Link("9" * 32, "1" * 16, "r", ""), (1, None), (2, 1))
    told = [await receiver.trace(one) for one in (partial, nothing)]
    where = "to http://127.0.0.1:4000 within 0.3 s of the answer"
    assert told == [
        NotSeen(f"some of its spans came, its root did not, {where}"),
        NotSeen(f"no span of it came {where}"),
    ]
    assert (receiver.claim(), receiver.claim()) == (2, 0)
    send(receiver, nothing, (1, None))  # too late
    assert (receiver.claim(), link.endpoint) == (1, "http://127.0.0.1:4000")


async def test_bad_requests_are_refused() -> None:
    receiver = await opened()
    assert receiver.take(Heard("/v1/metrics", {}, b"")).status == 404
    assert receiver.take(Heard("/v1/traces", {"content-type": "application/json"}, b"{")).status == 400


async def test_a_port_that_is_taken_is_told() -> None:
    with pytest.raises(Unreachable, match="taken"):
        await OtlpReceiver(Here()).open(1)


def test_a_link_tells_its_trace_and_its_run() -> None:
    link = Link("a" * 32, "b" * 16, "run=1,x", "http://127.0.0.1:4000")
    told = {
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
        "tracestate": "foretell=run_1_x",
        "baggage": "foretell.run=run_1_x",
    }
    assert link.headers() == told
    environment = link.environment()
    assert {name: environment[name.upper()] for name in told} == told
    assert environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] == "http://127.0.0.1:4000/v1/traces"
