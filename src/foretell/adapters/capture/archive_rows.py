"""The rows of a file of any size, each as a text of JSON: JSON Lines, JSON, CSV and Parquet.

DuckDB reads all but JSON Lines, in this process and in bounded memory: it may neither fetch extensions nor write
temporary files, for what it reads holds personal data.
"""

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from foretell.core.errors import BadInput, Problem

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


def rows_of(place: Path, path: str) -> Iterator[tuple[str, str | bytes]]:
    """Where each row is, and the row; `path` is the file's name to people.

    Raises:
        BadInput: absent, of an unknown ending, or not readable as what its name says.
    """
    if not place.is_file():
        raise BadInput(Problem(path, "there is no such file.", "Name a file, relative to the project file."))
    ending = place.name.removesuffix(".gz").lower()
    query = next((query for end, query in _BY_ENDING.items() if ending.endswith(end)), None)
    if query is None:
        hint = f"Its name should end in one of: {', '.join(_BY_ENDING)}."
        raise BadInput(Problem(path, "its name does not say what it is.", hint))
    return _lines(place, path) if query == _LINES else _texts(query, place, path)


def _lines(place: Path, path: str) -> Iterator[tuple[str, bytes]]:
    """The lines of a file; blank ones are left out."""
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
    """The rows that DuckDB finds."""
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
