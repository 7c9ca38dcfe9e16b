"""Requests of OTLP over HTTP: what is taken, what is cut, what is refused, and with which words."""

import json
from typing import Any

import pytest
from google.protobuf.message import Message
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from foretell.adapters.capture import otlp
from foretell.adapters.capture.otlp import JSON, PROTOBUF, Refused, read_export, refusal
from foretell.adapters.capture.otlp_protobuf import picked
from foretell.adapters.capture.raw import RawSpan
from tests.unit.adapters.capture.exports import TRACE, as_json, as_protobuf, request_of, span_of, zipped

ENCODINGS = pytest.mark.parametrize(("media", "encode"), [(JSON, as_json), (PROTOBUF, as_protobuf)])


def opened(body: bytes, media: str, encoding: str = "") -> tuple[list[RawSpan], otlp.OtlpExport]:
    export = read_export(body, media, encoding)
    return [parcel.open() for parcel in export.parcels()], export


@ENCODINGS
def test_a_span_is_read_whole_in_both_encodings(media: str, encode: Any) -> None:
    values = {"text": "é", "whole": -3, "part": 0.5, "flag": True, "list": ["a", 1], "object": {"a": {"b": "c"}}}
    span = span_of(2, 1, attributes=values, traceState="ot=th:8", status={"code": 2, "message": "late"})
    span["events"] = [{"name": "said", "attributes": [{"key": "k", "value": {"stringValue": "v"}}]}]
    (found,), export = opened(encode(request_of([span], {"service.version": "7"})), media)
    assert found == RawSpan(
        trace_id=TRACE,
        span_id="0000000000000002",
        name="answer",
        parent_id="0000000000000001",
        state="ot=th:8",
        start=1767225600.0,
        end=1767225601.5,
        error="late",
        attributes=values,
        events=found.events,
        resource={"service.version": "7"},
    )
    assert [(event.name, event.attributes) for event in found.events] == [("said", {"k": "v"})]
    assert (export.losses.rejected, export.losses.cut) == (0, 0)


@ENCODINGS
def test_what_cannot_be_taken_is_counted_and_the_rest_is_taken(media: str, encode: Any) -> None:
    spans = [span_of(1), span_of(2, traceId="00" * 16), span_of(3, spanId="00" * 8), span_of(4, traceId="ab")]
    found, export = opened(encode(request_of(spans)), media)
    assert [span.span_id for span in found] == ["0000000000000001"]
    assert export.losses.rejected == 3
    answer = export.answer()
    if media == JSON:
        part = json.loads(answer)["partialSuccess"]
        assert part["rejectedSpans"] == "3"
        told = part["errorMessage"]
    else:
        read = ExportTraceServiceResponse.FromString(answer).partial_success
        assert read.rejected_spans == 3
        told = read.error_message
    assert "2 × the trace id is not" in told
    assert "1 × the span id is not" in told


@ENCODINGS
def test_a_whole_success_is_an_empty_answer(media: str, encode: Any) -> None:
    _, export = opened(encode(request_of([span_of()])), media)
    assert export.answer() == (b"{}" if media == JSON else b"")


@ENCODINGS
def test_what_is_too_much_is_cut_and_counted(media: str, encode: Any) -> None:
    deep: Any = "end"
    for _ in range(40):
        deep = [deep]
    values = {"long": "x" * 70_000, "deep": deep, "wide": list(range(1_500))}
    (found,), export = opened(encode(request_of([span_of(attributes=values)])), media)
    assert found.attributes["long"] == "x" * 65_536 + "… (70000 characters)"
    assert len(found.attributes["wide"]) == 1_000
    inner: Any = found.attributes["deep"]
    for _ in range(32):
        (inner,) = inner
    assert inner == "…"
    assert export.losses.cut == 1 + 1 + 500
    many = span_of(attributes={f"a{number}": number for number in range(1_200)})
    (found,), export = opened(encode(request_of([many])), media)
    assert (len(found.attributes), export.losses.cut) == (1_000, 1)


@ENCODINGS
def test_clocks_may_run_backwards_or_not_at_all(media: str, encode: Any) -> None:
    backwards = span_of(1, endTimeUnixNano="1767225500000000000")
    without, far = span_of(2, startTimeUnixNano="0"), span_of(3, startTimeUnixNano=str(2**64 - 1), endTimeUnixNano="0")
    found, export = opened(encode(request_of([backwards, without, far])), media)
    assert [(span.start, span.end) for span in found] == [
        (1767225600.0, 1767225600.0),
        (None, 1767225601.5),
        (1.8446744073709552e10, None),
    ]
    assert export.losses.cut == 1


@ENCODINGS
def test_numbers_that_json_lacks_are_null(media: str, encode: Any) -> None:
    (found,), _ = opened(encode(request_of([span_of(attributes={"a": float("nan")})])), media)
    assert found.attributes == {"a": None}


def test_gzip_is_inflated() -> None:
    found, _ = opened(zipped(as_protobuf(request_of([span_of()]))), "application/x-protobuf; v=1", " GZIP ")
    assert len(found) == 1


BOMB = zipped(bytes(otlp.LARGEST_BODY + 1))
GOOD = as_protobuf(request_of([span_of(attributes={"text": "hello there"})]))


@pytest.mark.parametrize(
    ("body", "media", "encoding", "status", "reason"),
    [
        (BOMB, PROTOBUF, "gzip", 413, "larger than 20 MiB"),
        (bytes(otlp.LARGEST_BODY + 1), PROTOBUF, "", 413, "larger than 20 MiB"),
        (zipped(GOOD)[:-4], PROTOBUF, "gzip", 400, "the gzip ends too early"),
        (GOOD, PROTOBUF, "gzip", 400, "the body is no gzip"),
        (GOOD, PROTOBUF, "br", 415, "content encoding 'br' is not known"),
        (GOOD, "text/plain", "", 415, "content type 'text/plain' is not known"),
        (GOOD, "", "", 415, "content type '' is not known"),
        (GOOD[:-3], PROTOBUF, "", 400, "no ExportTraceServiceRequest"),
        (GOOD.replace(b"hello", b"\xff\xfe\xff\xfe\xff"), PROTOBUF, "", 400, "no ExportTraceServiceRequest"),
        (b"\x00" * 50, PROTOBUF, "", 400, "no ExportTraceServiceRequest"),
        (b"{", JSON, "", 400, "the body is no JSON"),
        (b'{"a": "\xff"}', JSON, "", 400, "the body is no JSON"),
        (b"[" * 100_000, JSON, "", 400, "the body is no JSON"),
        (b"[]", JSON, "", 400, "no object with a list 'resourceSpans'"),
        (b'{"resourceSpans": 1}', JSON, "", 400, "no object with a list 'resourceSpans'"),
    ],
)
def test_a_refusal_says_why(body: bytes, media: str, encoding: str, status: int, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        read_export(body, media, encoding)
    assert (caught.value.status, reason in caught.value.reason) == (status, True), caught.value.reason


def test_a_refusal_is_a_status_in_the_encoding_of_the_request() -> None:
    assert refusal(429, "wait", JSON) == (JSON, b'{"code": 8, "message": "wait"}')
    assert refusal(415, "no", "text/html")[0] == JSON
    media, body = refusal(400, "é" * 100, PROTOBUF)
    assert (media, body) == (PROTOBUF, b"\x08\x03\x12\xc8\x01" + "é".encode() * 100)
    assert issubclass(ExportTraceServiceResponse, Message)


def test_some_spans_can_be_taken_out_of_a_request() -> None:
    spans = [span_of(1), span_of(2, traceId="00" * 16), span_of(3), span_of(4)]
    body = as_protobuf(request_of(spans, {"service.version": "7"}))
    found, _ = opened(picked(body, {1, 2}), PROTOBUF)  # the second span has no usable id, and so no place
    assert [(span.span_id[-1], span.resource) for span in found] == [
        ("3", {"service.version": "7"}),
        ("4", {"service.version": "7"}),
    ]


def test_a_name_is_looked_for_once_for_all_that_hold_it() -> None:
    export = read_export(as_protobuf(request_of([span_of(attributes={"langfuse.session.id": "a"})])), PROTOBUF)
    assert export.mentions(frozenset({"langfuse.session.id", "session.id"}))
    assert export.mentions(frozenset({"session.id"}))
    assert not export.mentions(frozenset({"foretell.run", "gen_ai.conversation.id"}))
