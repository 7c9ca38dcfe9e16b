"""A model as a target: what it is asked, what comes out, and how its errors are kept apart."""

import json
from datetime import UTC, datetime

import pytest

from foretell.adapters.targets.model import ModelTarget
from foretell.core.domain.conversation import Chat, Message, Usage
from foretell.core.domain.trace import Span, Trace
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.errors import ConfigurationError
from foretell.core.ports.targets import Tools, Turn
from foretell.core.ports.wire import WireFault, WireReply
from foretell.testing.targets import ScriptedWire

URL = "http://127.0.0.1:9/v1"
ANSWER = json.dumps(
    {
        "choices": [{"message": {"role": "assistant", "content": "There."}, "finish_reason": "stop"}],
        "model": "m-2024",
        "usage": {"prompt_tokens": 10, "completion_tokens": 2},
        "system_fingerprint": "fp_1",
    }
).encode()


def connect(wire: ScriptedWire, **params: object) -> object:
    return ModelTarget(**{"model": "openai:m", "url": URL, **params}).connect(Tools(wire, {"KEY": "k-123"}.get))


async def sent_for(turn: Turn, **params: object) -> list[dict]:
    wire = ScriptedWire(ANSWER)
    await connect(wire, **params).answer(turn)
    return json.loads(wire.sent[0].body)["messages"]


async def test_an_answer_is_a_whole_outcome() -> None:
    target = connect(ScriptedWire(ANSWER), system="Be brief.", price={"input": 1.0, "output": 2.0})
    outcome = await target.answer(Turn("Where?", "c-1"))
    assert isinstance(outcome.trace, Trace)
    (span,) = outcome.trace.spans
    assert span.start is not None
    assert outcome == Outcome(
        output="There.",
        messages=(Message("system", "Be brief."), Message("user", "Where?"), Message("assistant", "There.")),
        trace=Trace(
            (
                Span(
                    "chat openai:m",
                    "llm",
                    start=span.start,
                    end=span.start + 0.01,
                    attributes={
                        "gen_ai.operation.name": "chat",
                        "gen_ai.provider.name": "openai",
                        "gen_ai.request.model": "openai:m",
                        "gen_ai.response.model": "m-2024",
                        "gen_ai.response.finish_reasons": ["stop"],
                        "gen_ai.usage.input_tokens": 10,
                        "gen_ai.usage.output_tokens": 2,
                    },
                ),
            )
        ),
        model="m-2024",
        usage=Usage(10, 2),
        cost_usd=pytest.approx(14e-6),
        latency_ms=10.0,
        finish_reason="stop",
        system_fingerprint="fp_1",
        at=datetime.fromtimestamp(span.start + 0.01, UTC).isoformat(timespec="milliseconds"),
    )


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        ("Where?", [{"role": "user", "content": "Where?"}]),
        ({"order": 7}, [{"role": "user", "content": '{"order":7}'}]),
        (["a", 1], [{"role": "user", "content": '["a",1]'}]),
        (
            [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}],
            [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}],
        ),
    ],
)
async def test_inputs_of_any_form_become_messages(given: object, messages: list[dict]) -> None:
    assert await sent_for(Turn(given, "c-1")) == messages


async def test_the_system_prompt_stands_first_and_once() -> None:
    first = await sent_for(Turn("Where?", "c-1"), system="Be brief.")
    history = (Message("system", "Be brief."), Message("user", "Where?"), Message("assistant", "There."))
    later = await sent_for(Turn("Sure?", "c-1", history=history), system="Be brief.")
    own = await sent_for(
        Turn([{"role": "system", "content": "Own."}, {"role": "user", "content": "Hi"}], "c-1"), system="X"
    )
    assert [[message["role"] for message in messages] for messages in (first, later, own)] == [
        ["system", "user"],
        ["system", "user", "assistant", "user"],
        ["system", "user"],
    ]
    assert own[0]["content"] == "Own."


async def test_a_template_frames_the_first_message_only() -> None:
    template = "Q: {{ input.q }}\nA:"
    first = await sent_for(Turn({"q": "Where?"}, "c-1"), template=template)
    later = await sent_for(Turn("Sure?", "c-1", history=(Message("user", "x"),)), template=template)
    assert (first[-1]["content"], later[-1]["content"]) == ("Q: Where?\nA:", "Sure?")


@pytest.mark.parametrize("name", ["openai:m", "openai/m", "openai:/m"])
async def test_names_are_read_in_three_forms(name: str) -> None:
    wire = ScriptedWire(ANSWER)
    await connect(wire, model=name).answer(Turn("x", "c"))
    assert json.loads(wire.sent[0].body)["model"] == "m"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (WireFault("timeout", "No reply."), TrialError("timeout", "No reply.")),
        (WireReply(429, {}, b"slow: down", 0.1), TrialError("rate_limited", "HTTP 429: slow: down")),
        (WireReply(502, {}, b"", 0.1), TrialError("server_error", "HTTP 502, no text.")),
    ],
)
async def test_failures_keep_their_kind(answer: object, error: TrialError) -> None:
    outcome = await connect(ScriptedWire(answer)).answer(Turn("x", "c"))
    assert (outcome.error, outcome.output, outcome.trace.spans[0].error) == (error, None, error.message)


async def test_a_plugins_error_without_a_kind_is_a_plain_one() -> None:
    class Silent:
        async def chat(self, ask: Chat) -> object:
            from foretell.core.domain.conversation import Reply

            return Reply(error="nobody home: try again")

    target = connect(ScriptedWire())
    target.chat_model = Silent()
    outcome = await target.answer(Turn("x", "c"))
    assert outcome.error == TrialError("error", "nobody home: try again")


async def test_requests_get_their_turns_timeout_but_a_dialogues_own_do_not() -> None:
    wire = ScriptedWire(ANSWER, ANSWER)
    target = connect(wire)
    await target.answer(Turn("x", "c", timeout_s=7.5))
    await target.chat_model.chat(Chat((Message("user", "x"),)))
    assert [request.timeout_s for request in wire.sent] == [7.5, 300.0]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"model": "gpt-5"},
            (
                "model 'gpt-5': no provider is named. Write provider:name, like openai:gpt-5. "
                "Any endpoint that speaks OpenAI's chat completions works as openai:NAME with its url."
            ),
        ),
        (
            {"model": "opnai:gpt-5"},
            (
                "model 'opnai:gpt-5': provider 'opnai' is not known. Did you mean 'openai'? "
                "Any endpoint that speaks OpenAI's chat completions works as openai:NAME with its url."
            ),
        ),
        (
            {"api_key": "sk-123"},
            (
                "model 'openai:m', api_key: a secret is given by the name of an environment variable, "
                'never by its value. Write { env = "NAME" } and set NAME where foretell runs.'
            ),
        ),
        (
            {"api_key": {"env": "NOPE"}},
            "model 'm': the environment variable NOPE is not set. Set it: export NOPE=…",
        ),
        (
            {"template": "{{ question }}"},
            "model 'openai:m', template: placeholder '{{ question }}' stands for nothing. Known: input.",
        ),
    ],
)
def test_what_cannot_work_is_said_before_any_call(params: dict, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connect(ScriptedWire(), **params)
    assert str(caught.value) == message
    assert "sk-123" not in str(caught.value)


async def test_the_key_is_sent_and_never_shown() -> None:
    kind = ModelTarget("openai:m", url=URL, api_key={"env": "KEY"})
    wire = ScriptedWire(WireReply(400, {}, b'{"error": "k-123 is a bad key"}', 0.1))
    live = kind.connect(Tools(wire, {"KEY": "k-123"}.get))
    outcome = await live.answer(Turn("x", "c"))
    assert wire.sent[0].headers["Authorization"] == "Bearer k-123"
    assert "k-123" not in f"{kind!r} {live!r} {live.chat_model!r} {outcome!r}"
