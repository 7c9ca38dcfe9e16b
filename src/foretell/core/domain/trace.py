"""What was seen inside a target: spans, and the honest statement that nothing was."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from foretell.core.domain.values import Json

SpanKind: TypeAlias = Literal["llm", "retrieval", "tool", "prompt", "postprocess", "render", "agent", "chain", "other"]
SPAN_KINDS: tuple[str, ...] = get_args(SpanKind)


@dataclass(frozen=True, slots=True)
class Span:
    """One step inside one trial. `start` and `end` are seconds since the epoch; `error` is what was raised, as text."""

    name: str
    kind: SpanKind = "other"
    span_id: str | None = None
    parent_id: str | None = None
    start: float | None = None
    end: float | None = None
    input: Json = None
    output: Json = None
    error: str | None = None
    attributes: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Trace:
    """The spans of one trial, in the order in which they started."""

    spans: tuple[Span, ...] = ()

    def of_kind(self, kind: SpanKind) -> tuple[Span, ...]:
        """The spans of one kind."""
        return tuple(span for span in self.spans if span.kind == kind)


@dataclass(frozen=True, slots=True)
class NotSeen:
    """There is no trace, and why."""

    reason: str
