"""Chat messages as recordings give them, and the steps that can be read from them."""

from collections.abc import Sequence

from foretell.core.domain.conversation import Message, ToolCall
from foretell.core.domain.files.rows import Row
from foretell.core.domain.files.strict import NotJson, parse, show
from foretell.core.domain.trace import Span
from foretell.core.domain.values import Json

# What some makers call the same roles.
_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}


def messages_of(row: Row, name: str) -> tuple[Message, ...]:
    """The messages in a field, in the form of the chat completions API."""
    return tuple(_message(child) for child in row.children(name))


def spans_of_messages(messages: Sequence[Message]) -> tuple[Span, ...]:
    """One span for each assistant message and each tool call, in order.

    A message is named after its speaker when it says who that is. A tool's output is the next message with its call's
    id; calls without an id take the tool messages in their order.
    """
    spans: list[Span] = []
    used: set[int] = set()
    for position, message in enumerate(messages):
        if message.role != "assistant":
            continue
        spans.append(Span(message.name or "assistant", "llm", output=message.content))
        for call in message.tool_calls:
            answer = _answer(messages, position, call, used)
            used.add(answer)
            output = messages[answer].content if answer >= 0 else None
            spans.append(Span(call.name, "tool", span_id=call.id, input=call.arguments, output=output))
    return tuple(spans)


def last_answer(messages: Sequence[Message]) -> Json:
    """What the assistant said last, None when it said nothing."""
    said = (message.content for message in reversed(messages) if message.role == "assistant")
    return next((content for content in said if content is not None), None)


def _answer(messages: Sequence[Message], asked: int, call: ToolCall, used: set[int]) -> int:
    """The position of the message that answers a call, -1 when none does. Ids may recur later in a conversation."""
    for position in range(asked + 1, len(messages)):
        message = messages[position]
        if call.id is None and message.role == "assistant":
            break
        if message.role == "tool" and position not in used and message.tool_call_id == call.id:
            return position
    return -1


def _message(row: Row) -> Message:
    role = row.name("role")
    if role and role not in _ROLES:
        row.wrong("role", f"is {show(role)}, not a role.", f"Known: {', '.join(sorted(_ROLES))}.")
    calls = [_call(child) for child in row.children("tool_calls")]
    legacy = row.mapping("function_call")
    if legacy:
        calls.append(_function(row.child("function_call", legacy), None))
    return Message(
        role=_ROLES.get(role, role),
        content=row.take("content"),
        tool_calls=tuple(calls),
        tool_call_id=row.text("tool_call_id"),
        name=row.text("name"),
    )


def _call(row: Row) -> ToolCall:
    inner = row.mapping("function")
    return _function(row.child("function", inner) if inner else row, row.text("id"))


def _function(row: Row, call_id: str | None) -> ToolCall:
    return ToolCall(row.name("name"), _arguments(row.take("arguments")), call_id)


def _arguments(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    try:
        return parse(value)
    except NotJson:
        return value
