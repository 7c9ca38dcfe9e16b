"""Archives of traffic of any size, row by row: JSON Lines, JSON, CSV and Parquet, and the exports of tracing products.

DuckDB reads all but JSON Lines, in this process and in bounded memory: it may neither fetch extensions nor write
temporary files, for what it reads holds personal data.
"""

import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

from foretell.adapters.capture.langfuse import langfuse_row
from foretell.core.domain.files.interactions import interaction_of
from foretell.core.domain.files.rows import Row
from foretell.core.domain.files.strict import NotJson, parse
from foretell.core.domain.traffic import Interaction
from foretell.core.domain.values import Json
from foretell.core.errors import BadInput, Problem, suggest
from foretell.core.ports.archives import Archive

AT_ONCE: Final = 500
MOST_MEMORY: Final = "400MB"
_OBJECTS = "SELECT json FROM read_json_objects(?, format='auto', maximum_object_size=67108864)"
_CSV = "SELECT to_json(_row) FROM read_csv(?, all_varchar=true, header=true, max_line_size=67108864) AS _row"
_PARQUET = "SELECT to_json(_row) FROM read_parquet(?) AS _row"
_LINES = ""  # read here, line by line: DuckDB gives a whole file up at its first bad line
_LONGEST_LINE: Final = 64 * 1024 * 1024
_BY_ENDING: Final[Mapping[str, str]] = {
    ".jsonl": _LINES, ".ndjson": _LINES, ".json": _OBJECTS, ".csv": _CSV, ".tsv": _CSV, ".parquet": _PARQUET,
}  # fmt: skip
_SHAPES: Final[Mapping[str, Callable[[Mapping[str, Json]], Mapping[str, Json]]]] = {
    "interactions": lambda row: row,
    "langfuse": langfuse_row,
}
FORMS: Final = tuple(_SHAPES)
_NUMBERS: Final = ("cost_usd", "probability")


def read_archive(root: str, archive: Archive) -> Iterator[Interaction | Problem]:
    """See the port `Archives`."""
    place = Path(root, archive.path)
    ending = place.name.removesuffix(".gz").lower()
    query = next((query for end, query in _BY_ENDING.items() if ending.endswith(end)), None)
    shape = _SHAPES.get(archive.form or "interactions")
    if not place.is_file():
        raise BadInput(Problem(archive.path, "there is no such file.", "Name a file, relative to the project file."))
    if query is None:
        hint = f"Its name should end in one of: {', '.join(_BY_ENDING)}."
        raise BadInput(Problem(archive.path, "its name does not say what it is.", hint))
    if shape is None:
        raise BadInput(Problem("--from", f"'{archive.form}' is not known.", suggest(str(archive.form), FORMS)))
    texts = _texts(query, place, archive.path) if query != _LINES else _lines(place, archive.path)
    for where, text in texts:
        try:
            value = parse(text.decode() if isinstance(text, bytes) else text)
        except (NotJson, UnicodeDecodeError):
            yield Problem(where, "is no JSON in UTF-8.", "Write one object, with finite numbers.")
            continue
        if not isinstance(value, dict):
            yield Problem(where, "is not an object.", "A list of objects stands in a file that is named .json.")
            continue
        found = cast("dict[str, Json]", value)
        row = Row(where, _mapped(shape(found), archive.fields), is_private=True)
        one = interaction_of(row)
        yield from row.problems or (one,)


def _lines(place: Path, path: str) -> Iterator[tuple[str, bytes]]:
    """Where each line of a file is, and the line; blank ones are left out."""
    try:
        with gzip.open(place, "rb") if place.name.endswith(".gz") else place.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE + 1), b""), start=1):
                if len(line) > _LONGEST_LINE:
                    what = f"is longer than {_LONGEST_LINE // 1024 // 1024} MB."
                    raise BadInput(Problem(f"{path}:{number}", what, "Write one interaction a line."))
                if line.strip():
                    yield f"{path}:{number}", line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
    except (OSError, EOFError, zlib.error) as error:
        what = f"cannot be read: {type(error).__name__}."
        raise BadInput(Problem(path, what, "See that it is complete, and what its name says.")) from None


def _texts(query: str, place: Path, path: str) -> Iterator[tuple[str, str]]:
    """Where each row of a file is, and the row as JSON."""
    import duckdb  # a tenth of a second, and only archives need it

    settings: dict[str, Any] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "temp_directory": "",
        "memory_limit": MOST_MEMORY,
        "preserve_insertion_order": "true",
    }
    connection = duckdb.connect(":memory:", config=settings)
    try:
        connection.execute("SET TimeZone='UTC'")
        found = connection.execute(query, [str(place)])
        number = 0
        while rows := found.fetchmany(AT_ONCE):
            for (text,) in rows:
                number += 1
                yield f"{path}: row {number}", text
    except duckdb.Error as error:
        at = re.search(r"(?:Line:|line|byte|record/value) \d+", str(error))  # the rest may quote what the file holds
        what = f"cannot be read as what its name says{f' ({at[0].lower()})' if at else ''}."
        raise BadInput(Problem(path, what, "See that it is complete, and of the kind that its name says.")) from None
    finally:
        connection.close()


def _mapped(row: Mapping[str, Json], fields: Mapping[str, str]) -> dict[str, Json]:
    """A row under our names: fields that are mapped, the others as they are, numbers that stand as text as numbers."""
    taken = {path if path in row else path.partition(".")[0] for path in fields.values()}
    found = {name: _opened(value) for name, value in row.items() if name not in taken}
    found |= {name: _opened(_at(row, path)) for name, path in fields.items()}
    for name in _NUMBERS:
        if isinstance(text := found.get(name), str):
            found[name] = _number(text)
    return {**found, "at": _time(found["at"])} if "at" in found else found


def _at(row: Mapping[str, Json], path: str) -> Json:
    """The value at a dotted path; a column may itself be named with dots, or hold JSON as text."""
    if path in row:
        return row[path]
    value: Any = row
    for part in path.split("."):
        value = _opened(value)
        if isinstance(value, list) and part.isdecimal():
            items = cast("list[Json]", value)
            value = items[int(part)] if int(part) < len(items) else None
        else:
            value = cast("dict[str, Json]", value).get(part) if isinstance(value, dict) else None
    return value


def _opened(value: Json) -> Json:
    """Text that is a JSON object or list as what it says."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return parse(value)
    except NotJson:
        return value


def _number(text: str) -> Json:
    try:
        return float(text) if text.strip() else None
    except ValueError:
        return text


def _time(value: Json) -> Json:
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
