"""CSV: one row a case, names in the first row, `slice:NAME` and `metadata:NAME` for what is nested."""

import csv
import io
from typing import cast

from foretell.core.domain.files.rows import Row
from foretell.core.domain.files.strict import NotJson, parse
from foretell.core.domain.values import Json
from foretell.core.errors import Problem

_NESTED = {"slice": "slices", "metadata": "metadata"}


def read_table(data: bytes, path: str, problems: list[Problem]) -> tuple[Row, ...]:
    """The rows of a CSV file (tabs when its name ends in `.tsv`); an empty cell is a field that is not there."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        hint = "Save the file as UTF-8; spreadsheets call it 'CSV UTF-8'."
        problems.append(Problem(f"{path}:{line}", f"byte 0x{data[error.start]:02x} is not UTF-8.", hint))
        return ()
    # The default of 128 KiB is less than a case with its retrieved documents may take.
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if path.endswith(".tsv") else ",", strict=True)
    names: list[str] = []
    found: list[Row] = []
    line = 1
    try:
        for cells in reader:
            start, line = line, reader.line_num + 1
            if not any(cells):
                continue
            if names:
                row = _row(names, cells, f"{path}:{start}", start)
                problems.extend(row.problems)
                found += [] if row.problems else [row]
                continue
            names = [cell.strip() for cell in cells]
            if wrong := _check_names(names, f"{path}:{start}"):
                problems.extend(wrong)
                break
    except csv.Error as error:
        problems.append(Problem(f"{path}:{line}", f"is not CSV: {error}.", "Check the quotes."))
    return tuple(found)


def _row(names: list[str], cells: list[str], where: str, line: int) -> Row:
    if len(cells) == len(names):
        return Row(where, _nest(names, cells), line)
    row = Row(where, {}, line)
    what = f"has {len(cells)} cells, and the first row names {len(names)}."
    row.problems.append(Problem(where, what, "Quote cells that hold a comma or a line break."))
    return row


def _check_names(names: list[str], where: str) -> list[Problem]:
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        return [Problem(where, f"the first row is one name, {names[0]!r}.", "Separate the columns by commas.")]
    return [
        Problem(
            where,
            f"column {position} has {'no name' if not name else f'the name {name!r} of an earlier one'}.",
            "Give every column a name of its own.",
        )
        for position, name in enumerate(names, start=1)
        if not name or name in names[: position - 1]
    ]


def _nest(names: list[str], cells: list[str]) -> dict[str, Json]:
    row: dict[str, Json] = {}
    for name, cell in zip(names, cells, strict=True):
        group, colon, inner = name.partition(":")
        if not cell:
            continue
        if colon and group in _NESTED and inner:
            row.setdefault(_NESTED[group], {})[inner] = cell
        elif name == "metadata":
            row["metadata"] = {**_object(cell), **row.get("metadata", {})}
        else:
            row[name] = cell
    return row


def _object(cell: str) -> dict[str, Json]:
    """A cell that holds a JSON object, as exports write metadata; any other text is kept under its column's name."""
    try:
        value = parse(cell)
    except NotJson:
        value = None
    return cast("dict[str, Json]", value) if isinstance(value, dict) else {"metadata": cell}
