"""Cases as a file holds them."""

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from operator import attrgetter

from foretell.core.domain.cases import NOTHING, Case
from foretell.core.domain.files.lines import Decoded, decode
from foretell.core.domain.files.rows import Row
from foretell.core.domain.files.strict import show
from foretell.core.domain.values import Json, JsonObject, canonical
from foretell.core.errors import Problem

_AT_ONCE = 500


def decode_cases(lines: Iterable[bytes], path: str) -> Decoded[Case]:
    """The cases of a JSON Lines file; a file without any is a problem."""
    found = decode(lines, path, case_of, attrgetter("id"), "case '{}'".format)
    return found if found.items or found.problems else Decoded((), (no_cases(path),))


def no_cases(path: str) -> Problem:
    """What an empty file earns."""
    return Problem(path, "holds no cases.", 'Write one a line: {"id": "…", "input": "…", "expected": "…"}.')


def case_of(row: Row) -> Case:
    """One case. Fields that a case does not have are kept under its metadata."""
    found = Case(
        id=row.name("id"),
        input=_input(row),
        expected=row.take("expected"),
        slices=_slices(row) or NOTHING,
        turns=_turns(row),
        goal=row.text("goal"),
        metadata=row.mapping("metadata") or NOTHING,
    )
    if found.turns and found.goal is not None:
        row.wrong("goal", "stands beside 'turns'.", "A conversation is scripted or simulated: keep one of the two.")
    unknown = row.rest()
    return dataclasses.replace(found, metadata=keep_unknown(found.metadata, unknown)) if unknown else found


def keep_unknown(metadata: JsonObject, unknown: JsonObject) -> dict[str, Json]:
    """Metadata with further fields in it. One whose name is taken by another value is kept as `field:NAME`.

    >>> keep_unknown({"owner": "ann", "team": "a"}, {"owner": "bob", "team": "a"})
    {'owner': 'ann', 'team': 'a', 'field:owner': 'bob'}
    """
    kept = dict(metadata)
    for name, value in unknown.items():
        free = name
        # Compared as JSON: to Python, 1 and true are equal.
        while free in kept and canonical(kept[free]) != canonical(value):
            free = f"field:{free}"
        kept[free] = value
    return kept


def hash_of(cases: Sequence[Case]) -> str:
    """The content hash of a set: of the list of its cases as JSON, in their order. 64 hex digits.

    A part at a time: the text of a large set would take as much memory as the set.
    """
    digest = hashlib.sha256(b"[")
    for start in range(0, len(cases), _AT_ONCE):
        part = canonical([case.as_json() for case in cases[start : start + _AT_ONCE]])[1:-1]
        digest.update(f",{part}".encode() if start else part.encode())
    digest.update(b"]")
    return digest.hexdigest()


def _input(row: Row) -> Json:
    if not row.has("input"):
        is_null = "input" in row.value
        row.wrong(
            "input",
            "is null." if is_null else "is missing.",
            "Give what the target is asked: text, messages or any JSON.",
        )
    return row.take("input")


def _slices(row: Row) -> dict[str, str]:
    slices = row.mapping("slices")
    found: dict[str, str] = {}
    for name, value in slices.items():
        if isinstance(value, str):
            found[name] = value
        else:
            text = show(value)
            row.wrong(
                f"slices.{name}",
                f"is {text}, not text.",
                f'Write "{text}".' if not isinstance(value, (dict, list)) else "",
            )
    return found


def _turns(row: Row) -> tuple[Json, ...]:
    turns = row.items("turns")
    for position, turn in enumerate(turns):
        if turn is None:
            row.wrong(f"turns[{position}]", "is null.", "Give the user's next message.")
    return turns
