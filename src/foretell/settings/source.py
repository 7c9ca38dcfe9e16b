"""Finding and reading the project file."""

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from foretell.core.errors import ConfigurationError, Problem

FILE = "foretell.toml"
SHARED_FILE = "pyproject.toml"
SHARED_TABLE = "tool.foretell"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value stands, for people: `file` is shown as it is, `prefix` goes before every table's name."""

    file: str
    prefix: str = ""

    def at(self, *keys: str) -> str:
        """The place of a key: the tables in brackets, what is inside them behind.

        >>> Origin("foretell.toml").at("suites", "system", "scorers")
        'foretell.toml, [suites.system] scorers'
        >>> Origin("pyproject.toml", "tool.foretell").at("project", "name")
        'pyproject.toml, [tool.foretell.project] name'
        """
        depth = 1 if keys[:1] in (("project",), ("evalsets",)) else 2
        table = ".".join(key for key in (self.prefix, *keys[:depth]) if key)
        inside = ".".join(keys[depth:])
        return " ".join(part for part in (f"{self.file}, [{table}]" if table else self.file, inside) if part)


@dataclass(frozen=True, slots=True)
class Source:
    """A project file that was read: its folder, where its values stand, and the raw tables."""

    root: str
    origin: Origin
    data: dict[str, Any]


def read(path: str | None, cwd: str) -> Source:
    """The project file at `path`, or the first one from `cwd` upward.

    Raises:
        ConfigurationError: there is none, it cannot be read, or it is not TOML.
    """
    if path is not None:
        return _given(os.path.join(cwd, path))
    for folder in _upward(os.path.abspath(cwd)):
        own = os.path.join(folder, FILE)
        if os.path.isfile(own):
            return _own(own)
        shared = os.path.join(folder, SHARED_FILE)
        if os.path.isfile(shared) and (found := _shared(shared)):
            return found
    problem = f"there is no {FILE}, and no {SHARED_FILE} with [{SHARED_TABLE}], here or in a folder above."
    raise ConfigurationError(Problem(os.path.abspath(cwd), problem, "Make one with 'foretell init'."))


def _given(path: str) -> Source:
    if os.path.isdir(path):
        path = os.path.join(path, FILE)
    if os.path.basename(path) != SHARED_FILE:
        return _own(path)
    found = _shared(path)
    if found is None:
        hint = f"Add the tables, or make a {FILE} with 'foretell init'."
        raise ConfigurationError(Problem(path, f"it has no [{SHARED_TABLE}].", hint))
    return found


def _own(path: str) -> Source:
    return Source(os.path.dirname(os.path.abspath(path)), Origin(os.path.basename(path)), _parse(path))


def _shared(path: str) -> Source | None:
    tool = _parse(path).get("tool")
    data = cast("dict[str, Any]", tool).get("foretell") if isinstance(tool, dict) else None
    if not isinstance(data, dict):
        return None
    origin = Origin(SHARED_FILE, SHARED_TABLE)
    return Source(os.path.dirname(os.path.abspath(path)), origin, cast("dict[str, Any]", data))


def _upward(folder: str) -> Iterator[str]:
    yield folder
    while (parent := os.path.dirname(folder)) != folder:
        yield parent
        folder = parent


def _parse(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        hint = "Make one with 'foretell init'." if isinstance(error, FileNotFoundError) else "Check its rights."
        raise ConfigurationError(Problem(path, f"it cannot be read: {error.strerror}.", hint)) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(Problem(path, "it is not UTF-8.", "Save it as UTF-8.")) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(Problem(path, f"it is not TOML: {error}.")) from error
