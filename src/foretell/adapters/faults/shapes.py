"""Lists and texts inside whatever a step gives: plain values, dataclasses, pydantic models. All changes are copies."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, cast

_TEXTS = ("text", "content", "page_content", "output", "answer", "message", "body")


def documents_of(output: Any) -> list[Any] | None:
    """The list that an output is, or the first one among its fields; None when it holds none."""
    if isinstance(output, list | tuple):
        return list(cast("list[Any]", output))
    for value in _fields(output).values():
        if isinstance(value, list | tuple):
            return list(cast("list[Any]", value))
    return None


def with_documents(output: Any, documents: list[Any]) -> Any:
    """The output with another list in the place of its own."""
    if isinstance(output, list | tuple):
        return documents if isinstance(output, list) else tuple(documents)
    name = next(name for name, value in _fields(output).items() if isinstance(value, list | tuple))
    return _with(output, name, documents)


def with_text(output: Any, change: Callable[[str], str]) -> Any:
    """The output with its text changed: itself, that of its last message, or that of a field that is usual for it."""
    if isinstance(output, str):
        return change(output)
    whole: object = output
    if isinstance(whole, list) and whole:
        items = cast("list[Any]", whole)
        return [*items[:-1], with_text(items[-1], change)]
    fields = _fields(whole)
    named = [name for name in (*_TEXTS, *fields) if isinstance(fields.get(name), str)]
    return _with(output, named[0], change(fields[named[0]])) if named else output


def with_fields(output: Any, change: Callable[[dict[str, Any]], Any]) -> Any:
    """The output with its named fields changed, then no object of a class any more; so for each item of a list."""
    if isinstance(output, list):
        return [with_fields(item, change) for item in cast("list[Any]", output)]
    fields = _fields(output)
    return change(dict(fields)) if fields else output


def _fields(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return {name: part for name, part in cast("Mapping[Any, Any]", value).items() if isinstance(name, str)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    names: Any = getattr(cast("object", type(value)), "model_fields", None)  # pydantic
    return {name: getattr(value, name) for name in cast("Mapping[str, Any]", names)} if names else {}


def _with(value: Any, name: str, part: Any) -> Any:
    copied = getattr(value, "model_copy", None)
    if callable(copied):
        return copied(update={name: part})
    if isinstance(value, Mapping):
        return {**cast("Mapping[str, Any]", value), name: part}
    return dataclasses.replace(value, **{name: part})
