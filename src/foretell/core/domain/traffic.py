"""Interactions of production, already anonymised when they become values of ours."""

from dataclasses import dataclass, field

from foretell.core.domain.conversation import Usage
from foretell.core.domain.trace import Span
from foretell.core.domain.values import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Interaction:
    """One exchange between a user and the system in production.

    `at` is RFC 3339; `input` is null when only sizes are known. `feedback` may hold `resolved`, `rating`, `escalated`.
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
    metadata: JsonObject = field(default_factory=dict[str, Json])
