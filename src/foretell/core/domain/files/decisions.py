"""A decision as a file: written by a gate, read by the next attempt and by whoever checks it."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from types import UnionType
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from foretell.core.domain.policy import Decision
from foretell.core.domain.values import Json, content_hash
from foretell.core.errors import BadInput, Problem

SCHEMA = "foretell.decision/1"


class _Misfit(Exception):
    """A value is not of the kind that its field has."""


def record_of(decision: Decision) -> Json:
    """The body of a record file, with a hash that tells whether somebody changed it."""
    body = {"schema": SCHEMA, **asdict(decision)}
    return {**body, "hash": content_hash(body)}


def decision_from(body: Json, where: str) -> Decision:
    """The decision that a file holds.

    Raises:
        BadInput: it holds none, or was changed by hand.
    """
    hint = "Give a file that 'foretell gate' wrote with --record or --out json=."
    if not isinstance(body, Mapping) or cast("Mapping[str, Any]", body).get("schema") != SCHEMA:
        raise BadInput(Problem(where, f"is not a decision of the form {SCHEMA}.", hint))
    content = dict(cast("Mapping[str, Any]", body))
    said = content.pop("hash", None)
    if said is not None and content_hash(content) != said:
        raise BadInput(Problem(where, "was changed by hand: its hash does not fit its content.", hint))
    try:
        return _built(Decision, content, "decision")
    except _Misfit as misfit:
        raise BadInput(Problem(where, f"{misfit}.", hint)) from None


def _built(kind: type[Any], body: Any, path: str) -> Any:
    if not isinstance(body, Mapping):
        raise _Misfit(f"{path} is not an object")
    given, hints = cast("Mapping[str, Any]", body), get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in fields(kind):
        if field.name in given:
            values[field.name] = _value(hints[field.name], given[field.name], f"{path}.{field.name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise _Misfit(f"{path}.{field.name} is missing")
    return kind(**values)


def _value(hint: Any, value: Any, path: str) -> Any:
    inside = get_args(hint)
    if is_dataclass(hint):
        return _built(cast("type[Any]", hint), value, path)
    if get_origin(hint) is tuple and isinstance(value, list | tuple):
        return tuple(_value(inside[0], one, path) for one in cast("list[Any]", value))
    if get_origin(hint) is Mapping and isinstance(value, Mapping):
        return {
            name: _value(inside[1], one, f"{path}.{name}") for name, one in cast("Mapping[str, Any]", value).items()
        }
    if _fits(hint, value):
        return value
    raise _Misfit(f"{path} = {value!r} cannot be")


def _fits(hint: Any, value: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is UnionType:
        return any(_fits(part, value) for part in get_args(hint))
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, int | float) if hint is float else isinstance(value, hint)
