"""Types of a plugin's parameters, checked against the annotations of its constructor."""

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation

from foretell.core.errors import Problem
from foretell.settings.problems import must_be, show


def check_types(plugin: Callable[..., Any], params: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """A problem for each parameter whose value does not fit its annotation. What has none fits."""
    hints = _hints(plugin)
    for name, value in params.items():
        if name not in hints:
            continue
        try:
            # As JSON, a list is a tuple's or a sequence's natural form; strict, text is still no number.
            TypeAdapter(hints[name]).validate_json(json.dumps(value, default=str), strict=True)
        except ValidationError as error:
            yield _problem(error, f"{where} {name}", value)
        except (PydanticSchemaGenerationError, PydanticUndefinedAnnotation):
            continue  # a type of the plugin's own: it checks that itself


def _hints(plugin: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(plugin.__init__ if inspect.isclass(plugin) else plugin)
    except (NameError, TypeError):
        return {}


def _problem(error: ValidationError, where: str, value: object) -> Problem:
    errors = error.errors(include_url=False)
    if len(errors) == 1:
        inside = "".join(f".{key}" for key in errors[0]["loc"] if isinstance(key, str))
        return Problem(f"{where}{inside}", f"must be {must_be(errors[0])}, not {show(errors[0]['input'])}.")
    wanted = " or ".join(dict.fromkeys(must_be(details) for details in errors))
    return Problem(where, f"must be {wanted}, not {show(value)}.")
