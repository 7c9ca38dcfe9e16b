"""Inputs as messages, and messages as the API has them."""

import pytest

from foretell.core.domain.conversation import Message, ToolCall
from foretell.core.domain.messages import asked, message_fields


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ("Where?", (Message("user", "Where?"),)),
        (None, (Message("user", ""),)),
        ([], (Message("user", "[]"),)),
        ([{"role": "user", "content": "a"}, {"b": 1}], (Message("user", '[{"content":"a","role":"user"},{"b":1}]'),)),
        ([{"role": "nobody"}], (Message("user", '[{"role":"nobody"}]'),)),
        (
            [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
            (Message("system", "Be brief."), Message("user", "Hi")),
        ),
    ],
)
def test_inputs_become_messages(value: object, messages: tuple[Message, ...]) -> None:
    assert asked(value) == messages


def test_messages_survive_the_way_out_and_back() -> None:
    said = (
        Message("user", [{"type": "text", "text": "Where?"}]),
        Message("assistant", None, (ToolCall("find", {"order": 7}, "c1"), ToolCall("wait", {}, "c2"))),
        Message("tool", "sent", tool_call_id="c1", name="find"),
    )
    assert asked([message_fields(message) for message in said]) == said


def test_calls_without_an_id_get_one() -> None:
    fields = message_fields(Message("assistant", None, (ToolCall("a"), ToolCall("b", "not {json"))))
    assert fields["tool_calls"] == [
        {"id": "call_0", "type": "function", "function": {"name": "a", "arguments": "{}"}},
        {"id": "call_1", "type": "function", "function": {"name": "b", "arguments": "not {json"}},
    ]
