"""OTLP's binary encoding."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from foretell.adapters.capture.notes import Note, Record, by_span, is_known
from foretell.adapters.capture.raw import (
    DEEPEST,
    MOST_ATTRIBUTES,
    MOST_EVENTS,
    MOST_ITEMS,
    RawEvent,
    RawSpan,
    kept_bytes,
    kept_number,
    kept_text,
    ordered,
)
from foretell.core.domain.arrivals import Losses
from foretell.core.domain.values import Json

_ERROR: Final = 2  # STATUS_CODE_ERROR
_NO_SPAN: Final = bytes(8)
_NO_TRACE: Final = bytes(16)

_R = TypeVar("_R", ExportTraceServiceRequest, ExportLogsServiceRequest)


class NotProtobuf(ValueError):
    """The bytes are no export request."""


@dataclass(slots=True)
class ProtobufParcel:
    """One span, opened only when somebody wants what is in it."""

    trace_id: str
    state: str
    _span: SpanMessage
    _resource: "_Resource"
    _losses: Losses

    def find(self, names: frozenset[str]) -> str | None:
        """The first text among the attributes of some names, the span's before the resource's."""
        for pair in self._span.attributes:
            if pair.key in names and pair.value.string_value:
                return pair.value.string_value
        return next((value for name in names if isinstance(value := self._resource.read().get(name), str)), None)

    def open(self) -> RawSpan:
        """All of it."""
        span, losses = self._span, self._losses
        start, end = ordered(span.start_time_unix_nano, span.end_time_unix_nano, losses)
        events = span.events
        losses.cut += max(0, len(events) - MOST_EVENTS)
        return RawSpan(
            trace_id=self.trace_id,
            span_id=span.span_id.hex(),
            name=kept_text(span.name, losses) or "unnamed",
            parent_id=span.parent_span_id.hex() if len(span.parent_span_id) == 8 else None,
            state=self.state,
            start=start,
            end=end,
            error=kept_text(span.status.message, losses) or "error" if span.status.code == _ERROR else None,
            attributes=_attributes(span.attributes, losses),
            events=[RawEvent(event.name, _attributes(event.attributes, losses)) for event in events[:MOST_EVENTS]],
            resource=self._resource.read(),
        )

    def copy_to(self, request: ExportTraceServiceRequest) -> None:
        """Add it to a request, with its resource."""
        group = request.resource_spans.add()
        group.resource.attributes.extend(self._resource.attributes)
        group.scope_spans.add().spans.append(self._span)


@dataclass(slots=True)
class _Resource:
    """What made the spans; read once for all of them, and only when asked."""

    attributes: Sequence[KeyValue]
    losses: Losses
    _read: dict[str, Json] | None = field(default=None)

    def read(self) -> dict[str, Json]:
        if self._read is None:
            self._read = _attributes(self.attributes, self.losses)
        return self._read


def parcels_of(body: bytes, losses: Losses) -> Iterator[ProtobufParcel]:
    """The spans of a request, unopened; those without usable ids are counted as lost.

    Raises:
        NotProtobuf: the bytes cannot be read.
    """
    return _opened(_request(ExportTraceServiceRequest, body), losses)


def notes_of(body: bytes, losses: Losses) -> Iterator[Note]:
    """What the log records of a request tell of spans; what they do not is counted as lost.

    Raises:
        NotProtobuf: the bytes cannot be read.
    """
    return by_span(_records(_request(ExportLogsServiceRequest, body), losses), losses)


def _request(kind: type[_R], body: bytes) -> _R:
    try:
        return kind.FromString(body)
    except (DecodeError, RecursionError) as error:
        what = f"the body is no {kind.__name__}: {error}"
        raise NotProtobuf(what) from error


def _records(request: ExportLogsServiceRequest, losses: Losses) -> Iterator[Record]:
    for by_resource in request.resource_logs:
        resource = _Resource(by_resource.resource.attributes, losses)
        for by_scope in by_resource.scope_logs:
            for record in by_scope.log_records:
                attributes = _attributes(record.attributes, losses)
                name = record.event_name or str(attributes.get("event.name", ""))
                if not is_known(name):
                    losses.reject("it is no event that is known here")
                    continue
                body = _value(record.body, losses, 0)
                event = RawEvent(name, {**attributes, **body} if isinstance(body, dict) else attributes)
                trace_id, span_id = record.trace_id, record.span_id
                yield Record(
                    trace_id.hex() if len(trace_id) == 16 and trace_id != _NO_TRACE else "",
                    span_id.hex() if len(span_id) == 8 and span_id != _NO_SPAN else "",
                    event,
                    resource.read(),
                )


def picked(body: bytes, places: Collection[int]) -> bytes:
    """A request of the spans at some places alone: what travels to another process."""
    smaller = ExportTraceServiceRequest()
    for place, parcel in enumerate(_opened(ExportTraceServiceRequest.FromString(body), Losses())):
        if place in places:
            parcel.copy_to(smaller)
    return smaller.SerializeToString()


def _opened(request: ExportTraceServiceRequest, losses: Losses) -> Iterator[ProtobufParcel]:
    for by_resource in request.resource_spans:
        resource = _Resource(by_resource.resource.attributes, losses)
        for by_scope in by_resource.scope_spans:
            for span in by_scope.spans:
                trace_id = span.trace_id
                if len(trace_id) != 16 or trace_id == _NO_TRACE:
                    losses.reject("the trace id is not 16 bytes with one that is not 0")
                elif len(span.span_id) != 8 or span.span_id == _NO_SPAN:
                    losses.reject("the span id is not 8 bytes with one that is not 0")
                else:
                    yield ProtobufParcel(trace_id.hex(), span.trace_state, span, resource, losses)


def _attributes(pairs: Iterable[KeyValue], losses: Losses) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for pair in pairs:
        if len(found) >= MOST_ATTRIBUTES:
            losses.cut += 1
            break
        found[pair.key if len(pair.key) < 256 else kept_text(pair.key, losses)] = _value(pair.value, losses, 0)
    return found


def _value(value: AnyValue, losses: Losses, depth: int) -> Json:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return kept_text(value.string_value, losses)
    if kind in ("int_value", "bool_value"):
        return value.int_value if kind == "int_value" else value.bool_value
    if kind == "double_value":
        return kept_number(value.double_value)
    if kind == "bytes_value":
        return kept_bytes(value.bytes_value, losses)
    return _nested(value, kind, losses, depth)


def _nested(value: AnyValue, kind: str | None, losses: Losses, depth: int) -> Json:
    if kind not in ("array_value", "kvlist_value"):
        return None
    if depth >= DEEPEST:
        losses.cut += 1
        return "…"
    if kind == "array_value":
        items = value.array_value.values
        losses.cut += max(0, len(items) - MOST_ITEMS)
        return [_value(item, losses, depth + 1) for item in items[:MOST_ITEMS]]
    pairs = value.kvlist_value.values
    losses.cut += max(0, len(pairs) - MOST_ITEMS)
    return {kept_text(pair.key, losses): _value(pair.value, losses, depth + 1) for pair in pairs[:MOST_ITEMS]}


def response(losses: Losses, *, is_notes: bool = False) -> bytes:
    """The answer to a request that was taken, with what of it was not."""
    del is_notes  # ExportLogsServiceResponse has the same fields under the same numbers
    answer = ExportTraceServiceResponse()
    if losses.rejected:
        answer.partial_success.rejected_spans = losses.rejected
        answer.partial_success.error_message = str(losses)
    return cast("Any", answer).SerializeToString()


def refusal(code: int, message: str) -> bytes:
    """A google.rpc.Status, which OTLP answers a refused request with."""
    text = message.encode()[:1000]
    return bytes((0x08, code, 0x12, *_varint(len(text)))) + text


def _varint(number: int) -> tuple[int, ...]:
    return (number,) if number < 0x80 else (number & 0x7F | 0x80, *_varint(number >> 7))
