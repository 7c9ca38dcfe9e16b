"""Rows that Arize Phoenix exports: spans as its dataframes hold them, and annotations of spans, traces and sessions.

A spans dataframe has the columns `context.trace_id`, `context.span_id`, `parent_id`, `name`, `span_kind`, `start_time`,
`end_time`, `status_code`, `status_message`, `events`, and one for each attribute (`attributes.input.value` …). Phoenix
unflattens what OpenInference numbers (`llm.input_messages.0.message.role`) to lists of objects; here it goes back, so
that the one table of names reads it. An annotation has `annotation_name` or `name`, `annotator_kind`, a result, and the
id of what it is about.
"""

import ast
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, cast

from foretell.adapters.capture import conventions as names
from foretell.adapters.capture.fields import number, objects_in, opened, time
from foretell.adapters.capture.raw import MOST_ATTRIBUTES, MOST_EVENTS, RawEvent, RawSpan, is_id, kept_text, ordered
from foretell.adapters.capture.reading import arrival_of, judged
from foretell.core.domain.arrivals import Losses, Remark, Topic
from foretell.core.domain.files.strict import NotJson, parse
from foretell.core.domain.files.times import epoch_seconds
from foretell.core.domain.values import Json
from foretell.core.errors import Problem
from foretell.core.ports.archives import Found

_TRACE, _SPAN, _ATTRIBUTES = "context.trace_id", "context.span_id", "attributes."
_KIND: Final = "openinference.span.kind"
_WHOLE: Final = (
    "metadata", "llm.prompt_template.variables", "tool.parameters", *names.VALUES_IN, *names.VALUES_OUT,
)  # fmt: skip
"""How the names of attributes end that may be objects themselves: OpenInference writes them as JSON."""
_LISTED: Final = (*names.MESSAGES_IN, *names.MESSAGES_OUT, *names.DOCUMENTS, names.TOOLS)
_COUNTS: Final = ("llm.token_count.", "llm.cost.")
_ABOUT: Final[Mapping[str, Topic]] = {
    "span_id": "span", _SPAN: "span", "trace_id": "trace", "session_id": "conversation",
}  # fmt: skip
_LONGEST_LITERAL: Final = 1_000_000


def is_phoenix(row: Mapping[str, Json]) -> bool:
    """Whether a row can be nothing else."""
    return (_TRACE in row and _SPAN in row) or "annotator_kind" in row


def phoenix_row(where: str, row: Mapping[str, Json]) -> Iterator[Found | Problem]:
    """What a row holds: a span, or what was said of something."""
    return _annotation(where, row) if "annotator_kind" in row else _span(where, row)


def _span(where: str, row: Mapping[str, Json]) -> Iterator[Found | Problem]:
    trace_id, span_id, parent = (_text(row.get(name)).lower() for name in (_TRACE, _SPAN, "parent_id"))
    losses = Losses()
    if not is_id(trace_id, 32) or not is_id(span_id, 16):
        what = f"is no span: '{_TRACE}' has 32 hex digits and '{_SPAN}' has 16, one of them not 0."
        yield Problem(where, what, "Export the spans dataframe with all of its columns.")
        return
    try:
        start, end = ordered(_nanoseconds(row.get("start_time")), _nanoseconds(row.get("end_time")), losses)
    except (ValueError, OverflowError):
        yield Problem(where, "'start_time' or 'end_time' is not a time.", "Write it like 2026-03-01T09:30:00Z.")
        return
    attributes = _attributes(row, losses)
    if row.get("span_kind"):
        attributes.setdefault(_KIND, _text(row["span_kind"]))
    is_error = _text(row.get("status_code")).upper() == "ERROR"
    yield arrival_of(
        RawSpan(
            trace_id=trace_id,
            span_id=span_id,
            name=kept_text(_text(row.get("name")), losses) or "unnamed",
            parent_id=parent if is_id(parent, 16) else None,
            start=start,
            end=end,
            error=kept_text(_text(row.get("status_message")), losses) or "error" if is_error else None,
            attributes=attributes,
            events=_events(row.get("events"), losses),
        )
    )
    if losses.cut:
        yield losses


def _annotation(where: str, row: Mapping[str, Json]) -> Iterator[Found | Problem]:
    result = _read(row.get("result"))
    inner: Mapping[str, Json] = cast("dict[str, Json]", result) if isinstance(result, dict) else {}
    name = _text(row.get("annotation_name") or row.get("name"))
    about = next((place for place in _ABOUT if _text(row.get(place))), None)
    score, label = (inner.get(part, row.get(f"result.{part}", row.get(part))) for part in ("score", "label"))
    if not name or about is None:
        what = "is an annotation that does not say its name, or what it is about."
        yield Problem(where, what, "Give 'annotation_name', and 'span_id', 'trace_id' or 'session_id'.")
        return
    score = number(score) if isinstance(score, str) else score
    value = judged(name, label, score)
    if value is not None:
        topic, id_ = _ABOUT[about], _text(row[about])
        yield Remark(topic, id_ if topic == "conversation" else id_.lower(), {name: value})


def _attributes(row: Mapping[str, Json], losses: Losses) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for column, value in row.items():
        place = column.removeprefix(_ATTRIBUTES)
        if place != column and value is not None:
            inside = _read(value) if place in _LISTED or "." not in place else value
            found |= {name: _leaf(name, leaf, losses) for name, leaf in _flat(place, inside)}
    losses.cut += len(found) > MOST_ATTRIBUTES
    return dict(islice(found.items(), MOST_ATTRIBUTES))


def _leaf(name: str, value: Json, losses: Losses) -> Json:
    if not isinstance(value, str):
        return value
    return number(value) if name.startswith(_COUNTS) else kept_text(value, losses)  # CSV has nothing but text


def _events(value: Json, losses: Losses) -> list[RawEvent]:
    events = objects_in(_read(value))
    losses.cut += max(0, len(events) - MOST_EVENTS)
    return [_event(one) for one in events[:MOST_EVENTS]]


def _event(one: Mapping[str, Json]) -> RawEvent:
    inside = one.get("attributes")
    attributes = dict(_flat("", cast("dict[str, Json]", inside))) if isinstance(inside, dict) else {}
    return RawEvent(_text(one.get("name")), attributes)


def _flat(name: str, value: Json) -> Iterator[tuple[str, Json]]:
    """The attributes that a value was made of, under their own names; those without a value are left out."""
    parts: Sequence[tuple[str, Json]] | None = None
    if isinstance(value, dict) and not name.endswith(_WHOLE):
        parts = list(cast("dict[str, Json]", value).items())
    elif isinstance(value, list) and any(isinstance(item, dict) for item in cast("list[Any]", value)):
        parts = [(str(place), item) for place, item in enumerate(cast("list[Json]", value))]
    if parts is None:
        if value is not None:
            yield name, value
        return
    for part, inner in parts:
        yield from _flat(f"{name}.{part}" if name else part, inner)


def _read(value: Json) -> Json:
    """Text that is JSON, or that Python wrote for a list or an object, as what it says: so they stand in CSV."""
    found = opened(value)
    if not isinstance(found, str) or found[:1] not in ("{", "[") or len(found) > _LONGEST_LITERAL:
        return found
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in the text, which it would show
            return parse(json.dumps(ast.literal_eval(found)))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, NotJson):
        return found


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _nanoseconds(value: Json) -> int:
    """A time in nanoseconds since 1970, 0 where there is none.

    Raises:
        ValueError: it is none.
    """
    read = time(value)
    if not isinstance(read, str):
        read = "" if read is None else "no time"
    return int(epoch_seconds(read) * 1e6) * 1000 if read else 0
