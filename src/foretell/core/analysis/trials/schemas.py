"""JSON Schemas: compiled once, never fetched from anywhere."""

import json
from functools import lru_cache
from typing import Any

import jsonschema_rs

from foretell.core.domain.values import Json, JsonObject, canonical
from foretell.core.errors import ConfigurationError

_SHOWN = 50


def compile_schema(schema: JsonObject, where: str) -> None:
    """Refuse a schema that is none, or that refers to something outside of itself.

    Raises:
        ConfigurationError: naming `where` and the reason.
    """
    try:
        _validator(canonical(schema))
    except (jsonschema_rs.ValidationError, ValueError, TypeError) as error:
        reason = str(error).partition("\n")[0].removesuffix(".")
        what = f"{where} is not a JSON Schema: {reason}."
        raise ConfigurationError.of("", what, "References must stay inside the schema ('#/$defs/…').") from error


def is_schema(schema: JsonObject) -> bool:
    """Whether `compile_schema` takes it: for schemas that come from outside."""
    try:
        compile_schema(schema, "")
    except ConfigurationError:
        return False
    return True


def violations(schema: JsonObject, value: Json) -> tuple[str, ...]:
    """Everything in a value that a schema forbids, as `path: what is wrong`; the first fifty.

    >>> violations({"properties": {"age": {"type": "integer"}}, "required": ["name"]}, {"age": "6"})
    ('"name" is a required property', '/age: "6" is not of type "integer"')
    """
    validator = _validator(canonical(schema))
    try:
        found = validator.iter_errors(value)
    except UnicodeEncodeError:  # half a surrogate pair, which JSON escapes can spell and UTF-8 cannot hold
        found = validator.iter_errors(json.loads(canonical(value).encode("utf-8", "replace")))
    errors: list[str] = []
    for error in found:
        if len(errors) == _SHOWN:
            return (*errors, "and more")
        path = "".join(f"/{part}" for part in error.instance_path)
        errors.append(f"{path}: {error.message}" if path else error.message)
    return tuple(sorted(errors))


@lru_cache(maxsize=256)
def _validator(schema: str) -> Any:
    return jsonschema_rs.validator_for(json.loads(schema), retriever=_refuse)


def _refuse(address: str) -> Any:
    raise ValueError(f"{address} is not fetched")
