"""A JSON Lines file of cases: read, written whole, appended to."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from io import BytesIO

from foretell.adapters.evalsets.disk import Place, read, write
from foretell.core.domain.cases import Case
from foretell.core.domain.files.cases import decode_cases
from foretell.core.domain.files.lines import bad_input
from foretell.core.errors import BadInput, Problem


def read_cases(place: Place) -> tuple[Case, ...]:
    """The cases of a file.

    Raises:
        BadInput: it cannot be read or holds no cases; with all bad lines.
    """
    return decode_cases(BytesIO(read(place)), place.shown).or_raise()


def write_cases(place: Place, cases: Sequence[Case]) -> None:
    """Put a file of these cases in place, one a line.

    Raises:
        Unreachable: the system refuses.
    """
    write(place, _as_lines(cases))


def without(cases: Sequence[Case], is_wanted: Callable[[Case], bool]) -> tuple[Case, ...]:
    """The cases without some. A file must hold a case: when none is left, one without content."""
    return tuple(case for case in cases if not is_wanted(case)) or (Case("removed", "[removed]"),)


def append_cases(place: Place, cases: Sequence[Case]) -> int:
    """Add cases to a file, made when it is not there; its lines stay as they are. Returns how many it has now.

    Raises:
        BadInput: the file has a bad line, an id is there already or given twice, or a value is not JSON.
    """
    old = read(place) if place.is_there else b""
    known = read_cases(place) if old.strip() else ()
    _refuse_known_ids(place, known, cases)
    if not cases:
        return len(known)
    new = (old if old.endswith(b"\n") or not old else old + b"\n") + _as_lines(cases)
    total = len(decode_cases(BytesIO(new), place.shown).or_raise())
    write(place, new)
    return total


def _refuse_known_ids(place: Place, known: Sequence[Case], cases: Sequence[Case]) -> None:
    there = {case.id for case in known}
    hint = "Give it another id, or change the line that is there."
    problems = [
        Problem(place.shown, f"case '{name}' {'is there already' if name in there else 'is given twice'}.", hint)
        for name, count in Counter(case.id for case in cases).items()
        if name in there or count > 1
    ]
    if problems:
        raise bad_input(problems)


def _as_lines(cases: Sequence[Case]) -> bytes:
    return b"".join(_as_line(case) for case in cases)


def _as_line(case: Case) -> bytes:
    try:
        return json.dumps(case.as_json(), ensure_ascii=False, allow_nan=False).encode() + b"\n"
    except (TypeError, ValueError) as error:
        raise BadInput(Problem(f"case '{case.id}'", f"holds a value that is not JSON: {error}.")) from error
