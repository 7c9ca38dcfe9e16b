"""The only reader of the project file and of the environment: typed values out, every mistake at once."""

from collections.abc import Mapping
from copy import deepcopy
from os.path import abspath
from typing import Any

from foretell.core.domain.project import Project
from foretell.core.errors import ConfigurationError, Problem, raise_all
from foretell.settings.aliases import find_aliases
from foretell.settings.checks import check
from foretell.settings.environment import PSEUDONYM_KEY, secret
from foretell.settings.files import take_in_files
from foretell.settings.leaks import find_leaks
from foretell.settings.published import json_schema
from foretell.settings.references import read_scorers
from foretell.settings.resolve import resolve
from foretell.settings.source import Origin, Source, read
from foretell.settings.tables import read_tables

__all__ = ["PSEUDONYM_KEY", "json_schema", "load", "load_tables", "load_with_warnings", "secret", "understand"]


def load(path: str | None = None, cwd: str = ".") -> Project:
    """The project of the file at `path`, or of the first foretell.toml or pyproject.toml from `cwd` upward.

    Raises:
        ConfigurationError: no file, not TOML, or mistakes in it: all of them at once.
    """
    return load_with_warnings(path, cwd)[0]


def load_with_warnings(path: str | None = None, cwd: str = ".") -> tuple[Project, tuple[Problem, ...]]:
    """As `load`, and beside the project what is allowed but unwise.

    Raises:
        ConfigurationError: as `load`.
    """
    return understand(read(path, cwd))


def load_tables(tables: Mapping[str, Any], root: str) -> Project:
    """The project that these tables describe, as if they stood in a file in the folder `root`.

    Raises:
        ConfigurationError: mistakes in them, all of them at once.
    """
    return understand(Source(abspath(root), Origin("tables"), deepcopy(dict(tables))))[0]


def understand(source: Source) -> tuple[Project, tuple[Problem, ...]]:
    """The project and the warnings of a file that was read.

    Raises:
        ConfigurationError: mistakes in it, all of them at once.
    """
    unread = take_in_files(source)
    file, problems = read_tables(source.data, source.origin)
    problems += unread
    problems += check(file, source.data, source.origin)
    for leak in find_leaks(source.data, source.origin):
        problems = [*map(leak.hide, problems), leak.problem]
    raise_all(ConfigurationError, problems)
    book, _ = read_scorers(file, source.origin)
    return resolve(file, book, source), tuple(find_aliases(file, source.origin))
