"""What holds for every eval set: nothing is lost on the way to the disk and back, and nothing changes unseen."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretell.adapters.evalsets.files import FileEvalSets
from foretell.adapters.evalsets.imports import NAMES as FORMATS
from foretell.adapters.evalsets.imports import read_import
from foretell.core.domain.cases import Case
from foretell.core.domain.files.cases import decode_cases, hash_of
from foretell.core.domain.files.interactions import decode_interactions
from foretell.core.domain.files.outcomes import decode_outcomes
from foretell.core.domain.values import canonical
from foretell.core.errors import BadInput, ConfigurationError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(str.strip)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
THINGS = JSON.filter(lambda value: value is not None)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    turns = tuple(draw(st.lists(THINGS, max_size=2)))
    return Case(
        id=draw(NAMES),
        input=draw(THINGS),
        expected=draw(JSON),
        slices=draw(st.dictionaries(TEXT, TEXT, max_size=2)),
        turns=turns,
        goal=None if turns else draw(st.none() | TEXT),
        metadata=draw(st.dictionaries(TEXT, JSON, max_size=2)),
    )


SETS = st.lists(cases(), min_size=1, max_size=5, unique_by=lambda case: case.id)


@contextmanager
def folder() -> Iterator[tuple[FileEvalSets, Path]]:
    with tempfile.TemporaryDirectory() as root:
        yield FileEvalSets({"core": "core"}, root), Path(root) / "core"


def as_json(found: tuple[Case, ...] | list[Case]) -> str:
    return canonical([case.as_json() for case in found])


@settings(max_examples=40)  # each example writes and syncs four files
@given(SETS)
def test_what_is_written_is_what_is_read(some: list[Case]) -> None:
    with folder() as (sets, _):
        assert sets.add("core", some) == len(some)
        frozen = sets.freeze("core")
        assert as_json(sets.read("core").cases) == as_json(frozen.cases) == as_json(some)
        assert sets.read("core").hash == frozen.hash == hash_of(some)


@settings(max_examples=60)
@given(SETS, st.data())
def test_a_changed_byte_is_seen_or_changes_nothing(some: list[Case], data: st.DataObject) -> None:
    with folder() as (sets, path):
        sets.add("core", some)
        sets.freeze("core")
        content = bytearray((path / "v1.jsonl").read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
        (path / "v1.jsonl").write_bytes(content)
        with suppress(BadInput):
            assert as_json(sets.read("core").cases) == as_json(some)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["id", "input", "expected", "slices", "turns", "goal", "metadata", "x"]), JSON),
        max_size=4,
    )
)
def test_no_field_of_a_good_line_is_lost(rows: list[dict[str, object]]) -> None:
    lines = [json.dumps(row).encode() for row in rows]
    for case in decode_cases(lines, "f").items:
        row = next(row for row in rows if row.get("id") == case.id)
        kept = case.as_json()
        found = {**kept, **kept.get("metadata", {})}
        for name, value in row.items():
            if name != "metadata" and value not in (None, [], {}):
                assert canonical(value) in {canonical(found.get(name)), canonical(found.get(f"field:{name}"))}


@pytest.mark.parametrize("decode", [decode_cases, decode_outcomes, decode_interactions])
@given(
    data=st.binary(max_size=60)
    | st.lists(st.dictionaries(TEXT, JSON, max_size=4), max_size=3).map(
        lambda rows: "\n".join(map(json.dumps, rows)).encode()
    )
)
def test_any_bytes_are_items_or_problems(decode: object, data: bytes) -> None:
    assert callable(decode)
    found = decode(data.split(b"\n"), "f")
    lines = sum(1 for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip())
    assert len(found.items) <= lines
    assert lines == 0 or found.items or found.problems


FIELDS = [
    "case_id",
    "id",
    "at",
    "input",
    "repeat",
    "output",
    "messages",
    "spans",
    "usage",
    "cost_usd",
    "error",
    "scores",
    "success",
    "feedback",
]
INNER = ["role", "content", "tool_calls", "name", "kind", "start", "end", "function", "id"]
SMALL = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.sampled_from(INNER), SCALARS, max_size=2)
VALUES = SMALL | st.lists(st.dictionaries(st.sampled_from(INNER), SMALL, max_size=4), max_size=2)
ROWS = st.lists(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6), min_size=1, max_size=3)


@pytest.mark.parametrize("decode", [decode_outcomes, decode_interactions])
@given(rows=ROWS)
def test_any_objects_are_items_or_problems(decode: object, rows: list[object]) -> None:
    assert callable(decode)
    found = decode([json.dumps(row).encode() for row in rows], "f")
    assert found.items or found.problems


PEERS_FIELDS = [
    "id",
    "input",
    "inputs",
    "output",
    "expected",
    "expected_output",
    "expectations",
    "target",
    "ideal",
    "item",
    "sample",
    "messages",
    "vars",
    "assert",
    "options",
    "user_input",
    "reference",
    "metadata",
    "status",
    "scenario",
    "__expected",
]


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".yaml", ".csv"])
@given(
    data=st.binary(max_size=80)
    | st.lists(st.dictionaries(st.sampled_from(PEERS_FIELDS), VALUES, max_size=5), max_size=3).map(
        lambda rows: json.dumps(rows).encode()
    ),
    named=st.none() | st.sampled_from(FORMATS),
)
@settings(max_examples=60)
def test_any_file_is_cases_or_told(suffix: str, data: bytes, named: str | None) -> None:
    with tempfile.TemporaryDirectory() as root, suppress(ConfigurationError):
        path = Path(root) / f"c{suffix}"
        path.write_bytes(data)
        found = read_import(str(path), named)
        assert found.items or found.problems or found.notes
        again = decode_cases([json.dumps(case.as_json()).encode() for case in found.items], "f")
        assert as_json(again.items) == as_json(found.items)
