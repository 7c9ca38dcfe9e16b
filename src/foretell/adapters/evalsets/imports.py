"""Cases from the files of others: which format a file is in, and what it holds."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from foretell.adapters.evalsets.disk import Place, read
from foretell.adapters.evalsets.drafts import Draft, Reader, each
from foretell.adapters.evalsets.peers import (
    read_deepeval,
    read_inspect,
    read_langfuse,
    read_mlflow,
    read_openai_evals,
    read_phoenix,
    read_ragas,
)
from foretell.adapters.evalsets.promptfoo import read_promptfoo
from foretell.adapters.evalsets.sources import SUFFIXES, Source, open_source
from foretell.core.domain.cases import Case
from foretell.core.domain.files.cases import case_of, keep_unknown, no_cases
from foretell.core.domain.files.lines import Decoded
from foretell.core.domain.files.rows import Row
from foretell.core.domain.values import Json, content_hash
from foretell.core.errors import ConfigurationError, Problem, suggest

_SHOWN_PLACES = 8


@dataclass(frozen=True, slots=True)
class Format:
    """A way to name the fields of a case. `marks` are sets of names, each of which gives the format away."""

    read: Reader
    marks: tuple[frozenset[str], ...]


def _format(reader: Reader, *marks: str) -> Format:
    return Format(reader, tuple(frozenset(mark.split()) for mark in marks))


OWN = "foretell"
FORMATS: Mapping[str, Format] = {
    OWN: _format(
        lambda source: [Draft(row, dict(row.value)) for row in source.rows], "expected", "slices", "turns", "goal"
    ),
    "openai-evals": _format(each(read_openai_evals), "ideal", "item"),
    "promptfoo": _format(read_promptfoo, "vars", "assert", "__expected"),
    "deepeval": _format(each(read_deepeval), "input expected_output", "input actual_output", "scenario"),
    "mlflow": _format(each(read_mlflow), "inputs"),
    "inspect": _format(each(read_inspect), "input target"),
    "ragas": _format(each(read_ragas), "user_input", "question ground_truth"),
    "langfuse": _format(each(read_langfuse), "input expectedOutput", "sourceTraceId", "source_trace_id"),
    "phoenix": _format(each(read_phoenix), "input output", "example_id"),
}
# Our own field names in a container that the file's name does not tell.
CONTAINERS = ("jsonl", "json", "csv", "yaml")
NAMES: tuple[str, ...] = (*CONTAINERS, *(name for name in FORMATS if name != OWN))


def read_import(path: str, named: str | None = None) -> Decoded[Case]:
    """The cases of a file in a format of `NAMES`; without one its field names decide.

    The notes say what was not taken, and where. A case without an id gets one made from its content.

    Raises:
        BadInput: the file cannot be read.
        ConfigurationError: no such format, or nothing tells which one it is.
    """
    if named is not None and named not in NAMES:
        raise ConfigurationError(Problem("--from", f"format '{named}' is not known.", suggest(named, NAMES)))
    source = open_source(read(Place(path, path)), path, _container(path, named))
    if not source.rows:
        return Decoded((), source.problems or (no_cases(path),))
    name = _detect(source) if named is None else (OWN if named in CONTAINERS else named)
    return _gather(source, name)


def _container(path: str, named: str | None) -> str:
    if named in CONTAINERS:
        return str(named)
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in SUFFIXES:
        what = f"the name does not tell what kind of file it is ('{suffix}')."
        hint = f"Rename it, or say --from jsonl. Known endings: {', '.join(SUFFIXES)}."
        raise ConfigurationError(Problem(path, what, hint))
    return SUFFIXES[suffix]


def _detect(source: Source) -> str:
    """The one format whose marks the file bears; our own when it bears none and has inputs."""
    names = source.names
    found = {
        name: mark for name, known in FORMATS.items() if (mark := next((m for m in known.marks if m <= names), None))
    }
    if len(found) == 1:
        return next(iter(found))
    if not found and "input" in names:
        return OWN
    choices = ", ".join(NAMES)
    if not found:
        shown = ", ".join(sorted(names)[:12])
        raise ConfigurationError(
            Problem(source.path, f"no known format has these fields: {shown}.", f"Say --from with one of: {choices}.")
        )
    reasons = "; ".join(f"{name} ({', '.join(sorted(mark))})" for name, mark in found.items())
    own = " Our own format is --from jsonl, json, csv or yaml." if OWN in found else ""
    hint = f"Say which with --from.{own}"
    raise ConfigurationError(Problem(source.path, f"the fields fit several formats: {reasons}.", hint))


def _gather(source: Source, name: str) -> Decoded[Case]:
    cases: list[Case] = []
    problems = list(source.problems)
    first: dict[str, str] = {}
    remarks: dict[str, list[str]] = defaultdict(list)
    for draft in FORMATS[name].read(source):
        place = draft.row.where.removeprefix(source.path).lstrip(":, ")
        for remark in [*draft.remarks, *_leftovers(draft, name)]:
            remarks[remark].append(place)
        if draft.is_left_out:
            continue
        case, wrong = _case(draft, name)
        if case is not None and case.id in first:
            wrong = [_twice(draft.row, case, first[case.id])]
        if wrong:
            problems.extend(wrong)
        elif case is not None:
            first[case.id] = place
            cases.append(case)
    # Several cases may come of one row, and each repeats what is wrong with it.
    return Decoded(tuple(cases), tuple(dict.fromkeys(problems)), tuple(_notes(source.path, remarks)))


def _case(draft: Draft, name: str) -> tuple[Case | None, list[Problem]]:
    if draft.row.problems:
        return None, draft.row.problems
    fields = dict(draft.fields)
    if name != OWN:
        kept = {**draft.row.rest(), **draft.kept}
        fields["metadata"] = keep_unknown(fields.get("metadata") or {}, {name: kept} if kept else {})
        fields["id"] = _as_text(fields.get("id"))
    if fields.get("id") in (None, ""):
        content = {key: value for key, value in fields.items() if key != "id"}
        fields["id"] = f"c-{content_hash(content)[:10]}"
    row = Row(draft.row.where, fields, draft.row.line)
    return case_of(row), row.problems


def _as_text(found: Json) -> Json:
    """Others count their cases; our ids are texts."""
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else found


def _leftovers(draft: Draft, name: str) -> list[str]:
    if name == OWN or draft.is_left_out:
        return []
    return [f"field '{field}' is kept under metadata.{name}" for field in draft.row.rest()]


def _twice(row: Row, case: Case, place: str) -> Problem:
    if case.id == row.value.get("id"):
        return Problem(row.where, f"case '{case.id}' is at {place} already.", "Keep one of the two.")
    what = f"the case has no id and the same content as the one at {place}."
    return Problem(row.where, what, "Remove it, or give both an id.")


def _notes(path: str, remarks: Mapping[str, list[str]]) -> Iterable[Problem]:
    for remark, repeated in remarks.items():
        places = list(dict.fromkeys(repeated))
        shown = ", ".join(places[:_SHOWN_PLACES])
        more = len(places) - _SHOWN_PLACES
        yield Problem(path, f"{remark} (at {shown}{f' and {more} more' if more > 0 else ''}).")
