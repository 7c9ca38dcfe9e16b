"""Embeddings of an endpoint: order, batches, failures."""

import json

import pytest

from foretell.adapters.models.embeddings import BATCH, OpenAIEmbedder
from foretell.core.domain.conversation import Usage
from foretell.core.ports.targets import Tools
from foretell.core.ports.wire import WireFault, WireReply, WireRequest
from foretell.testing.targets import ScriptedWire

URL = "http://127.0.0.1:9/v1"


def lengths_backwards(request: WireRequest) -> bytes:
    texts = json.loads(request.body)["input"]
    data = [{"index": index, "embedding": [len(text), 1]} for index, text in enumerate(texts)]
    usage = {"prompt_tokens": 10 * len(texts), "total_tokens": 10 * len(texts)}
    return json.dumps({"data": data[::-1], "model": "e", "usage": usage}).encode()


def connect(wire: ScriptedWire) -> object:
    embedder = OpenAIEmbedder("e", URL, api_key_env="KEY", price={"input": 2.0})
    return embedder.connect(Tools(wire, {"KEY": "k-123"}.get))


async def test_vectors_come_in_the_order_of_the_texts() -> None:
    wire = ScriptedWire(by=lengths_backwards)
    reply = await connect(wire).embed(("a", "", "abc"))
    assert reply.vectors == ((1.0, 1.0), (1.0, 1.0), (3.0, 1.0))
    assert (reply.usage, reply.cost_usd) == (Usage(30, 0), pytest.approx(30 * 2.0 / 1e6))
    (request,) = wire.sent
    assert (request.url, request.headers["Authorization"]) == (f"{URL}/embeddings", "Bearer k-123")
    assert json.loads(request.body) == {"model": "e", "input": ["a", " ", "abc"]}


async def test_many_texts_go_out_in_batches() -> None:
    wire = ScriptedWire(by=lengths_backwards)
    texts = tuple("x" * (number % 7 + 1) for number in range(BATCH + 3))
    reply = await connect(wire).embed(texts)
    assert reply.usage.input_tokens == 10 * len(texts)
    assert [vector[0] for vector in reply.vectors] == [len(text) for text in texts]
    assert [len(json.loads(request.body)["input"]) for request in wire.sent] == [BATCH, 3]


async def test_tokens_that_nobody_counted_have_no_known_cost() -> None:
    reply = await connect(ScriptedWire(b'{"data": [{"index": 0, "embedding": [1]}]}')).embed(("a",))
    assert (reply.usage, reply.cost_usd) == (Usage(), None)
    assert (await connect(ScriptedWire()).embed(())).cost_usd == 0


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (WireReply(429, {}, b'{"error": "slow"}', 0.1), "rate_limited", "HTTP 429: slow"),
        (WireReply(401, {}, b'{"error": "bad k-123"}', 0.1), "error", "HTTP 401: bad ***"),
        (b'{"data": []}', "error", "1 texts were sent, 0 vectors came back."),
        (b"<html>", "error", "The reply is HTML, JSON was expected: <html>"),
        (WireFault("timeout", "No reply."), "timeout", "No reply."),
    ],
)
async def test_failures_are_faults_of_the_wire(answer: object, kind: str, message: str) -> None:
    with pytest.raises(WireFault) as caught:
        await connect(ScriptedWire(answer)).embed(("a",))
    assert (caught.value.kind, str(caught.value)) == (kind, message)
