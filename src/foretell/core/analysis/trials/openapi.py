"""The operations of an OpenAPI document as JSON Schemas of their arguments and results."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from foretell.core.domain.values import JsonObject

_METHODS = ("get", "put", "post", "delete", "patch")
_JSON = ("application/json", "*/*", "application/*")


def operations(document: Mapping[str, Any]) -> tuple[dict[str, JsonObject], dict[str, JsonObject]]:
    """Schemas of arguments and of results by `operationId`; an operation without one has no name.

    Arguments are the parameters and the fields of a JSON body together, as a tool takes them. Results are the JSON
    bodies of 2xx. `#/components/…` is kept beside each schema, so that references stay inside it.
    """
    inputs: dict[str, JsonObject] = {}
    outputs: dict[str, JsonObject] = {}
    around: dict[str, Any] = (
        {"components": document["components"]} if isinstance(document.get("components"), Mapping) else {}
    )
    for name, operation, shared in _operations(document):
        inputs[name] = {**around, **_arguments(document, operation, shared)}
        results = list(_results(document, operation))
        if results:
            outputs[name] = {**around, **(results[0] if len(results) == 1 else {"anyOf": results})}
    return inputs, outputs


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Sequence[Any]]]:
    for path in document["paths"].values():
        for method in _METHODS:
            operation: Any = path.get(method) if hasattr(path, "get") else None
            if hasattr(operation, "get") and isinstance(operation.get("operationId"), str):
                yield operation["operationId"], operation, path.get("parameters") or ()


def _arguments(document: Mapping[str, Any], operation: Mapping[str, Any], shared: Sequence[Any]) -> JsonObject:
    properties: dict[str, Any] = {}
    required: list[str] = []
    for given in (*shared, *(operation.get("parameters") or ())):
        parameter = _resolved(document, given)
        if isinstance(name := parameter.get("name"), str):
            properties[name] = parameter.get("schema") or {}
            required += [name] if parameter.get("required") else []
    body = _resolved(document, operation.get("requestBody") or {})
    schema = _resolved(document, _schema_of(body) or {})
    properties |= schema.get("properties") or {}
    required += schema.get("required") or []
    return {"type": "object", "properties": properties, "required": required}


def _results(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[JsonObject]:
    responses: Mapping[str, Any] = operation.get("responses") or {}
    for code, response in responses.items():
        if str(code).startswith("2") and (schema := _schema_of(_resolved(document, response))):
            yield schema


def _schema_of(message: Mapping[str, Any]) -> JsonObject | None:
    content: Any = message.get("content") or {}
    return next((content[kind].get("schema") for kind in _JSON if kind in content), None)


def _resolved(document: Mapping[str, Any], given: Any) -> Mapping[str, Any]:
    """What a reference inside the document points to; nothing where it points nowhere."""
    place: Any = given
    for _ in range(10):
        reference = place.get("$ref") if hasattr(place, "get") else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        place = document
        for name in reference[2:].split("/"):
            place = place.get(name.replace("~1", "/").replace("~0", "~")) if hasattr(place, "get") else None
    return cast("Mapping[str, Any]", place) if isinstance(place, Mapping) else {}
