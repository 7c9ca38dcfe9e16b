"""Raw tables to models, keeping what is good when something is not, so that all mistakes can be told at once."""

from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin

from pydantic import ValidationError, create_model

from foretell.core.errors import Problem
from foretell.settings.problems import from_pydantic
from foretell.settings.schema import ProjectFile, Table
from foretell.settings.source import Origin

_PLAIN = ("project", "evalsets")


def read_tables(data: dict[str, Any], origin: Origin) -> tuple[ProjectFile, list[Problem]]:
    """The file as models, and what is wrong inside its tables.

    With problems, the models lack every refused key: an optional one has its default, a required one is None.
    """
    try:
        return ProjectFile.model_validate(data), []
    except ValidationError as error:
        kept = _without(data, [details["loc"] for details in error.errors() if details["type"] != "missing"])
        return cast("ProjectFile", _lenient(ProjectFile).model_validate(kept)), from_pydantic(error, origin)


def _without(data: dict[str, Any], places: Sequence[tuple[int | str, ...]]) -> dict[str, Any]:
    """A copy of the tables without the keys at some places."""
    kept = deepcopy(data)
    for place in places:
        if "[key]" in place[:3]:
            continue
        *path, last = place[: 2 if place[0] in _PLAIN else 3]
        table: Any = kept
        for key in path:
            table = table.get(key, {})
        table.pop(last, None)
    return kept


@cache
def _lenient(model: type[Table]) -> type[Table]:
    """The same table, and those inside it, with None for each required key that is not there."""
    loosened: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        annotation: Any = field.annotation
        loose: Any = _loosen(annotation)
        if get_origin(annotation) is dict:
            loosened[name] = (loose, {})
        elif field.is_required() or loose != annotation:
            loosened[name] = (loose | None, None)
    return create_model(f"Lenient{model.__name__}", __base__=model, **loosened)


def _loosen(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return _lenient(annotation)
    if get_origin(annotation) is dict:
        return dict[str, _loosen(get_args(annotation)[1])]
    if isinstance(annotation, UnionType):
        parts = tuple(_loosen(part) for part in get_args(annotation))
        return Union[parts]  # noqa: UP007 # the parts are known at run time only
    return cast("Any", annotation)
