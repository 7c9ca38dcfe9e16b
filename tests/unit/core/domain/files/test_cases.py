import json

import pytest

from foretell.core.domain.cases import Case
from foretell.core.domain.files.cases import decode_cases, hash_of, keep_unknown
from foretell.core.domain.values import content_hash


def decoded(*objects: object) -> tuple[tuple[Case, ...], list[str]]:
    found = decode_cases([json.dumps(value).encode() for value in objects], "c.jsonl")
    return found.items, [str(problem) for problem in found.problems]


def test_a_full_case_is_read_and_written_alike() -> None:
    row = {
        "id": "r-1",
        "input": [{"role": "user", "content": "Hi"}],
        "expected": {"facts": ["a"]},
        "slices": {"topic": "returns"},
        "turns": ["And then?", {"text": "more"}],
        "metadata": {"owner": "ann"},
    }
    cases, problems = decoded(row)
    assert problems == []
    assert [case.as_json() for case in cases] == [row]


def test_unknown_fields_are_kept_and_lose_nothing() -> None:
    cases, _ = decoded({"id": "a", "input": 0, "owner": "bob", "n": True, "metadata": {"owner": "ann", "n": 1}})
    assert cases[0].metadata == {"owner": "ann", "n": 1, "field:owner": "bob", "field:n": True}


def test_a_clash_of_clashes_still_loses_nothing() -> None:
    assert keep_unknown({"a": 1, "field:a": 2}, {"a": 3}) == {"a": 1, "field:a": 2, "field:field:a": 3}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"input": "x"}, "'id' is missing. It is required."),
        ({"id": 4, "input": "x"}, "'id' is 4, not text. Write \"4\"."),
        ({"id": "a"}, "'input' is missing. Give what the target is asked: text, messages or any JSON."),
        ({"id": "a", "input": None}, "'input' is null. Give what the target is asked: text, messages or any JSON."),
        ({"id": "a", "input": "x", "slices": {"n": 1}}, "'slices.n' is 1, not text. Write \"1\"."),
        ({"id": "a", "input": "x", "slices": ["n"]}, "'slices' is [\"n\"], not an object."),
        ({"id": "a", "input": "x", "turns": ["a", None]}, "'turns[1]' is null. Give the user's next message."),
        ({"id": "a", "input": "x", "metadata": "m"}, "'metadata' is \"m\", not an object."),
        (
            {"id": "a", "input": "x", "turns": ["y"], "goal": "z"},
            "'goal' stands beside 'turns'. A conversation is scripted or simulated: keep one of the two.",
        ),
    ],
)
def test_a_wrong_field_is_told(row: object, problem: str) -> None:
    assert decoded(row) == ((), [f"c.jsonl:1: {problem}"])


def test_bad_lines_leave_the_good_ones() -> None:
    cases, problems = decoded({"id": "a", "input": "x"}, {"id": 1, "input": None}, {"id": "a", "input": "y"})
    assert [case.id for case in cases] == ["a"]
    assert [text[:9] for text in problems] == ["c.jsonl:2", "c.jsonl:2", "c.jsonl:3"]


def test_an_empty_file_is_a_problem() -> None:
    assert decoded()[1] == ['c.jsonl: holds no cases. Write one a line: {"id": "…", "input": "…", "expected": "…"}.']


def test_the_hash_of_a_set_knows_order_and_content_but_not_spelling() -> None:
    a, b = Case("a", "x"), Case("b", "y", expected=1)
    assert hash_of([a, b]) == content_hash([{"id": "a", "input": "x"}, {"id": "b", "input": "y", "expected": 1}])
    assert len({hash_of([a, b]), hash_of([b, a]), hash_of([a]), hash_of([a, Case("b", "y", expected="1")])}) == 4
    spaced = decode_cases([b'{ "input":"\\u0078" , "id":"a" }'], "c").items
    assert hash_of(spaced) == hash_of([a])


@pytest.mark.parametrize("number", [0, 1, 500, 501])
def test_the_hash_of_a_set_is_that_of_the_list_of_its_cases(number: int) -> None:
    cases = [Case(f"c-{n}", f"é {n}", n) for n in range(number)]
    assert hash_of(cases) == content_hash([case.as_json() for case in cases])


def test_cases_share_the_object_that_holds_nothing_and_nobody_can_fill_it() -> None:
    (case, other), _ = decoded({"id": "a", "input": 1}, {"id": "b", "input": 2})
    assert case == Case("a", 1)
    assert case.metadata is other.slices
    for change in (lambda it: it.setdefault("x"), lambda it: it.update(x=1), lambda it: it.__setitem__("x", 1)):
        with pytest.raises(TypeError, match="cannot be changed"):
            change(case.metadata)
