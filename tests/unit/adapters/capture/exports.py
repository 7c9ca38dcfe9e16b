"""Export requests of one's own making, in both encodings."""

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

TRACE = "0af7651916cd43dd8448eb211c80319c"


def value_of(value: Any) -> dict[str, Any]:
    """A value as OTLP's AnyValue in JSON."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value if value == value else "NaN"}  # noqa: PLR0124 # NaN differs from itself
    if isinstance(value, list):
        return {"arrayValue": {"values": [value_of(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": pairs_of(value)}}
    return {"stringValue": value}


def pairs_of(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": value_of(value)} for name, value in values.items()]


def span_of(number: int = 1, parent: int | None = None, **fields: Any) -> dict[str, Any]:
    """A span of the trace `TRACE` with some fields replaced; `attributes` are plain values."""
    attributes = pairs_of(fields.pop("attributes", {}))
    events = [{**event, "attributes": pairs_of(event["attributes"])} for event in fields.pop("events", [])]
    return {
        "traceId": TRACE,
        "spanId": f"{number:016x}",
        "parentSpanId": "" if parent is None else f"{parent:016x}",
        "name": "answer",
        "startTimeUnixNano": "1767225600000000000",
        "endTimeUnixNano": "1767225601500000000",
        "attributes": attributes,
        "events": events,
    } | fields


def request_of(spans: Sequence[Mapping[str, Any]], resource: Mapping[str, Any] | None = None) -> dict[str, Any]:
    scope = {"scope": {"name": "test"}, "spans": list(spans)}
    return {"resourceSpans": [{"resource": {"attributes": pairs_of(resource or {})}, "scopeSpans": [scope]}]}


def as_json(request: Mapping[str, Any]) -> bytes:
    return json.dumps(request).encode()


def as_protobuf(request: Mapping[str, Any]) -> bytes:
    """The same request in binary: ids are hex in OTLP's JSON, Base64 in that of protobuf."""
    plain = json.loads(json.dumps(request))
    message = ExportTraceServiceRequest()
    for by_resource in plain["resourceSpans"]:
        for by_scope in by_resource["scopeSpans"]:
            for span in by_scope["spans"]:
                for name in ("traceId", "spanId", "parentSpanId"):
                    span[name] = _base64(span[name])
    json_format.ParseDict(plain, message)
    return message.SerializeToString()


def _base64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()


def record_of(event: str, number: int = 1, body: Any = None, **fields: Any) -> dict[str, Any]:
    """A log record on a span of the trace `TRACE`; `attributes` and `body` are plain values."""
    return (
        {
            "timeUnixNano": "1767225600000000000",
            "traceId": TRACE,
            "spanId": f"{number:016x}",
            "eventName": event,
            "attributes": pairs_of(fields.pop("attributes", {})),
        }
        | ({} if body is None else {"body": value_of(body)})
        | fields
    )


def logs_of(records: Sequence[Mapping[str, Any]], resource: Mapping[str, Any] | None = None) -> dict[str, Any]:
    scope = {"scope": {"name": "test"}, "logRecords": list(records)}
    return {"resourceLogs": [{"resource": {"attributes": pairs_of(resource or {})}, "scopeLogs": [scope]}]}


def logs_as_protobuf(request: Mapping[str, Any]) -> bytes:
    """Log records in binary."""
    plain = json.loads(json.dumps(request))
    for record in plain["resourceLogs"][0]["scopeLogs"][0]["logRecords"]:
        for name in ("traceId", "spanId"):
            record[name] = _base64(record[name])
    message = ExportLogsServiceRequest()
    json_format.ParseDict(plain, message)
    return message.SerializeToString()


def zipped(body: bytes) -> bytes:
    return gzip.compress(body)
