"""Chat completions: what is sent, what is understood of the reply, and how failures are told."""

import json

import pytest

from foretell.adapters.models.openai import OpenAIModel
from foretell.core.domain.conversation import Chat, Message, Reply, ToolCall, Usage
from foretell.core.errors import ConfigurationError
from foretell.core.ports.targets import Tools
from foretell.core.ports.wire import WireFault, WireReply
from foretell.testing.targets import ScriptedWire

LOCAL = "http://127.0.0.1:9/v1"
QUESTION = Chat((Message("user", "Where is it?"),))
SECRETS = {"OPENAI_API_KEY": "sk-openai-1", "GATEWAY_KEY": "gw-secret-1"}


def completion(message: dict, **fields: object) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return json.dumps({"choices": [choice | fields.pop("choice", {})], "model": "m-1", **fields}).encode()


async def ask(*answers: object, chat: Chat = QUESTION, **params: object) -> tuple[Reply, ScriptedWire]:
    wire = ScriptedWire(*answers)
    live = OpenAIModel(**{"model": "m", "url": LOCAL, **params}).connect(Tools(wire, SECRETS.get))
    return await live.chat(chat), wire


async def test_a_whole_reply_is_understood() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"order": 7}'}}
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 400}}
    body = completion({"content": "There.", "tool_calls": [call]}, usage=usage, system_fingerprint="fp")
    price = {"input": 1.0, "output": 10.0, "cached_input": 0.5}
    reply, _ = await ask(WireReply(200, {"x-id": "1"}, body, 0.1), price=price)
    assert reply == Reply(
        message=Message("assistant", "There.", (ToolCall("find", {"order": 7}, "c1"),)),
        model="m-1",
        usage=Usage(1000, 100, 400),
        cost_usd=pytest.approx((600 * 1.0 + 400 * 0.5 + 100 * 10.0) / 1e6),
        finish_reason="stop",
        system_fingerprint="fp",
        headers={"x-id": "1"},
        seconds=0.1,
    )


async def test_a_question_is_sent_whole() -> None:
    messages = (
        Message("system", "Be brief."),
        Message("user", [{"type": "text", "text": "Where?"}]),
        Message("assistant", None, (ToolCall("find", {"order": 7}),)),
        Message("tool", {"state": "sent"}, tool_call_id="call_0"),
    )
    chat = Chat(messages, seed=5, max_tokens=9, temperature=0.5, tools=({"type": "function"},))
    _, wire = await ask(completion({"content": "x"}), chat=chat, temperature=0.1, max_tokens=50, params={"top_p": 0.9})
    assert json.loads(wire.sent[0].body) == {
        "model": "m",
        "top_p": 0.9,
        "temperature": 0.5,
        "max_tokens": 9,
        "seed": 5,
        "tools": [{"type": "function"}],
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Where?"}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "call_0", "type": "function", "function": {"name": "find", "arguments": '{"order":7}'}}
                ],
            },
            {"role": "tool", "content": '{"state":"sent"}', "tool_call_id": "call_0"},
        ],
    }
    assert wire.sent[0].url == f"{LOCAL}/chat/completions"


async def test_nothing_is_sent_that_was_not_asked_for() -> None:
    _, wire = await ask(completion({"content": "x"}))
    assert json.loads(wire.sent[0].body) == {"model": "m", "messages": [{"role": "user", "content": "Where is it?"}]}


@pytest.mark.parametrize(("params", "sent"), [({"seed": None}, None), ({"seed": 3}, 3), ({}, 8)])
async def test_a_seed_of_the_project_wins(params: dict, sent: int | None) -> None:
    _, wire = await ask(completion({"content": "x"}), chat=Chat(QUESTION.messages, seed=8), params=params)
    assert json.loads(wire.sent[0].body).get("seed") == sent


async def test_openai_itself_gets_its_newer_name_for_the_limit() -> None:
    _, wire = await ask(completion({"content": "x"}), url="https://api.openai.com/v1", max_tokens=9)
    assert json.loads(wire.sent[0].body)["max_completion_tokens"] == 9


@pytest.mark.parametrize(
    ("params", "sent"),
    [
        ({"url": "https://api.openai.com/v1"}, "Bearer sk-openai-1"),
        ({"url": LOCAL}, None),
        ({"url": "https://llm.example/v1"}, None),
        ({"url": "https://llm.example/v1", "api_key_env": "GATEWAY_KEY"}, "Bearer gw-secret-1"),
    ],
)
async def test_a_key_goes_only_where_it_belongs(params: dict, sent: str | None) -> None:
    _, wire = await ask(completion({"content": "x"}), **params)
    assert wire.sent[0].headers.get("Authorization") == sent


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"url": "https://api.openai.com/v1"},
            "model 'm': the environment variable OPENAI_API_KEY is not set. Set it: export OPENAI_API_KEY=…",
        ),
        (
            {"url": LOCAL, "api_key_env": "NOPE"},
            "model 'm': the environment variable NOPE is not set. Set it: export NOPE=…",
        ),
        ({"url": "localhost:8"}, "model 'm': url 'localhost:8' is not an address. "),
        ({"url": LOCAL, "params": {"stream": True}}, "model 'm': params must not hold 'stream'. foretell sets it."),
        ({"url": LOCAL, "price": {"input": "1"}}, "model 'm', price: 'output' is missing. "),
    ],
)
def test_what_cannot_work_is_said_before_any_call(params: dict, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        OpenAIModel("m", **params).connect(Tools(ScriptedWire(), {}.get))
    assert str(caught.value).startswith(message)


async def test_arguments_that_are_no_json_stay_text() -> None:
    call = {"id": "c", "function": {"name": "find", "arguments": '{"order": '}}
    reply, _ = await ask(completion({"content": None, "tool_calls": [call]}))
    assert reply.message == Message("assistant", None, (ToolCall("find", '{"order": ', "c"),))


async def test_a_refusal_is_what_the_model_said() -> None:
    reply, _ = await ask(completion({"content": None, "refusal": "I cannot help with that."}))
    assert (reply.message, reply.finish_reason, reply.error) == (
        Message("assistant", "I cannot help with that."),
        "refusal",
        None,
    )


def said(status: int, error: object) -> WireReply:
    return WireReply(status, {}, json.dumps({"error": error}).encode(), 0.1)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said(429, {"message": "Slow down."}), "rate_limited: HTTP 429: Slow down."),
        (said(503, {"message": "Overloaded."}), "rate_limited: HTTP 503: Overloaded."),
        (said(500, "boom"), "server_error: HTTP 500: boom"),
        (said(404, {"message": "No model 'm'."}), "error: HTTP 404: No model 'm'."),
        (said(400, {"message": "Filtered.", "code": "content_filter"}), "refused: HTTP 400: Filtered."),
        (
            WireReply(302, {"location": "https://b.example/x?key=1"}, b"", 0.1),
            (
                "error: HTTP 302, a redirect to 'https://b.example/x'. "
                "Redirects are not followed: set url to the final address."
            ),
        ),
        (b"<html>\n<b>Sign in</b>", "error: The reply is HTML, JSON was expected: <html>\\n<b>Sign in</b>"),
        (b"", "error: The reply is empty, JSON was expected."),
        (b'{"choices": []}', 'error: The reply has no choices: {"choices": []}'),
        (b'{"error": {"message": "No credit."}}', "error: The endpoint says: No credit."),
        (WireFault("timeout", "No reply."), "timeout: No reply."),
        (WireFault("unreachable", "No connection."), "unreachable: No connection."),
    ],
)
async def test_failures_say_their_kind(answer: object, error: str) -> None:
    reply, _ = await ask(answer)
    assert (reply.error, reply.message) == (error, None)


async def test_half_a_json_is_told_with_its_start() -> None:
    reply, _ = await ask(completion({"content": "x"})[:30])
    assert reply.error is not None
    assert reply.error.startswith("error: The reply is not JSON (Input data was truncated): {")


@pytest.mark.parametrize("body", [b"[1,2]", b'{"choices":[],"usage":{"prompt_tokens":"x"}}'])
async def test_json_of_another_form_is_not_called_no_json(body: bytes) -> None:
    reply, _ = await ask(WireReply(200, {}, body, 0.1))
    assert reply.error is not None
    assert reply.error.startswith("error: The reply is JSON of another form (Expected ")
    assert reply.error.endswith(f"): {body.decode()}")


async def test_a_filtered_answer_is_refused() -> None:
    reply, _ = await ask(completion({"content": None}, choice={"finish_reason": "content_filter"}))
    assert reply.error == "refused: The provider's content filter stopped the answer."


async def test_a_key_that_is_echoed_is_not_repeated() -> None:
    key = SECRETS["GATEWAY_KEY"]
    reply, wire = await ask(said(401, {"message": f"Incorrect API key provided: {key}."}), api_key_env="GATEWAY_KEY")
    assert reply.error == "ours: HTTP 401: Incorrect API key provided: ***."
    assert key in wire.sent[0].headers["Authorization"]


async def test_a_local_model_without_a_price_has_no_cost() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5}
    reply, _ = await ask(completion({"content": "x"}, usage=usage), model="gpt-5-mini")
    assert reply.cost_usd is None


async def test_limits_by_the_minute_hear_of_the_longest_answer_and_of_what_was_used() -> None:
    body = completion({"content": "There."}, usage={"prompt_tokens": 30, "completion_tokens": 4})
    _, wire = await ask(body, max_tokens=500)
    (request,) = wire.sent
    assert request.tokens == len(request.body) // 4 + 500
    assert [request.used(reply) for reply in (body, completion({}), b"<html>")] == [34, None, None]
