"""OTLP's JSON encoding: ids in hex, 64-bit numbers as text, enumerations as numbers."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard, cast

import msgspec

from foretell.adapters.capture.notes import Note, Record, by_span, is_known
from foretell.adapters.capture.raw import (
    DEEPEST,
    MOST_ATTRIBUTES,
    MOST_EVENTS,
    MOST_ITEMS,
    RawEvent,
    RawSpan,
    is_id,
    kept_bytes,
    kept_number,
    kept_text,
    ordered,
)
from foretell.core.domain.arrivals import Losses
from foretell.core.domain.values import Json

_ERROR: Final = (2, "2", "STATUS_CODE_ERROR")


class NotOtlpJson(ValueError):
    """The text is no export request."""


@dataclass(slots=True)
class JsonParcel:
    """One span, opened only when somebody wants what is in it."""

    trace_id: str
    state: str
    _span: Mapping[str, Any]
    _resource: Mapping[str, Json]
    _losses: Losses

    def find(self, names: frozenset[str]) -> str | None:
        """The first text among the attributes of some names, the span's before the resource's."""
        pairs = [pair for pair in _list(self._span, "attributes") if _is_object(pair) and _text(pair, "key") in names]
        texts = [_object(pair, "value").get("stringValue") for pair in pairs]
        texts += [self._resource.get(name) for name in names]
        return next((text for text in texts if isinstance(text, str) and text), None)

    def open(self) -> RawSpan:
        """All of it."""
        span, losses = self._span, self._losses
        start, end = ordered(_whole(span.get("startTimeUnixNano")), _whole(span.get("endTimeUnixNano")), losses)
        status, parent = _object(span, "status"), _text(span, "parentSpanId")
        events = [event for event in _list(span, "events") if _is_object(event)]
        losses.cut += max(0, len(events) - MOST_EVENTS)
        return RawSpan(
            trace_id=self.trace_id,
            span_id=_text(span, "spanId").lower(),
            name=kept_text(_text(span, "name"), losses) or "unnamed",
            parent_id=parent.lower() if is_id(parent, 16) else None,
            state=self.state,
            start=start,
            end=end,
            error=kept_text(_text(status, "message"), losses) or "error" if status.get("code") in _ERROR else None,
            attributes=_attributes(span, losses),
            events=[RawEvent(_text(event, "name"), _attributes(event, losses)) for event in events[:MOST_EVENTS]],
            resource=self._resource,
        )


def parcels_of(body: bytes, losses: Losses) -> Iterator[JsonParcel]:
    """The spans of a request, unopened; those without usable ids are counted as lost.

    Raises:
        NotOtlpJson: the text is no JSON object with `resourceSpans`.
    """
    return parcels_in(_request(body, "resourceSpans"), losses)


def _request(body: bytes, groups: str) -> dict[str, Any]:
    try:
        request: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what = f"the body is no JSON: {error}"
        raise NotOtlpJson(what) from error
    if not _is_object(request) or not isinstance(request.get(groups, []), list):
        what = f"the body is no object with a list '{groups}'"
        raise NotOtlpJson(what)
    return request


def notes_of(body: bytes, losses: Losses) -> Iterator[Note]:
    """What the log records of a request tell of spans; what they do not is counted as lost.

    Raises:
        NotOtlpJson: the text is no JSON object with `resourceLogs`.
    """
    return notes_in(_request(body, "resourceLogs"), losses)


def notes_in(request: Mapping[str, Any], losses: Losses) -> Iterator[Note]:
    """The same of a request that is read already."""
    return by_span(_records(request, losses), losses)


def _records(request: Mapping[str, Any], losses: Losses) -> Iterator[Record]:
    for by_resource in _objects(request, "resourceLogs", losses):
        resource = _attributes(_object(by_resource, "resource"), losses)
        for by_scope in _objects(by_resource, "scopeLogs", losses):
            for record in _objects(by_scope, "logRecords", losses):
                attributes = _attributes(record, losses)
                name = _text(record, "eventName") or str(attributes.get("event.name", ""))
                if not is_known(name):
                    losses.reject("it is no event that is known here")
                    continue
                body = _value(record.get("body"), losses, 0)
                event = RawEvent(name, {**attributes, **body} if isinstance(body, dict) else attributes)
                trace_id, span_id = _text(record, "traceId").lower(), _text(record, "spanId").lower()
                span_id = span_id if is_id(span_id, 16) else ""
                yield Record(trace_id if is_id(trace_id, 32) else "", span_id, event, resource)


def parcels_in(request: Mapping[str, Any], losses: Losses) -> Iterator[JsonParcel]:
    """The spans of a request that is read already, unopened; those without usable ids are counted as lost."""
    for by_resource in _objects(request, "resourceSpans", losses):
        resource = _attributes(_object(by_resource, "resource"), losses)
        for by_scope in _objects(by_resource, "scopeSpans", losses):
            for span in _objects(by_scope, "spans", losses):
                trace_id = _text(span, "traceId")
                if not is_id(trace_id, 32):
                    losses.reject("the trace id is not 32 hex digits with one that is not 0")
                elif not is_id(_text(span, "spanId"), 16):
                    losses.reject("the span id is not 16 hex digits with one that is not 0")
                else:
                    yield JsonParcel(trace_id.lower(), _text(span, "traceState"), span, resource, losses)


def _objects(holder: Mapping[str, Any], name: str, losses: Losses) -> Iterator[Mapping[str, Any]]:
    for item in _list(holder, name):
        if _is_object(item):
            yield item
        else:
            losses.reject(f"an item of '{name}' is no object")


def _attributes(holder: Mapping[str, Any], losses: Losses) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for pair in _list(holder, "attributes"):
        if len(found) >= MOST_ATTRIBUTES:
            losses.cut += 1
            break
        if _is_object(pair) and isinstance(key := pair.get("key"), str):
            found[kept_text(key, losses)] = _value(pair.get("value"), losses, 0)
    return found


def _value(value: Any, losses: Losses, depth: int) -> Json:
    if not _is_object(value) or not value:
        return None
    kind, inner = next(iter(value.items()))
    if kind == "stringValue":
        return kept_text(inner, losses) if isinstance(inner, str) else None
    if kind == "boolValue":
        return inner if isinstance(inner, bool) else None
    if kind == "intValue":
        return _whole(inner)
    if kind == "doubleValue":
        return _decimal(inner)
    if kind == "bytesValue":
        return kept_bytes(_bytes(inner), losses)
    return _nested(kind, inner, losses, depth)


def _nested(kind: str, inner: Any, losses: Losses, depth: int) -> Json:
    if kind not in ("arrayValue", "kvlistValue") or not _is_object(inner):
        return None
    items = _list(inner, "values")
    losses.cut += max(0, len(items) - MOST_ITEMS)
    if depth >= DEEPEST:
        losses.cut += 1
        return "…"
    if kind == "arrayValue":
        return [_value(item, losses, depth + 1) for item in items[:MOST_ITEMS]]
    pairs = [pair for pair in items[:MOST_ITEMS] if _is_object(pair)]
    return {kept_text(_text(pair, "key"), losses): _value(pair.get("value"), losses, depth + 1) for pair in pairs}


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    return value if _is_object(value) else {}


def _list(holder: Mapping[str, Any], name: str) -> list[Any]:
    value = holder.get(name)
    return cast("list[Any]", value) if isinstance(value, list) else []


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int:
    """A 64-bit number, which JSON carries as text; 0 for what is none."""
    if isinstance(value, str) and len(value) <= 20 and value.removeprefix("-").isascii():
        return int(value) if value.removeprefix("-").isdigit() else 0
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**64 else 0


def _decimal(value: Any) -> float | None:
    return kept_number(float(value)) if isinstance(value, int | float) and abs(value) < 1e308 else None


def _bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(value) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        return b""


def response(losses: Losses, *, is_notes: bool = False) -> bytes:
    """The answer to a request that was taken, with what of it was not."""
    if not losses.rejected:
        return b"{}"
    name = "rejectedLogRecords" if is_notes else "rejectedSpans"
    part = {name: str(losses.rejected), "errorMessage": str(losses)}
    return json.dumps({"partialSuccess": part}).encode()


def refusal(code: int, message: str) -> bytes:
    """A google.rpc.Status, which OTLP answers a refused request with."""
    return json.dumps({"code": code, "message": message[:1000]}).encode()
