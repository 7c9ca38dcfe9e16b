"""A case on its way in: fields under our names, what is left of the row, and remarks for the person who imports."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from foretell.adapters.evalsets.sources import Source
from foretell.core.domain.files.rows import Row
from foretell.core.domain.values import Json


@dataclass(slots=True)
class Draft:
    """One case to be: `fields` as in a case's own file.

    `kept` goes under the maker's name in the metadata, beside the fields of the row that nobody took. A remark says
    why a row is left out.
    """

    row: Row
    fields: dict[str, Json]
    remarks: list[str] = field(default_factory=list[str])
    kept: dict[str, Json] = field(default_factory=dict[str, Json])
    is_left_out: bool = False


Reader: TypeAlias = Callable[[Source], Iterable[Draft]]


def each(read: Callable[[Row], Draft]) -> Reader:
    """A reader of sources from one of rows."""
    return lambda source: [read(row) for row in source.rows]


def first_of(row: Row, *names: str) -> Json:
    """The first of some fields that is there; several names for one thing are common."""
    values = [row.take(name) for name in names if row.has(name)]
    return values[0] if values else None


def require(row: Row, *names: str) -> None:
    """Note a problem when none of the fields is there."""
    if not any(row.has(name) for name in names):
        row.wrong(names[0], "is missing.", "It is what the target is asked.")


def metadata_of(row: Row, *names: str) -> dict[str, Json]:
    """The maker's metadata: an object as it is, anything else under the field's own name."""
    for name in names:
        if row.has(name):
            value = row.take(name)
            return cast("dict[str, Json]", value) if isinstance(value, dict) else {name: value}
    return {}
