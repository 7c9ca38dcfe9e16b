"""Every error that foretell raises on purpose, and the exit code each one ends the command with.

    ForetellError
    ├── ConfigurationError   64  the project file, an option or a policy is wrong
    ├── BadInput             65  data that was given cannot be used
    ├── Unreachable          69  nothing could start because something is not there
    ├── NotEnoughEvidence     2  a question that the data cannot answer
    └── RunFailed            70  the run itself failed

An error carries all its problems at once. A problem says where, what is wrong with the value shown, and what to do.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import ClassVar, Self


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: `where` it is, `what` is wrong (with the value), `hint` says what would be right or what to do."""

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} {self.hint}" if self.hint else text


class ForetellError(Exception):
    """An error with a stable `code`, an exit code and one or more problems."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 70

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))

    @classmethod
    def of(cls, where: str, what: str, hint: str = "") -> Self:
        """The error of a single problem."""
        return cls(Problem(where, what, hint))

    def inside(self, place: str) -> Self:
        """The same error with its problems in a larger place: `target 'a'` → `target 'a', url = '…'`."""
        return self._told(lambda where: where if where.startswith(place) else ", ".join(filter(None, (place, where))))

    def moved(self, old: str, new: str) -> Self:
        """The same error where a place has a better name: `target 'a', url = '…'` → `[targets.a] url = '…'`."""

        def renamed(where: str) -> str:
            rest = where.removeprefix(old).removeprefix(", ")
            return f"{new} {rest}".rstrip() if where.startswith(old) else where

        return self._told(renamed)

    def _told(self, renamed: Callable[[str], str]) -> Self:
        return type(self)(*(replace(problem, where=renamed(problem.where)) for problem in self.problems))


class ConfigurationError(ForetellError):
    """The project file, an option or a policy is wrong."""

    code = "configuration"
    exit_code = 64


class BadInput(ForetellError):
    """Data that was given cannot be used: a malformed line, an unknown case, a file changed by hand."""

    code = "bad-input"
    exit_code = 65


class Unreachable(ForetellError):
    """Nothing could start because something that is needed is not there."""

    code = "unreachable"
    exit_code = 69


class NotEnoughEvidence(ForetellError):
    """The question cannot be answered from the data there is."""

    code = "not-enough-evidence"
    exit_code = 2


class RunFailed(ForetellError):
    """The run itself failed."""

    code = "run-failed"
    exit_code = 70


def raise_all(kind: type[ForetellError], problems: Iterable[Problem]) -> None:
    """Raise `kind` with all problems, or do nothing when there are none."""
    found = tuple(problems)
    if found:
        raise kind(*found)


def suggest(name: str, known: Iterable[str]) -> str:
    """A hint for an unknown name: the nearest known one, else the list of known ones.

    >>> suggest("exact_mach", ["exact_match", "regex"])
    "Did you mean 'exact_match'?"
    >>> suggest("zzz", ["b", "a"])
    'Known: a, b.'
    """
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"Known: {', '.join(names)}." if names else "There are none yet."
