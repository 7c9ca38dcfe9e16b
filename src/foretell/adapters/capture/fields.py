"""A row of an archive under our names: fields that are mapped, texts that are JSON, numbers and times in many forms."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

from foretell.core.domain.files.strict import NotJson, parse
from foretell.core.domain.values import Json

_NUMBERS: Final = ("cost_usd", "probability")


def mapped(row: Mapping[str, Json], fields: Mapping[str, str]) -> dict[str, Json]:
    """A row under our names: fields that are mapped, the others as they are, numbers that stand as text as numbers."""
    taken = {path if path in row else path.partition(".")[0] for path in fields.values()}
    found = {name: opened(value) for name, value in row.items() if name not in taken}
    found |= {name: opened(_at(row, path)) for name, path in fields.items()}
    for name in _NUMBERS:
        if isinstance(text := found.get(name), str):
            found[name] = number(text)
    return {**found, "at": time(found["at"])} if "at" in found else found


def _at(row: Mapping[str, Json], path: str) -> Json:
    """The value at a dotted path; a column may itself be named with dots, or hold JSON as text."""
    if path in row:
        return row[path]
    value: Any = row
    for part in path.split("."):
        value = opened(value)
        if isinstance(value, list) and part.isdecimal():
            items = cast("list[Json]", value)
            value = items[int(part)] if int(part) < len(items) else None
        else:
            value = cast("dict[str, Json]", value).get(part) if isinstance(value, dict) else None
    return value


def opened(value: Json) -> Json:
    """Text that is a JSON object or list as what it says."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return parse(value)
    except NotJson:
        return value


def objects_in(value: Json) -> list[dict[str, Json]]:
    """The objects of a list, and nothing of anything else."""
    items = cast("list[Any]", value) if isinstance(value, list) else ()
    return [cast("dict[str, Json]", item) for item in items if isinstance(item, dict)]


def number(text: str) -> Json:
    """Text that is a number as one, None when it is blank; any other as it is."""
    try:
        return float(text) if text.strip() else None
    except ValueError:
        return text


def time(value: Json) -> Json:
    """A time as text; numbers count seconds, milliseconds, microseconds or nanoseconds since 1970, by their size."""
    if isinstance(value, str) and re.fullmatch(r"\d{9,20}(?:\.\d{1,9})?", value):
        value = float(value)
    if isinstance(value, str):
        return f"{value}:00" if re.search(r":\d\d(?:\.\d+)?[+-]\d\d$", value) else value  # as databases write UTC
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return value
    from_1970 = float(value)
    while from_1970 > 1e11:  # the year 5138 in seconds
        from_1970 /= 1000
    return datetime.fromtimestamp(from_1970, UTC).isoformat()
