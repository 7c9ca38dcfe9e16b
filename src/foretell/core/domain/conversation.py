"""Chat messages and tool calls, and the questions that a dialogue may ask of a model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from foretell.core.domain.values import Json, JsonObject, text_of


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call that a model asked for. `arguments` is the decoded JSON, or the raw text when it did not decode."""

    name: str
    arguments: Json = None
    id: str | None = None

    @property
    def decoded(self) -> Json:
        """The arguments; a text that holds JSON is read, no arguments are an empty object."""
        if not isinstance(self.arguments, str):
            return {} if self.arguments is None else self.arguments
        try:
            return json.loads(self.arguments)
        except (ValueError, RecursionError):
            return self.arguments


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat: role `system`, `user`, `assistant` or `tool`."""

    role: str
    content: Json = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None

    @property
    def text(self) -> str:
        """The content as text; the text parts of a list of parts, joined."""
        content: Json = self.content
        if hasattr(content, "append"):
            return "".join(str(part.get("text", "")) for part in content if hasattr(part, "get"))
        return text_of(content)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one trial, all turns and retries included. None is unknown, which is not 0."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None

    def plus(self, other: "Usage") -> "Usage":
        """The sum; unknown plus known is the known part."""
        return Usage(
            add_known(self.input_tokens, other.input_tokens),
            add_known(self.output_tokens, other.output_tokens),
            add_known(self.cached_tokens, other.cached_tokens),
        )


def add_known(a: int | None, b: int | None) -> int | None:
    """The sum of what is known, None when neither is."""
    if a is None or b is None:
        return a if b is None else b
    return a + b


@dataclass(slots=True)
class Chat:
    """A question to a chat model. `model` names a target of kind `model`; None is the dialogue's own default.

    `timeout_s` None leaves it to the model how long an answer may take.
    """

    messages: tuple[Message, ...]
    model: str | None = None
    seed: int | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    tools: tuple[Json, ...] = ()
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class Embed:
    """A request for the vectors of some texts.

    `embedder` is a name, or `{"use": name, …}` with its parameters; None is the built-in.
    """

    texts: tuple[str, ...]
    embedder: str | JsonObject | None = None


Ask: TypeAlias = Chat | Embed


@dataclass(slots=True)
class Reply:
    """What came back for one ask: a message, or one vector for each text, or an error text.

    `seconds` is what the last request took, without the wait for a rate limit; None when there was no reply.
    """

    message: Message | None = None
    vectors: tuple[tuple[float, ...], ...] = ()
    model: str | None = None
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    finish_reason: str | None = None
    system_fingerprint: str | None = None
    error: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    seconds: float | None = None
