"""Contracts of tools and steps: what they take and give, learned from good runs or declared in a known form."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from genson import SchemaBuilder

from foretell.core.analysis.trials.openapi import operations
from foretell.core.analysis.trials.tool_use import error_in
from foretell.core.domain.conversation import ToolCall
from foretell.core.domain.files.messages import spans_of_messages
from foretell.core.domain.trace import Span, SpanKind, Trace
from foretell.core.domain.trial import Outcome
from foretell.core.domain.values import Json, JsonObject

KINDS: tuple[SpanKind, ...] = ("tool", "retrieval", "postprocess", "render")
"""Steps whose form is learned; what a prompt or a model gives is free text."""
FEWEST = 3
"""Calls that must have been seen before a field that all of them had counts as required."""
MOST_NAMES = 40
"""An object with more names than this, none of them always there, is a table of values, not a record."""


@dataclass(frozen=True, slots=True)
class Contract:
    """JSON Schemas by the name of a tool or step: of its arguments, and of its result."""

    inputs: Mapping[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    outputs: Mapping[str, JsonObject] = field(default_factory=dict[str, JsonObject])


def seen_spans(outcome: Outcome) -> Sequence[Span]:
    """The spans of a trial, or those that its messages make."""
    spans = outcome.trace.spans if isinstance(outcome.trace, Trace) else ()
    return spans or spans_of_messages(outcome.messages)


@dataclass
class Learner:
    """Takes the calls of good trials one by one, and infers what all of them have in common."""

    # genson has no types of its own
    _inputs: dict[str, Any] = field(default_factory=dict[str, Any])
    _outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    _kinds: dict[str, SpanKind] = field(default_factory=dict[str, SpanKind])
    _seen: Counter[str] = field(default_factory=Counter[str])

    def add(self, span: Span) -> None:
        """One call; one that failed teaches nothing."""
        if span.kind not in KINDS or span.error or error_in(span.output):
            return
        self._seen[span.name] += 1
        self._kinds[span.name] = span.kind
        self._outputs.setdefault(span.name, _builder()).add_object(span.output)
        if span.kind == "tool":
            given = ToolCall(span.name, span.input).decoded
            self._inputs.setdefault(span.name, _builder()).add_object(given)

    def learned(self) -> dict[str, Json]:
        """By step: its kind, the number of calls that were `seen`, and the schemas `input` and `output`."""
        return {name: self._step(name) for name in sorted(self._seen)}

    def _step(self, name: str) -> dict[str, Json]:
        is_thin = self._seen[name] < FEWEST
        step: dict[str, Json] = {"kind": self._kinds[name], "seen": self._seen[name]}
        for part, builders in (("input", self._inputs), ("output", self._outputs)):
            if name in builders:
                step[part] = _loosened(builders[name].to_schema(), is_thin=is_thin)
        return step


def _builder() -> Any:
    return SchemaBuilder(schema_uri=cast("str", None))  # None leaves "$schema" out


def _loosened(schema: JsonObject, *, is_thin: bool) -> dict[str, Json]:
    """What is no more than chance taken back: whole numbers, fields of too few calls, names of a table of values."""
    loose: dict[str, Json] = {}
    for key, value in schema.items():
        if key == "type":
            loose[key] = _wider(value)
        elif key == "properties":
            loose[key] = {name: _loosened(inner, is_thin=is_thin) for name, inner in value.items()}
        elif key == "items" and isinstance(value, Mapping):
            loose[key] = _loosened(cast("JsonObject", value), is_thin=is_thin)
        elif key == "anyOf":
            loose[key] = [_loosened(inner, is_thin=is_thin) for inner in value]
        elif not (key == "required" and is_thin):
            loose[key] = value
    if len(loose.get("properties", ())) > MOST_NAMES and not loose.get("required"):
        loose.pop("properties")
    return loose


def _wider(kinds: Json) -> Json:
    if isinstance(kinds, str):
        return "number" if kinds == "integer" else kinds
    return sorted({str(_wider(kind)) for kind in kinds})


def read_contract(given: Json) -> Contract:
    """A contract from any form that is known: ours, OpenAPI, MCP `tools/list`, a list of tool definitions.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(given, Mapping):
        fields = cast("Mapping[str, Any]", given)
        if isinstance(steps := fields.get("steps"), Mapping):
            return _of_steps(cast("Mapping[str, Any]", steps))
        if isinstance(fields.get("paths"), Mapping):
            return Contract(*operations(fields))
        result: Any = fields.get("result")  # a whole JSON-RPC reply
        inner = fields.get("tools", result.get("tools") if hasattr(result, "get") else None)
        if isinstance(inner, list):
            return _of_tools(cast("Sequence[Any]", inner))
    if isinstance(given, list):
        return _of_tools(cast("Sequence[Any]", given))
    raise ValueError("is no contract: give one that 'contracts learn' wrote, OpenAPI, or an MCP or chat list of tools")


def calls_seen(given: Json) -> dict[str, int]:
    """How many calls each step of a learned contract was learned from; nothing for a declared one."""
    steps: Json = given.get("steps") if hasattr(given, "get") else None
    if not isinstance(steps, Mapping):
        return {}
    learned = cast("Mapping[str, Json]", steps).items()
    return {name: step["seen"] for name, step in learned if hasattr(step, "get") and isinstance(step.get("seen"), int)}


def _of_steps(steps: Mapping[str, Any]) -> Contract:
    parts: tuple[dict[str, JsonObject], dict[str, JsonObject]] = ({}, {})
    for name, step in steps.items():
        for schemas, key in zip(parts, ("input", "output"), strict=True):
            if hasattr(step, "get") and isinstance(step.get(key), Mapping):
                schemas[name] = step[key]
    return Contract(*parts)


def _of_tools(tools: Sequence[Any]) -> Contract:
    inputs: dict[str, JsonObject] = {}
    outputs: dict[str, JsonObject] = {}
    for tool in _definitions(tools):
        name = tool.get("name")
        for schemas, keys in ((inputs, ("inputSchema", "parameters", "input_schema")), (outputs, ("outputSchema",))):
            schema = next((tool[key] for key in keys if isinstance(tool.get(key), Mapping)), None)
            if isinstance(name, str) and schema is not None:
                schemas[name] = schema
    return Contract(inputs, outputs)


def _definitions(tools: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    for tool in tools:
        if isinstance(tool, Mapping):
            fields = cast("Mapping[str, Any]", tool)
            inner: Any = fields.get("function")
            yield inner if isinstance(inner, Mapping) else fields
