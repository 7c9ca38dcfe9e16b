"""A span of any dialect as ours. What the table names is taken out of the attributes, everything else stays."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from foretell.adapters.capture import conventions as names
from foretell.adapters.capture.chat import messages_in, read_call, read_json, shown, unflatten
from foretell.adapters.capture.raw import RawEvent, RawSpan
from foretell.core.domain.arrivals import RUN_MARK, Arrival, run_of
from foretell.core.domain.trace import Span, SpanKind
from foretell.core.domain.values import Json

CONVERSATION: Final = frozenset(("gen_ai.conversation.id", *names.PRESENT["gen_ai.conversation.id"]))
"""Attributes that may name the conversation."""
MARKS: Final = frozenset((RUN_MARK,))
"""Attributes that mark a span of an evaluation."""
_OLDER: Final = {older: present for present, others in names.PRESENT.items() for older in others}
_INDEXED: Final = tuple(f"{name}." for name in (*names.MESSAGES_IN, *names.MESSAGES_OUT, *names.DOCUMENTS, names.TOOLS))
_TAKEN: Final = frozenset(
    (*names.MESSAGES_IN, *names.MESSAGES_OUT, *names.VALUES_IN, *names.VALUES_OUT, *names.DOCUMENTS, *names.MEDIA,
     names.INSTRUCTIONS)
)  # fmt: skip


def arrival_of(raw: RawSpan) -> Arrival:
    """A raw span in our words."""
    details = [event for event in raw.events if names.CONTENT_EVENTS.get(event.name) == ""]
    given = {**raw.attributes, **{name: value for event in details for name, value in event.attributes.items()}}
    attributes = _present(given)
    kind = kind_of(given)
    span = Span(
        name=str(attributes.get("gen_ai.tool.name") or raw.name) if kind == "tool" else raw.name,
        kind=kind,
        span_id=raw.span_id,
        parent_id=raw.parent_id,
        start=raw.start,
        end=raw.end,
        input=_input(given, raw.events),
        output=_output(given, raw.events, kind),
        error=raw.error if raw.error not in (None, "error") else _raised(raw),
        attributes=attributes,
    )
    conversation = attributes.get("gen_ai.conversation.id") or _first(raw.resource, CONVERSATION)
    return Arrival(
        trace_id=raw.trace_id,
        span=span,
        state=raw.state,
        conversation_id=conversation if isinstance(conversation, str) else None,
        release=_text(_first(raw.resource, names.RELEASE)),
        run=run_of(raw.state) or _text(raw.attributes.get(RUN_MARK) or raw.resource.get(RUN_MARK)),
        feedback=_feedback(raw),
        is_note=raw.is_note,
    )


def kind_of(attributes: Mapping[str, Json]) -> SpanKind:
    """The kind that a span's attributes speak of."""
    for name, kinds in names.KINDS:
        value = attributes.get(name)
        if isinstance(value, str) and (kind := kinds.get(value) or kinds.get(value.upper())):
            return kind
    return "other"


def _present(given: Mapping[str, Json]) -> dict[str, Json]:
    """Attributes under their present names, without the content."""
    found = {
        name: value
        for name, value in given.items()
        if name not in _TAKEN
        and name not in _OLDER
        and not name.startswith(_INDEXED)
        and not name.startswith(names.FEEDBACK_PREFIX)
    }
    for present, others in names.PRESENT.items():
        if present not in found:
            value = next((given[other] for other in others if other in given), None)
            if value is not None:
                found[present] = value
    tools = [read_json(tool.get("tool", tool).get("json_schema")) for tool in unflatten(given, names.TOOLS)]
    return {**found, "gen_ai.tool.definitions": tools} if tools else found


def _input(given: Mapping[str, Json], events: Sequence[RawEvent]) -> Json:
    messages = _instructions(given) + _messages(given, names.MESSAGES_IN)
    if not messages:
        messages = [_of_event(event, names.MESSAGE_EVENTS[event.name]) for event in events if _is_message(event)]
        messages += _contents(events, "gen_ai.content.prompt")
    return messages or _value(given, names.VALUES_IN)


def _output(given: Mapping[str, Json], events: Sequence[RawEvent], kind: SpanKind) -> Json:
    if kind == "retrieval" and (documents := _documents(given)):
        return documents
    messages = _messages(given, names.MESSAGES_OUT)
    if not messages:
        messages = [_of_event(event, "assistant") for event in events if event.name == names.CHOICE_EVENT]
        messages += _contents(events, "gen_ai.content.completion")
    found = shown([{**message, "role": message.get("role") or "assistant"} for message in messages])
    return _value(given, names.VALUES_OUT) if found is None else found


def _messages(given: Mapping[str, Json], places: Sequence[str]) -> list[dict[str, Json]]:
    for name in places:
        value: Json = given.get(name)
        found = messages_in(unflatten(given, name) if value is None else value)
        if found:
            return found
    return []


def _instructions(given: Mapping[str, Json]) -> list[dict[str, Json]]:
    """System instructions, which stand apart from the messages: a list of parts, or text."""
    value: Any = read_json(given.get(names.INSTRUCTIONS))
    if isinstance(value, list):
        return messages_in([{"role": "system", "parts": value}])
    return [{"role": "system", "content": value}] if isinstance(value, str) else []


def _is_message(event: RawEvent) -> bool:
    return event.name in names.MESSAGE_EVENTS


def _of_event(event: RawEvent, role: str) -> dict[str, Json]:
    """The message in an event: its attributes, of which some are JSON in text."""
    fields = {name: read_json(value) for name, value in event.attributes.items()}
    found = messages_in([{"role": role, **fields}])
    return found[0] if found else {"role": role, "content": None}


def _contents(events: Sequence[RawEvent], name: str) -> list[dict[str, Json]]:
    place = names.CONTENT_EVENTS[name]
    return [message for event in events if event.name == name for message in messages_in(event.attributes.get(place))]


def _documents(given: Mapping[str, Json]) -> list[Json]:
    for name in names.DOCUMENTS:
        value: Any = read_json(given.get(name))
        listed = cast("list[Any]", value) if isinstance(value, list) else unflatten(given, name)
        if listed:
            return [_plain_document(item) for item in listed]
    return []


def _plain_document(item: Any) -> Json:
    """A document's own fields, out of the wrapper that OpenInference puts around them."""
    if not isinstance(item, dict):
        return item
    whole = cast("dict[str, Any]", item)
    inner: Any = whole.get("document", whole)
    if not isinstance(inner, dict):
        return inner
    return {name: read_json(value) for name, value in cast("dict[str, Any]", inner).items()}


def _value(given: Mapping[str, Json], places: Sequence[str]) -> Json:
    """The first value there is. Text that is JSON is read; where a tool's result was written down as such, twice."""
    return read_json(read_call(next((given[name] for name in places if given.get(name) is not None), None)))


def _raised(raw: RawSpan) -> str | None:
    """What a span that failed says of it: the exception, else its type."""
    if raw.error is None:
        return None
    for event in raw.events:
        if event.name == "exception":
            kind, message = (event.attributes.get(f"exception.{part}") for part in ("type", "message"))
            return f"{kind}: {message}" if message else str(kind)
    return str(raw.attributes.get("error.type") or raw.error)


def _feedback(raw: RawSpan) -> dict[str, Json]:
    """What is said of the interaction: annotations, and events that carry an evaluation's result."""
    start = names.FEEDBACK_PREFIX
    found = {name[len(start) :]: value for name, value in raw.attributes.items() if name.startswith(start)}
    for event in raw.events:
        name = event.attributes.get("gen_ai.evaluation.name")
        if event.name == names.EVALUATION_EVENT and isinstance(name, str):
            label, score = (event.attributes.get(f"gen_ai.evaluation.score.{part}") for part in ("label", "value"))
            found[name] = judged(name, label, score)
    return found


def judged(name: str, label: Json, score: Json) -> Json:
    """What a judgement says: its score, else its label; 0 and 1 are no and yes where the name asks for these."""
    value = label if score is None else score
    return bool(value) if name in names.YES_OR_NO and value in (0, 1) else value


def _first(given: Mapping[str, Json], places: Iterable[str]) -> Json:
    return next((given[name] for name in places if name in given), None)


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None
