"""A trace as Langfuse exports it, with or without its observations, as one of our interactions."""

from collections.abc import Mapping
from typing import Final

from foretell.adapters.capture.fields import objects_in
from foretell.core.domain.values import Json

_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("id", "traceId"),
    "at": ("timestamp", "createdAt"),
    "conversation_id": ("sessionId", "session_id"),
    "input": ("input",),
    "output": ("output",),
    "release": ("release", "version"),
    "model": ("model", "providedModelName"),
    "cost_usd": ("totalCost", "calculatedTotalCost"),
}
_KINDS: Final[Mapping[str, str]] = {
    "GENERATION": "llm", "RETRIEVER": "retrieval", "TOOL": "tool", "AGENT": "agent", "CHAIN": "chain",
}  # fmt: skip
_LEFT_OUT: Final = frozenset({"scores", "observations", "latency", "htmlPath", "projectId", "externalId", "public"})


def langfuse_row(trace: Mapping[str, Json]) -> dict[str, Json]:
    """The fields of an interaction; everything else a trace says stays beside them, and becomes metadata."""
    found: dict[str, Json] = {"input": None}
    taken: set[str] = set(_LEFT_OUT)
    for name, places in _FIELDS.items():
        place = next((place for place in places if trace.get(place) is not None), None)
        if place is not None:
            found[name] = trace[place]
            taken.update(places)
    rest = {name: value for name, value in trace.items() if name not in taken and value is not None}
    feedback = {str(score["name"]): _value(score) for score in objects_in(trace.get("scores")) if score.get("name")}
    spans = [_span(one) for one in objects_in(trace.get("observations"))]
    return {**rest, **found, **({"feedback": feedback} if feedback else {}), **({"spans": spans} if spans else {})}


def _value(score: Mapping[str, Json]) -> Json:
    """What a score says: a category, a truth, or a number."""
    if score.get("dataType") == "BOOLEAN":
        return score.get("value") in (1, 1.0, True)
    return score["stringValue"] if score.get("stringValue") is not None else score.get("value")


def _span(one: Mapping[str, Json]) -> dict[str, Json]:
    failed = one.get("level") == "ERROR"
    attributes: dict[str, Json] = {"gen_ai.request.model": one["model"]} if one.get("model") else {}
    return {
        "name": str(one.get("name") or one.get("type") or "observation"),
        "kind": _KINDS.get(str(one.get("type")), "other"),
        "span_id": one.get("id"),
        "parent_id": one.get("parentObservationId"),
        "input": one.get("input"),
        "output": one.get("output"),
        "error": str(one.get("statusMessage") or "error") if failed else None,
        "attributes": attributes,
    }
