"""The spans of one trace as one interaction: what was asked, what was answered, and what it took."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from foretell.core.domain.conversation import Usage
from foretell.core.domain.trace import Span
from foretell.core.domain.traffic import Interaction
from foretell.core.domain.values import Json


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of an interaction beside its spans."""

    at: str
    conversation_id: str | None = None
    release: str | None = None
    probability: float | None = None
    feedback: Mapping[str, Json] = field(default_factory=dict[str, Json])
    metadata: Mapping[str, Json] = field(default_factory=dict[str, Json])


def interaction_of(identity: str, spans: Iterable[Span], told: Told) -> Interaction:
    """The interaction of a trace. Its time is that of its earliest span, `told.at` when none has one."""
    kept = once_each(spans)
    asked, answered = _asked(kept), _answered(kept)
    starts = [span.start for span in kept if span.start is not None]
    calls = [span for span in kept if span.kind == "llm"]
    return Interaction(
        id=identity,
        at=datetime.fromtimestamp(min(starts), UTC).isoformat(timespec="milliseconds") if starts else told.at,
        input=asked,
        conversation_id=told.conversation_id,
        output=answered,
        spans=kept,
        model=next((model for span in reversed(calls) if (model := _model(span))), None),
        usage=_usage(calls),
        cost_usd=_cost(calls),
        feedback=told.feedback,
        release=told.release,
        probability=told.probability,
        metadata=told.metadata,
    )


def once_each(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in the order in which they started, each id once: a sender that hears no answer sends again."""
    found: dict[object, Span] = {}
    for number, span in enumerate(spans):
        found.setdefault(span.span_id or number, span)
    return tuple(sorted(found.values(), key=lambda span: span.start or 0.0))


def with_notes(spans: Sequence[Span], notes: Sequence[Span]) -> list[Span]:
    """Spans with the input and output that was told of them apart, where they have none; a note twice counts once."""
    told: dict[str | None, list[Span]] = {}
    for note in notes:
        known = told.setdefault(note.span_id, [])
        if note not in known:
            known.append(note)
    return [_noted(span, told[span.span_id]) if span.span_id in told else span for span in spans]


def _noted(span: Span, notes: Sequence[Span]) -> Span:
    asked = [note.input for note in notes if note.input is not None]
    messages = [message for one in asked if isinstance(one, list) for message in cast("list[Any]", one)]
    answered = next((note.output for note in notes if note.output is not None), None)
    return replace(
        span,
        input=(messages or next(iter(asked), None)) if span.input is None else span.input,
        output=answered if span.output is None else span.output,
    )


def roots_of(spans: Sequence[Span]) -> list[Span]:
    """The spans whose parent is not among them."""
    known = {span.span_id for span in spans}
    return [span for span in spans if span.parent_id is None or span.parent_id not in known]


def _by_rank(spans: Sequence[Span]) -> list[Span]:
    """The outermost spans first, since they saw what the user asked and got; then in the order of their start.

    What went into and came out of tools and retrieval is said by no user, so that these come last.
    """
    parents = {span.span_id: span.parent_id for span in spans}

    def depth(span: Span) -> int:
        steps, above = 0, span.parent_id
        while above in parents and steps < len(spans):
            above, steps = parents[above], steps + 1
        return steps

    return sorted(spans, key=lambda span: (span.kind in ("tool", "retrieval"), depth(span)))


def _asked(spans: Sequence[Span]) -> Json:
    """The input of the outermost span that has one. A target brings its own system prompt, so that is left out."""
    value: Json = next((span.input for span in _by_rank(spans) if span.input is not None), None)
    if not isinstance(value, list):
        return value
    items = cast("list[Any]", value)
    if not all(isinstance(item, Mapping) and "role" in item for item in items):
        return items
    said = [item for item in items if item["role"] not in ("system", "developer")]
    while said and said[-1]["role"] in ("assistant", "tool"):  # a span's whole conversation ends with its answer
        said.pop()
    return said[0]["content"] if len(said) == 1 else said or None


def _answered(spans: Sequence[Span]) -> Json:
    """The output of the outermost span that has one; of several as far out, of the last."""
    ranked = [span for span in _by_rank(spans) if span.output is not None]
    if not ranked:
        return None
    first = ranked[0]
    outermost = [span for span in ranked if span.parent_id == first.parent_id and not _is_inner(span, first)]
    return outermost[-1].output


def _is_inner(span: Span, first: Span) -> bool:
    inner = ("tool", "retrieval")
    return span.kind in inner and first.kind not in inner


def _model(span: Span) -> str | None:
    found: Json = span.attributes.get("gen_ai.response.model") or span.attributes.get("gen_ai.request.model")
    return found if isinstance(found, str) else None


def _usage(calls: Sequence[Span]) -> Usage:
    total = Usage()
    for span in calls:
        names = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.cache_read.input_tokens")
        total = total.plus(Usage(*(_count(span.attributes.get(name)) for name in names)))
    return total


def _count(value: Json) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else None


def _cost(calls: Sequence[Span]) -> float | None:
    """What the model calls say that they cost; unknown as soon as one of them does not."""
    total: float | None = None
    for span in calls:
        cost: Json = span.attributes.get("gen_ai.usage.cost")
        if not isinstance(cost, int | float) or isinstance(cost, bool):
            return None
        total = (total or 0.0) + cost
    return total
