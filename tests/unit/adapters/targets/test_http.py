"""An HTTP endpoint as a target: what is sent, where the answer lies, what failures are called."""

import json
import re

import pytest

from foretell.adapters.targets.http import HttpTarget
from foretell.core.domain.conversation import Message, Usage
from foretell.core.domain.trace import NotSeen, Span, Trace
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.errors import ConfigurationError
from foretell.core.ports.targets import Tools, Turn
from foretell.core.ports.wire import WireFault, WireReply
from foretell.testing.targets import ScriptedWire

URL = "http://app.example/answer"
TURN = Turn("Where?", "c-1", repeat=1, seed=5, timeout_s=9.0, run="r")


def connect(wire: ScriptedWire, **params: object) -> object:
    return HttpTarget(**{"url": URL, **params}).connect(Tools(wire, {"TOKEN": "t-123"}.get))


MARKS = ("traceparent", "tracestate", "baggage")


async def test_the_body_is_filled_and_the_answer_found() -> None:
    wire = ScriptedWire(b'{"answers": [{"text": "There."}]}')
    body = {
        "q": "{{ input }}",
        "all": "{{ messages }}",
        "who": "{{ case_id }}/{{ repeat }}",
        "seed": "{{ seed }}",
        "conversation": "{{ conversation_id }}",
    }
    turn = Turn("Sure?", "c-1", 1, (Message("user", "Where?"), Message("assistant", "There.")), 5, 9.0, "r")
    outcome = await connect(wire, body=body, answer="answers.0.text").answer(turn)
    assert outcome == Outcome("There.", trace=NotSeen("the target reported no spans"), latency_ms=10.0)
    (request,) = wire.sent
    assert (request.method, request.timeout_s) == ("POST", 9.0)
    assert json.loads(request.body) == {
        "q": "Sure?",
        "all": [
            {"role": "user", "content": "Where?"},
            {"role": "assistant", "content": "There."},
            {"role": "user", "content": "Sure?"},
        ],
        "who": "c-1/1",
        "seed": 5,
        "conversation": "r/c-1/1",
    }


async def test_without_a_body_the_input_is_sent_and_the_whole_reply_is_the_answer() -> None:
    wire = ScriptedWire(b'{"text": "There."}')
    outcome = await connect(wire).answer(TURN)
    assert (json.loads(wire.sent[0].body), outcome.output) == ({"input": "Where?"}, {"text": "There."})


async def test_an_address_is_filled_and_a_get_has_no_body() -> None:
    wire = ScriptedWire(b"1")
    await connect(wire, url=URL + "?q={{ input }}", method="GET").answer(Turn("a b&c", "c"))
    assert (wire.sent[0].url, wire.sent[0].body) == (URL + "?q=a%20b%26c", b"")


async def test_other_places_in_the_reply_are_read() -> None:
    reply = {
        "text": "There.",
        "meta": {"tokens": {"prompt_tokens": 9, "completion_tokens": 3}, "usd": 0.5, "model": "m", "id": 77},
        "docs": [{"text": "It is there."}],
    }
    wire = ScriptedWire(json.dumps(reply).encode())
    outcome = await connect(
        wire,
        answer="/text",
        usage="meta.tokens",
        cost="meta.usd",
        model="meta.model",
        conversation_id="meta.id",
        retrieved="docs",
    ).answer(TURN)
    assert isinstance(outcome.trace, Trace)
    (span,) = outcome.trace.spans
    assert span == Span(
        "retrieve", "retrieval", start=span.start, end=span.end, input="Where?", output=[{"text": "It is there."}]
    )
    assert outcome == Outcome(
        "There.",
        trace=outcome.trace,
        model="m",
        usage=Usage(9, 3),
        cost_usd=0.5,
        conversation_id="77",
        latency_ms=10.0,
    )


async def test_the_endpoints_own_conversation_goes_on() -> None:
    wire = ScriptedWire(*(json.dumps({"a": "x", "id": number}).encode() for number in (7, 8, 9)))
    target = connect(wire, body={"id": "{{ conversation_id }}"}, answer="a", conversation_id="id")
    said = (Message("user", "Where?"), Message("assistant", "x"))
    await target.answer(TURN)
    await target.answer(Turn("Other?", "c-2", run="r"))
    await target.answer(Turn("Sure?", "c-1", repeat=1, history=said, run="r"))
    assert [json.loads(request.body) for request in wire.sent] == [{"id": None}, {"id": None}, {"id": 7}]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (WireFault("unreachable", "No connection."), TrialError("unreachable", "No connection.")),
        (WireReply(429, {}, b"{}", 0.1), TrialError("rate_limited", "HTTP 429: {}")),
        (WireReply(500, {}, b'{"detail": "boom"}', 0.1), TrialError("server_error", "HTTP 500: boom")),
        (WireReply(404, {}, b"\x1b[2Jno\n", 0.1), TrialError("error", "HTTP 404: \\x1b[2Jno\\n")),
        (b"<!DOCTYPE html>", TrialError("error", "The reply is HTML, JSON was expected: <!DOCTYPE html>")),
        (b'{"text": ', TrialError("error", 'The reply is not JSON (Input data was truncated): {"text": ')),
        (b'{"texts": 1}', TrialError("error", "The reply has nothing at 'text': {\"texts\": 1}")),
        (b'{"text": 1, "usd": true}', TrialError("error", "the answer: 'cost_usd' is true, not a number.")),
    ],
)
async def test_failures_are_named(answer: object, error: TrialError) -> None:
    outcome = await connect(ScriptedWire(answer), answer="text", cost="usd").answer(TURN)
    assert (outcome.error, outcome.output) == (error, None)


async def test_only_the_start_of_a_long_reply_is_shown() -> None:
    outcome = await connect(ScriptedWire(WireReply(500, {}, b"x" * 5000, 0.1))).answer(TURN)
    assert outcome.error == TrialError("server_error", f"HTTP 500: {'x' * 200}…")


async def test_every_request_says_that_an_evaluation_asks_and_a_header_of_ones_own_goes_before() -> None:
    wire = ScriptedWire(b"{}", b"{}")
    target = connect(wire, headers={"baggage": "mine=1"})
    await target.answer(Turn("Hi", "c-1", run="run 1"))
    await target.answer(Turn("Hi", "c-1", run="run 1"))
    first, second = (dict(request.headers) for request in wire.sent)
    assert (first["tracestate"], first["baggage"]) == ("foretell=run_1", "mine=1")
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", first["traceparent"])
    assert first["traceparent"] != second["traceparent"]


async def test_secrets_are_sent_and_never_shown() -> None:
    headers = {"Authorization": {"env": "TOKEN", "prefix": "Bearer "}, "X-Plain": "yes"}
    wire = ScriptedWire(WireReply(401, {}, b"bad token t-123", 0.1))
    kind = HttpTarget(URL, headers=headers)
    live = kind.connect(Tools(wire, {"TOKEN": "t-123"}.get))
    outcome = await live.answer(TURN)
    own = {name: value for name, value in wire.sent[0].headers.items() if name not in MARKS}
    assert own == {"Content-Type": "application/json", "Authorization": "Bearer t-123", "X-Plain": "yes"}
    assert outcome.error == TrialError("error", "HTTP 401: bad token ***")
    assert "t-123" not in f"{kind!r} {live!r} {outcome!r}"


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        connect(
            ScriptedWire(),
            method="post",
            body={"q": "{{ question }}"},
            headers={"A": {"env": "NOPE"}, "B": {"name": "TOKEN"}},
        )
    assert [str(problem).split(". ")[0] for problem in caught.value.problems] == [
        "body: placeholder '{{ question }}' stands for nothing",
        "method: 'post' is no method",
        "headers.A: the environment variable NOPE is not set",
        "headers.B: a secret is given by the name of an environment variable, never by its value",
    ]


@pytest.mark.parametrize("url", ["app.example/answer", "ftp://app.example", "http://", "http://[x"])
def test_an_address_must_be_one(url: str) -> None:
    with pytest.raises(ConfigurationError, match="is not an address"):
        connect(ScriptedWire(), url=url)


async def test_limits_by_the_minute_hear_of_the_tokens_that_a_reply_reports() -> None:
    wire = ScriptedWire(b'{"text": "There."}', b'{"text": "There."}')
    for params in ({"usage": "meta.usage"}, {}):
        await connect(wire, answer="text", **params).answer(TURN)
    replies = (b'{"meta": {"usage": {"input_tokens": 30, "output_tokens": 4}}}', b"{}", b"<html>")
    told, untold = wire.sent
    assert [told.used(reply) for reply in replies] == [34, None, None]
    assert [untold.used(reply) for reply in replies] == [None, None, None]
