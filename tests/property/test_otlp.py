"""Whatever bytes come in: a request is refused with a reason or taken, and nothing else is ever raised."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from foretell.adapters.capture.otlp import JSON, PROTOBUF, Refused, read_export
from foretell.adapters.capture.phoenix import phoenix_row
from foretell.adapters.capture.reading import CONVERSATION, arrival_of
from foretell.core.domain.arrivals import Arrival, Losses, Remark
from foretell.core.errors import Problem
from tests.unit.adapters.capture.exports import (
    TRACE,
    as_protobuf,
    logs_as_protobuf,
    logs_of,
    pairs_of,
    record_of,
    request_of,
    span_of,
    zipped,
)

NAMES = st.sampled_from(
    [
        "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.prompt.0.role",
        "gen_ai.prompt.0.content", "gen_ai.prompt.x", "llm.output_messages.0.message.tool_calls.0.tool_call.function",
        "llm.input_messages.0", "llm.input_messages.0.message.role", "retrieval.documents.0.document.content",
        "openinference.span.kind", "gen_ai.operation.name", "output.value", "session.id", "foretell.run", "a.b..c",
    ]
)  # fmt: skip
TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        '[{"role": "user", "parts": [{"type": "tool_call"}]}]',
        '{"role": 1}',
        "[[[",
        "{}",
        '[{"message": 3}]',
        "RETRIEVER",
    ]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ATTRIBUTES = st.dictionaries(NAMES | st.text(max_size=5), VALUES, max_size=6)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["gen_ai.user.message", "gen_ai.choice", "gen_ai.content.prompt", "exception"]),
            "attributes": ATTRIBUTES,
        }
    ),
    max_size=2,
)


def take(body: bytes, media: str, encoding: str = "", *, is_notes: bool = False) -> int:
    """How many spans a request gave or told of, -1 when it was refused."""
    try:
        export = read_export(body, media, encoding, is_notes=is_notes)
        parcels = list(export.parcels())
    except Refused:
        return -1
    for parcel in parcels:
        parcel.find(CONVERSATION)
    arrivals = [arrival_of(parcel.open()) for parcel in parcels]
    json.dumps([[arrival.span.input, arrival.span.output] for arrival in arrivals], allow_nan=False)
    assert isinstance(export.answer(), bytes)
    return len(arrivals)


@given(ATTRIBUTES, EVENTS)
def test_attributes_of_any_shape_are_taken(attributes: dict[str, Any], events: list[dict[str, Any]]) -> None:
    request = request_of([span_of(attributes=attributes, events=events)], attributes)
    assert take(json.dumps(request).encode(), JSON) == 1
    assert take(as_protobuf(request), PROTOBUF) == 1


@given(ATTRIBUTES, VALUES, st.sampled_from(["gen_ai.user.message", "gen_ai.choice", "gen_ai.evaluation.result"]))
def test_logs_of_any_shape_are_taken(attributes: dict[str, Any], body: Any, event: str) -> None:
    request = logs_of([record_of(event, body=body, attributes=attributes)], attributes)
    assert take(json.dumps(request).encode(), JSON, is_notes=True) == 1
    assert take(logs_as_protobuf(request), PROTOBUF, is_notes=True) == 1


COLUMNS = st.sampled_from(
    [
        "context.trace_id", "context.span_id", "parent_id", "name", "span_kind", "start_time", "end_time", "events",
        "status_code", "annotator_kind", "span_id", "result", "attributes.llm.input_messages", "attributes.gen_ai",
        "attributes.llm.token_count.prompt", "attributes.retrieval.documents", "attributes.session.id",
    ]
)  # fmt: skip
CELLS = ANY_JSON | st.sampled_from(["[{'message.role': 1e999}]", "{1: (2,)}", "[{'name': 'exception'}]", "9" * 400])


@given(st.dictionaries(COLUMNS, CELLS, max_size=8), st.booleans())
def test_rows_of_any_shape_are_read_or_told(row: dict[str, Any], is_span: bool) -> None:
    ids = {"context.trace_id": TRACE, "context.span_id": "1" * 16} if is_span else {}
    for found in phoenix_row("here", {**row, **ids}):
        if isinstance(found, Arrival):
            assert found.trace_id == TRACE or not is_span
            json.dumps([found.span.input, found.span.output, dict(found.feedback)])
        else:
            assert isinstance(found, Problem | Remark | Losses)


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(body: bytes) -> None:
    for media in (PROTOBUF, JSON):
        take(body, media)
        take(body, media, "gzip")
        take(body, media, is_notes=True)


SOUND = as_protobuf(request_of([span_of(attributes={"gen_ai.prompt.0.content": "a", "list": [1, {"b": "c"}]})]))


@settings(max_examples=200)
@given(st.integers(0, len(SOUND) - 1), st.integers(0, 255), st.integers(0, 40))
def test_a_damaged_request_is_answered(place: int, byte: int, cut: int) -> None:
    damaged = SOUND[:place] + bytes([byte]) + SOUND[place + 1 : len(SOUND) - cut]
    take(damaged, PROTOBUF)
    take(zipped(damaged)[: len(damaged)], PROTOBUF, "gzip")


@given(st.data())
def test_json_of_any_shape_in_any_place_is_answered(data: st.DataObject) -> None:
    span: dict[str, Any] = span_of(attributes={"a": 1}, events=[{"name": "e", "attributes": {}}])
    request = request_of([span])
    (by_resource,) = request["resourceSpans"]
    holders = [request, by_resource, by_resource["scopeSpans"][0], span, span["events"][0], pairs_of({"a": [1]})[0]]
    span["attributes"].append(holders[-1])
    holder = data.draw(st.sampled_from(holders))
    name = data.draw(st.sampled_from(sorted(holder)))
    holder[name] = data.draw(ANY_JSON)
    take(json.dumps(request).encode(), JSON)
