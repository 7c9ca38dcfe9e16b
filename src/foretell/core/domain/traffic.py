"""Interactions of production, already anonymised when they become values of ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from foretell.core.domain.conversation import Usage
from foretell.core.domain.trace import Span
from foretell.core.domain.values import Json, JsonObject, text_of


@dataclass(frozen=True, slots=True)
class Interaction:
    """One exchange between a user and the system in production.

    `at` is RFC 3339; `input` is null when only sizes are known. `feedback` may hold `resolved`, `rating`, `escalated`.
    `probability` is the chance with which it came into what is kept, None when nobody knows; rates weight by it.
    `metadata` is whatever else was said of it.
    """

    id: str
    at: str
    input: Json
    conversation_id: str | None = None
    output: Json = None
    spans: tuple[Span, ...] = ()
    model: str | None = None
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    feedback: JsonObject = field(default_factory=dict[str, Json])
    release: str | None = None
    probability: float | None = None
    metadata: JsonObject = field(default_factory=dict[str, Json])


def question_of(asked: Json) -> str:
    """What a user asked last, as text: the last user message of a conversation, a text as it is, else JSON."""
    plain: Any = asked
    if not hasattr(plain, "append"):
        return text_of(asked)
    said = [cast("Mapping[str, Json]", one) for one in cast("Sequence[Any]", plain) if hasattr(one, "items")]
    users = [one for one in said if one.get("role") == "user"]
    return text_of(users[-1].get("content")) if users else text_of(asked)


def answer_of(given: Json) -> Json:
    """What a user was answered: `output` where a function gave an object that holds it, as a target may; else all."""
    plain: Any = given
    return plain["output"] if hasattr(plain, "items") and "output" in plain else given
