"""Inputs as chat messages, and messages in the form of the chat completions API."""

from collections.abc import Mapping
from typing import cast

from foretell.core.domain.conversation import Message, ToolCall
from foretell.core.domain.files.messages import messages_of
from foretell.core.domain.files.rows import Row
from foretell.core.domain.values import Json, text_of


def asked(value: Json) -> tuple[Message, ...]:
    """An input as messages: a list of chat messages as it is, anything else as one user message with its text.

    >>> asked("hello")
    (Message(role='user', content='hello', tool_calls=(), tool_call_id=None, name=None),)
    """
    if isinstance(value, list) and value:
        parts = cast("list[Json]", value)
        if all(isinstance(part, Mapping) and "role" in part for part in parts):
            row = Row("input", {"messages": parts})
            messages = messages_of(row, "messages")
            if not row.problems:
                return messages
    return (Message("user", text_of(value)),)


def message_fields(message: Message) -> dict[str, Json]:
    """A message as JSON: content is text, null or a list of parts, tool arguments are JSON text."""
    content = message.content
    fields: dict[str, Json] = {"role": message.role}
    if content is None or isinstance(content, str | list | tuple):
        fields["content"] = cast("Json", content)
    else:
        fields["content"] = text_of(content)
    if message.tool_calls:
        fields["tool_calls"] = [_call_fields(call, number) for number, call in enumerate(message.tool_calls)]
    if message.tool_call_id is not None:
        fields["tool_call_id"] = message.tool_call_id
    if message.name is not None:
        fields["name"] = message.name
    return fields


def _call_fields(call: ToolCall, number: int) -> dict[str, Json]:
    arguments = "{}" if call.arguments is None else text_of(call.arguments)
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.id or f"call_{number}", "type": "function", "function": function}
