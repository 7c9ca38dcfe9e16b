"""Secrets that stand in the project file. They belong into the environment, and are never shown."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from foretell.core.errors import Problem
from foretell.settings.source import Origin

_KEY = re.compile(r"(?:^|[-_])(?:api[-_]?key|token|password|passwd|secret|authorization)$", re.IGNORECASE)
_VALUE = re.compile(
    r"(?:Bearer\s+\S{8,}|sk-[\w-]{8,}|(?:ghp|gho|ghs|github_pat|glpat|hf|xox[abp])[-_]\w{10,}|AKIA[0-9A-Z]{16}"
    r"|AIza[\w-]{30,}|eyJ[\w-]{10,}\.[\w-]{10,}\.)"
)
_PASSWORD_IN_URL = re.compile(r"://[^/@\s:]*:[^/@\s]+@")
_NAMES_OF_THE_USER = frozenset({("evalsets",), ("steps",), ("fingerprints",)})


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret that stands in the file, and the problem that it is."""

    value: str
    problem: Problem

    def hide(self, problem: Problem) -> Problem:
        """Another problem, without this secret in it."""
        return replace(problem, what=self._without(problem.what), hint=self._without(problem.hint))

    def _without(self, text: str) -> str:
        return text.replace(shorten(self.value), "a secret").replace(f"'{self.value}'", "a secret")


def shorten(text: str) -> str:
    """A text in quotes, no longer than a line."""
    return f"'{text if len(text) <= 60 else text[:57] + '…'}'"


def find_leaks(data: Mapping[str, Any], origin: Origin) -> list[Leak]:
    """Each text of the file that is, or is named like, a secret."""
    return list(_walk(data, (), origin))


def _walk(value: object, path: tuple[str, ...], origin: Origin) -> Iterator[Leak]:
    if isinstance(value, dict):
        for key, inner in cast("dict[str, object]", value).items():
            yield from _walk(inner, (*path, key), origin)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _walk(inner, path, origin)
    elif isinstance(value, str) and value and (problem := _judge(value, path, origin)):
        yield Leak(value, problem)


def _judge(value: str, path: tuple[str, ...], origin: Origin) -> Problem | None:
    key = path[-1]
    if _PASSWORD_IN_URL.search(value):
        hint = "Leave it out; PostgreSQL's client reads PGPASSWORD from the environment, or ~/.pgpass."
        hint = hint if path == ("project", "store") else "Leave it out; secrets come from the environment."
        return Problem(origin.at(*path), "holds a password in its address.", hint)
    if _VALUE.search(value) or (_KEY.search(key) and not _is_name_of_the_user(path)):
        variable = re.sub(r"\W", "_", key).upper()
        hint = f'Write {key} = {{ env = "{variable}" }}.'
        return Problem(origin.at(*path), "is a secret written into the file.", hint)
    return None


def _is_name_of_the_user(path: tuple[str, ...]) -> bool:
    """True when the last key was chosen by the file's author and says nothing about the value.

    Scorers hold such keys at any depth: the arguments of an expected tool call, the properties of a JSON Schema.
    """
    return path[0] == "scorers" or path[-2:-1] in _NAMES_OF_THE_USER
