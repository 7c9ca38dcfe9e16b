"""What pydantic found wrong, in our words: where, what is wrong with the value shown, what would be right."""

import json
import re
from collections.abc import Callable, Sequence
from types import UnionType
from typing import Any, cast, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from foretell.core.errors import Problem, suggest
from foretell.settings.leaks import shorten
from foretell.settings.schema import CURRENCY, NAME, SCORE_NAME, SLICE, STORE, TIME, ProjectFile, Table
from foretell.settings.source import Origin

_NAMES_ARE = "Names are made of lower-case letters, digits, '-' and '_'."
_PATTERNS = {
    NAME: _NAMES_ARE,
    SCORE_NAME: f"{_NAMES_ARE} A scorer's starts with a letter.",
    SLICE: 'Write it as name=value, such as "language=de".',
    TIME: 'Write a time with its unit, such as "8s" or "800ms".',
    STORE: "Write sqlite:///PATH or postgresql://HOST/DATABASE.",
    CURRENCY: "Write the three letters of a currency, such as USD.",
}
_MUST_BE = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "sequence_type": "a list",
    "dict_type": "a table",
    "mapping_type": "a table",
    "dataclass_type": "a table",
    "none_required": "absent",
    "model_type": "a table",
    "finite_number": "a finite number",
    "greater_than": "above {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "below {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "amount": "a number with a unit, such as {example}",
    "pattern": "a regular expression: {reason}",
    "fingerprint": "a glob of files or {{ attribute = '…' }}",
}


def from_pydantic(error: ValidationError, origin: Origin) -> list[Problem]:
    """One problem for each of pydantic's errors, in the order of the schema."""
    return [_problem(details, origin) for details in error.errors(include_url=False)]


def show(value: object) -> str:
    """A value as it would stand in the file, short."""
    if isinstance(value, str):
        return shorten(value)
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return json.dumps(value, default=str)


def must_be(details: ErrorDetails) -> str:
    """What a value should have been: "at least 1", "a list"."""
    limits = {key: f"{limit:g}" if isinstance(limit, float) else limit for key, limit in details.get("ctx", {}).items()}
    kind = details["type"]
    return _MUST_BE[kind].format(**limits) if kind in _MUST_BE else f"other: {details['msg']}"


def _problem(details: ErrorDetails, origin: Origin) -> Problem:
    loc = tuple(str(key) for key in details["loc"] if not isinstance(key, int))
    special = _SPECIAL.get(details["type"])
    if special is not None:
        return special(loc, details, origin)
    where, value = origin.at(*loc), show(details["input"])
    if details["type"] in ("string_too_short", "too_short"):
        return Problem(where, "must not be empty.")
    return Problem(where, f"must be {must_be(details)}, not {value}.", _hint(loc, details))


def _hint(loc: Sequence[str], details: ErrorDetails) -> str:
    kind, value = details["type"], cast("object", details["input"])
    if kind == "literal_error" and isinstance(value, str):
        return suggest(value, re.findall(r"'([^']*)'", details.get("ctx", {})["expected"]))
    if kind == "list_type" and isinstance(value, str):
        return f"Write [{shorten(value)}]."
    if kind == "model_type" and (table := _table_at(loc)):
        required = [name for name, field in table.model_fields.items() if field.is_required()]
        return f"Write {{ {', '.join(f'{name} = …' for name in required)} }}." if required else ""
    is_share = kind == "less_than_equal" and details.get("ctx", {})["le"] == 1
    if is_share and isinstance(value, int | float) and value <= 100:
        return f"It is a share: {value:g} % is {value / 100:g}."
    return ""


def _missing(loc: Sequence[str], _: ErrorDetails, origin: Origin) -> Problem:
    *table, key = loc
    if not table:
        return Problem(origin.at(), f"table [{key}] is missing.", f"Add [{key}].")
    return Problem(origin.at(*table), f"'{key}' is missing.", f"Add {key} = …")


def _unknown(loc: Sequence[str], _: ErrorDetails, origin: Origin) -> Problem:
    *table, key = loc
    model = _table_at(table)
    known = model.model_fields if model else ()
    return Problem(origin.at(*table), f"{'key' if table else 'table'} '{key}' is not known.", suggest(key, known))


def _mismatch(loc: Sequence[str], details: ErrorDetails, origin: Origin) -> Problem:
    hint = _PATTERNS.get(details.get("ctx", {})["pattern"], "")
    value = show(details["input"])
    if loc[-1] == "[key]":
        return Problem(origin.at(*loc[:-2]), f"{value} is not a name.", hint)
    return Problem(origin.at(*loc), f"{value} cannot be read.", hint)


_SPECIAL: dict[str, Callable[[Sequence[str], ErrorDetails, Origin], Problem]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "string_pattern_mismatch": _mismatch,
}


def _table_at(loc: Sequence[str]) -> type[Table] | None:
    """The model of the table at a place of the file."""
    kind: Any = ProjectFile
    for key in loc:
        if isinstance(kind, type) and issubclass(kind, Table):
            field = kind.model_fields.get(key)
            kind = field.annotation if field else None
        elif get_origin(kind) is dict:
            kind = get_args(kind)[1]
        if isinstance(kind, UnionType):
            kind = next((part for part in get_args(kind) if part is not type(None)), None)
    return kind if isinstance(kind, type) and issubclass(kind, Table) else None
