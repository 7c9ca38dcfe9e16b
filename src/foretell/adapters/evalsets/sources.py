"""The containers that cases come in (JSON Lines, JSON, YAML, CSV), opened up into rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from foretell.adapters.evalsets.tables import read_table
from foretell.adapters.evalsets.yaml_text import NotYaml, parse_yaml
from foretell.core.domain.files.lines import rows
from foretell.core.domain.files.rows import Row
from foretell.core.domain.files.strict import NotJson, parse, show
from foretell.core.domain.values import Json, JsonObject
from foretell.core.errors import Problem

# Where makers put the list when the file is one object, the more particular names first.
_LISTS = (
    ("cases",),
    ("tests",),
    ("goldens",),
    ("data", "examples"),
    ("examples",),
    ("data",),
    ("items",),
    ("samples",),
    ("records",),
)
SUFFIXES: Mapping[str, str] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".csv": "csv",
    ".tsv": "csv",
}


@dataclass(frozen=True, slots=True)
class Source:
    """An opened file: its rows and what is wrong with the others.

    `document` is what stands around the list, if anything does; `is_table` says that all values are cells, texts.
    """

    path: str
    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()
    document: JsonObject = field(default_factory=dict[str, Json])
    is_table: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Every field name of every row."""
        return frozenset(name for row in self.rows for name in row.value)


def open_source(data: bytes, path: str, container: str) -> Source:
    """The rows of a file of that kind; what cannot be read is among the problems."""
    return _OPENERS[container](data, path)


def _open_jsonl(data: bytes, path: str) -> Source:
    problems: list[Problem] = []
    found = tuple(rows(data.split(b"\n"), path, problems))
    return Source(path, found, tuple(problems))


def _open_json(data: bytes, path: str) -> Source:
    try:
        value = parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _broken(path, f"is not UTF-8 at byte {error.start + 1}.", "Save it as UTF-8.")
    except NotJson as error:
        lines = _open_jsonl(data, path)  # many a .json file holds JSON Lines
        return lines if lines.rows else _broken(path, error.what, error.hint)
    keys, found = _find_list(value)
    if found is None:
        return _no_list(path, value)
    return _as_source(path, value, keys, [(f"{path}, item {n}", n, item) for n, item in enumerate(found, start=1)])


def _open_yaml(data: bytes, path: str) -> Source:
    try:
        document = parse_yaml(data)
    except NotYaml as error:
        place = path if error.line is None else f"{path}:{error.line}"
        return Source(path, problems=(Problem(place, error.what, error.hint),))
    keys, found = _find_list(document.value)
    if found is None:
        return _no_list(path, document.value)
    lines = document.lines_of(keys)
    items = [(f"{path}:{line}", line, item) for line, item in zip(lines, found, strict=True)]
    return _as_source(path, document.value, keys, items)


def _open_csv(data: bytes, path: str) -> Source:
    problems: list[Problem] = []
    found = read_table(data, path, problems)
    return Source(path, found, tuple(problems), is_table=True)


_OPENERS: Mapping[str, Callable[[bytes, str], Source]] = {
    "jsonl": _open_jsonl,
    "json": _open_json,
    "yaml": _open_yaml,
    "csv": _open_csv,
}


def _find_list(value: Json) -> tuple[tuple[str, ...], Sequence[Json] | None]:
    """The list of rows and the keys that lead to it."""
    if isinstance(value, list):
        return (), cast("list[Json]", value)
    for keys in _LISTS:
        inner: Json = value
        for key in keys:
            inner = cast("dict[str, Json]", inner).get(key) if isinstance(inner, dict) else None
        if isinstance(inner, list):
            return keys, cast("list[Json]", inner)
    return (), None


def _as_source(path: str, value: Json, keys: tuple[str, ...], items: Sequence[tuple[str, int, Json]]) -> Source:
    found = tuple(
        Row(where, cast("dict[str, Json]", item), number) for where, number, item in items if isinstance(item, dict)
    )
    problems = tuple(
        Problem(where, f"is {show(item)}, not an object.", "If it names another file, import that one.")
        for where, _, item in items
        if not isinstance(item, dict)
    )
    document = cast("dict[str, Json]", value) if keys else {}
    return Source(path, found, problems, {name: part for name, part in document.items() if name != keys[0]})


def _no_list(path: str, value: Json) -> Source:
    tests: Json = cast("dict[str, Json]", value).get("tests") if isinstance(value, dict) else None
    if isinstance(tests, str):
        return _broken(path, f"has its tests in another file, {show(tests)}.", "Import that one.")
    hint = f"Put them in a list, at the top or under {', '.join(sorted({keys[0] for keys in _LISTS}))}."
    return _broken(path, "holds no list of cases.", hint)


def _broken(path: str, what: str, hint: str) -> Source:
    return Source(path, problems=(Problem(path, what, hint),))
