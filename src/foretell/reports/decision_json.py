"""A decision as JSON, and the published schema of that JSON."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from inspect import getdoc
from types import NoneType, UnionType
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from foretell.core.domain.files.decisions import SCHEMA
from foretell.core.domain.policy import Decision
from foretell.core.domain.values import Json
from foretell.reports.numbers import as_json

_SIMPLE = {str: "string", bool: "boolean", int: "integer", float: "number", NoneType: "null"}


def decision_json(decision: Decision) -> str:
    """The decision as `--json` prints it and `--out json=PATH` writes it; control characters are escaped."""
    body = {"schema": SCHEMA, **as_json(decision)}
    text = json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False)
    return "".join(char if char.isprintable() or char == "\n" else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    """A character that a terminal may obey; half of one, which no strict reader takes, is U+FFFD."""
    return "\ufffd" if "\ud800" <= char <= "\udfff" else json.dumps(char)[1:-1]


def decision_schema() -> Json:
    """The JSON Schema (draft 2020-12) of a decision, read off the dataclasses that it is written from.

    It leaves room for further keys: within version 1 keys may come, none goes.
    """
    body = _object(Decision)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:foretell:decision:1",
        "title": "A decision of a foretell gate",
        **body,
        "properties": {"schema": {"const": SCHEMA}, **body["properties"]},
        "required": ["schema", *body["required"]],
    }


def _object(kind: type[Any]) -> dict[str, Json]:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    return {
        "description": " ".join((getdoc(kind) or "").split()),
        "type": "object",
        "properties": {name: _of(hints[name]) for name in names},
        "required": names,
    }


def _of(hint: Any) -> dict[str, Json]:
    """The schema of one annotation; of the kinds that a decision uses, and a TypeError for any other."""
    origin, inside = get_origin(hint), get_args(hint)
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    if is_dataclass(hint):
        return _object(cast("type[Any]", hint))
    if origin is Literal:
        return {"enum": list(inside)}
    if origin is UnionType:
        return {"type": [_SIMPLE[part] for part in inside]}
    if origin is tuple and inside[1:] == (...,):
        return {"type": "array", "items": _of(inside[0])}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _of(inside[1])}
    raise TypeError(f"no JSON Schema is known for {hint!r}")
