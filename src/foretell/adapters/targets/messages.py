"""A turn as chat messages, and messages as JSON."""

import json
from collections.abc import Mapping
from typing import cast

from foretell.core.domain.conversation import Message, ToolCall
from foretell.core.domain.values import Json
from foretell.core.ports.targets import Turn


def asked(value: Json) -> tuple[Message, ...]:
    """An input as messages: a list of chat messages as it is, anything else as one user message with its text."""
    if isinstance(value, list) and value:
        parts = cast("list[Json]", value)
        if all(isinstance(part, Mapping) and "role" in part for part in parts):
            return tuple(read_message(part) for part in parts)
    return (Message("user", value if isinstance(value, str) else _as_text(value)),)


def conversation(turn: Turn) -> tuple[Message, ...]:
    """Everything said so far, this turn's input last."""
    return (*turn.history, *asked(turn.input))


def read_message(fields: Mapping[str, Json]) -> Message:
    """A message from JSON; tool calls as OpenAI nests them (`function`), or flat (`name`, `arguments`)."""
    calls: list[Json] = fields.get("tool_calls") or []
    return Message(
        str(fields["role"]),
        fields.get("content"),
        tuple(_read_call(call) for call in calls),
        fields.get("tool_call_id"),
        fields.get("name"),
    )


def write_message(message: Message) -> dict[str, Json]:
    """A message as JSON, tool calls flat, empty fields left out."""
    fields: dict[str, Json] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        fields["tool_calls"] = [
            {"name": call.name, "arguments": call.arguments, "id": call.id} for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        fields["tool_call_id"] = message.tool_call_id
    if message.name is not None:
        fields["name"] = message.name
    return fields


def _read_call(call: Mapping[str, Json]) -> ToolCall:
    function: Mapping[str, Json] = call.get("function") or call
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return ToolCall(str(function.get("name", "")), arguments, call.get("id"))
    return ToolCall(str(function.get("name", "")), arguments, call.get("id"))


def _as_text(value: Json) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)
