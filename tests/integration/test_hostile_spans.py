"""What a stranger may send: refused with a reason or counted, and the server answers the next one."""

import gzip
import json
import time
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.serving import serving, stored
from tests.unit.adapters.capture.exports import (
    as_json,
    as_protobuf,
    logs_as_protobuf,
    logs_of,
    record_of,
    request_of,
    span_of,
    zipped,
)

JSON, PROTOBUF = {"content-type": "application/json"}, {"content-type": "application/x-protobuf"}
GZIP = {"content-encoding": "gzip"}
SOUND = as_protobuf(request_of([span_of(attributes={"input.value": "hi"})]))
HALF = as_protobuf(request_of([span_of(attributes={"input.value": "MARK"})])).replace(b"MARK", b"\xff\xfe\x80a")
DEEP = "[" * 5_000 + "]" * 5_000


def nested(levels: int) -> bytes:
    """A request whose one attribute holds lists in lists."""
    request = ExportTraceServiceRequest.FromString(SOUND)
    value = request.resource_spans[0].scope_spans[0].spans[0].attributes.add(key="deep").value
    for _ in range(levels):
        value = value.array_value.values.add()
    return request.SerializeToString()


def large(length: int) -> bytes:
    """A request with an attribute of that length."""
    request = ExportTraceServiceRequest.FromString(SOUND)
    request.resource_spans[0].scope_spans[0].spans[0].attributes[0].value.string_value = "a" * length
    return request.SerializeToString()


REFUSED: dict[str, tuple[bytes, dict[str, str], int]] = {
    "truncated protobuf": (SOUND[:-3], PROTOBUF, 400),
    "truncated gzip": (zipped(SOUND)[:-9], {**PROTOBUF, **GZIP}, 400),
    "gzip bomb": (zipped(bytes(100 * 2**20)), {**JSON, **GZIP}, 413),
    "attribute of 100 MB": (gzip.compress(large(100_000_000), 1), {**PROTOBUF, **GZIP}, 413),
    "attribute of 21 MB": (large(21_000_000), PROTOBUF, 413),
    "wrong content type": (SOUND, {"content-type": "text/html"}, 415),
    "wrong encoding": (SOUND, {**PROTOBUF, "content-encoding": "br"}, 415),
    "JSON said to be protobuf": (as_json(request_of([span_of()])), PROTOBUF, 400),
    "invalid UTF-8": (HALF, PROTOBUF, 400),
    "invalid UTF-8 in JSON": (b'{"resourceSpans": ["\xff"]}', JSON, 400),
    "NaN in JSON": (b'{"resourceSpans": [NaN]}', JSON, 400),
    "nested too deep": (nested(200), PROTOBUF, 400),
    "JSON nested too deep": (b'{"resourceSpans": ' + DEEP.encode() + b"}", JSON, 400),
}

TAKEN: dict[str, tuple[bytes, dict[str, str]]] = {
    "no parent that is there": (as_protobuf(request_of([span_of(1, 99, traceId="1" * 32)])), PROTOBUF),
    "clocks that run backwards": (
        as_json(request_of([span_of(traceId="2" * 32, endTimeUnixNano="1767225500000000000")])),
        JSON,
    ),
    "the same span twice": (as_protobuf(request_of([span_of(traceId="3" * 32), span_of(traceId="3" * 32)])), PROTOBUF),
    "no numbers": (
        as_protobuf(request_of([span_of(traceId="4" * 32, attributes={"a": float("nan"), "b": [1, float("nan")]})])),
        PROTOBUF,
    ),
    "JSON in a text, nested deep": (
        as_json(request_of([span_of(traceId="5" * 32, attributes={"input.value": DEEP})])),
        JSON,
    ),
    "nested deep": (nested(28).replace(bytes.fromhex("0af7651916cd43dd8448eb211c80319c"), b"6" * 16), PROTOBUF),
}


def million() -> bytes:
    """A span with a million attributes, which fits into a request."""
    request = ExportTraceServiceRequest.FromString(as_protobuf(request_of([span_of(traceId="7" * 32)])))
    span = request.resource_spans[0].scope_spans[0].spans[0]
    # Field 9, a KeyValue of a name with eight letters and true.
    pairs = (b"\x4a\x0e\x0a\x08%08d\x12\x02\x10\x01" % number for number in range(1_000_000))
    body = span.SerializeToString() + b"".join(pairs)
    for number in (2, 2, 1):  # spans in scope_spans in resource_spans
        body = bytes((number << 3 | 2, *varint(len(body)))) + body
    return body


def varint(number: int) -> tuple[int, ...]:
    return (number,) if number < 0x80 else (number & 0x7F | 0x80, *varint(number >> 7))


def refused_logs() -> dict[str, tuple[bytes, dict[str, str], int]]:
    sound = logs_as_protobuf(logs_of([record_of("gen_ai.user.message", body={"content": "hi"})]))
    return {
        "truncated protobuf": (sound[:-3], PROTOBUF, 400),
        "gzip bomb": (zipped(bytes(100 * 2**20)), {**JSON, **GZIP}, 413),
        "wrong content type": (sound, {"content-type": "text/html"}, 415),
        "invalid UTF-8": (sound.replace(b"hi", b"\xff\xfe"), PROTOBUF, 400),
        "nested too deep": (b'{"resourceLogs": ' + DEEP.encode() + b"}", JSON, 400),
    }


def test_what_is_bad_is_refused_with_a_reason_or_taken_and_others_are_answered(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        answers: dict[str, Any] = {}
        for name, (body, headers, _) in REFUSED.items():
            status, said, _ = served.post("/v1/traces", body, headers)
            answers[name] = status
            assert len(said) > 10, name
        assert answers == {name: status for name, (_, _, status) in REFUSED.items()}
        for name, (body, headers, wanted) in refused_logs().items():
            assert (served.post("/v1/logs", body, headers)[0], name) == (wanted, name)
        for name, (body, headers) in TAKEN.items():
            assert (served.post("/v1/traces", body, headers)[0], name) == (200, name)
        started = time.monotonic()
        assert served.post("/v1/traces", million(), PROTOBUF)[0] == 200
        assert time.monotonic() - started < 20
        assert served.post("/v1/traces", SOUND, PROTOBUF)[0] == 200
        assert served.end() == 143
    found = stored(tmp_path)
    assert len(found) == len(TAKEN) + 2
    assert {len(one.spans) for one in found} == {1}
    assert all(span.start == span.end for one in found for span in one.spans if span.end != 1767225601.5)
    assert max(len(one.spans[0].attributes) for one in found) <= 1000
    json.dumps([[one.input, dict(one.spans[0].attributes)] for one in found], allow_nan=False)
