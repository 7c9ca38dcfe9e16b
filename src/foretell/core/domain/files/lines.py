"""JSON Lines: one object a line, UTF-8, blank lines allowed. All mistakes of a file are reported at once."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from foretell.core.domain.files.rows import Row
from foretell.core.domain.files.strict import NotJson, parse, show
from foretell.core.domain.values import Json
from foretell.core.errors import BadInput, Problem

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
PRINTED = 20


@dataclass(frozen=True, slots=True)
class Decoded(Generic[T]):
    """What a file holds: the good items, what is wrong with the others, and what is worth knowing (`notes`)."""

    items: tuple[T, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()

    def or_raise(self) -> tuple[T, ...]:
        """All items, provided that nothing is wrong.

        Raises:
            BadInput: with the first 20 problems and the number of the others.
        """
        if self.problems:
            raise bad_input(self.problems)
        return self.items


def bad_input(problems: Iterable[Problem]) -> BadInput:
    """The error of many problems; it prints the first 20 and says how many more there are."""
    found = tuple(problems)
    more = len(found) - PRINTED
    if more <= 0:
        return BadInput(*found)
    rest = Problem("", f"and {more} more problem{'s' if more > 1 else ''}.", "Repair these first, then try again.")
    return BadInput(*found[:PRINTED], rest)


def decode(
    lines: Iterable[bytes], path: str, item: Callable[[Row], T], key: Callable[[T], K], name: Callable[[K], str]
) -> Decoded[T]:
    """Read every line as one item; a key that occurred before is a problem that tells both lines.

    `lines` is an open binary file or a list of lines, `path` is how problems call it. `key` is unique to an item,
    `name` makes of it what can be printed: `case 'a'`.
    """
    items: list[T] = []
    problems: list[Problem] = []
    first: dict[K, int] = {}
    for row in rows(lines, path, problems):
        found = item(row)
        if row.problems:
            problems.extend(row.problems)
            continue
        known = key(found)
        line = first.setdefault(known, row.line)
        if line == row.line:
            items.append(found)
        else:
            problems.append(Problem(row.where, f"{name(known)} is on line {line} already.", "Keep one of the two."))
    return Decoded(tuple(items), tuple(problems))


def rows(lines: Iterable[bytes], path: str, problems: list[Problem]) -> Iterator[Row]:
    """The objects of a JSON Lines file; lines that hold none are added to `problems`."""
    is_first = True
    for number, raw in enumerate(lines, start=1):
        line = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
        if not line.strip():
            continue
        where = f"{path}:{number}"
        if is_first and (problem := _other_format(line, where)):
            problems.append(problem)
            return
        is_first = False
        try:
            value = parse(line.decode())
        except UnicodeDecodeError as error:
            problems.append(_not_utf8(line, error, where))
        except NotJson as error:
            place = where if error.column is None else f"{where}:{error.column}"
            problems.append(Problem(place, f"the line {error.what}", error.hint))
        else:
            if isinstance(value, dict):
                yield Row(where, cast("dict[str, Json]", value), number)
            else:
                problems.append(
                    Problem(where, f"the line is {show(value)}, not an object.", 'Write {"name": value, …}.')
                )


def _other_format(line: bytes, where: str) -> Problem | None:
    """A file that is JSON, but not JSON Lines, earns one problem instead of one a line."""
    start = line.strip()
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Problem(where, "the file is UTF-16, not UTF-8.", "Save it as UTF-8.")
    if start.startswith(b"["):
        hint = "Write one object a line, without the brackets and the commas between."
        return Problem(where, "the file is one JSON list, not JSON Lines.", hint)
    if start == b"{":
        return Problem(
            where, "an object begins here and goes on in the next line.", "Write every object on a line of its own."
        )
    return None


def _not_utf8(line: bytes, error: UnicodeDecodeError, where: str) -> Problem:
    what = f"byte {error.start + 1} of the line (0x{line[error.start]:02x}) is not UTF-8."
    return Problem(where, what, "Save the file as UTF-8.")
