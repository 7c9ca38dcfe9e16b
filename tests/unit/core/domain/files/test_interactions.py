import json

import pytest

from foretell.core.domain.conversation import Usage
from foretell.core.domain.files.interactions import decode_interactions
from foretell.core.domain.trace import Span
from foretell.core.domain.traffic import Interaction


def decoded(*objects: object) -> tuple[tuple[Interaction, ...], list[str]]:
    found = decode_interactions([json.dumps(value).encode() for value in objects], "t.jsonl")
    return found.items, [str(problem) for problem in found.problems]


def test_a_full_interaction_is_read() -> None:
    row = {
        "id": "i-1",
        "at": "2026-03-01T09:30:00+01:00",
        "input": "Where is my order?",
        "conversation_id": "c",
        "output": "On its way.",
        "spans": [{"name": "search", "kind": "tool"}],
        "model": "m",
        "usage": {"prompt_tokens": 3},
        "cost_usd": 0.01,
        "feedback": {"resolved": True, "rating": -1, "comment": "thanks"},
        "release": "1.4",
        "tenant": {"id": 4},
    }
    assert decoded(row) == (
        (
            Interaction(
                "i-1",
                "2026-03-01T08:30:00.000000Z",
                "Where is my order?",
                "c",
                "On its way.",
                (Span("search", "tool"),),
                "m",
                Usage(3),
                0.01,
                {"resolved": True, "rating": -1, "comment": "thanks"},
                "1.4",
                metadata={"tenant": {"id": 4}},
            ),
        ),
        [],
    )


def test_input_may_be_null_but_must_be_said() -> None:
    at = "2026-03-01T09:30:00Z"
    interactions, problems = decoded({"id": "a", "at": at, "input": None}, {"id": "b", "at": at})
    assert [found.id for found in interactions] == ["a"]
    assert problems == ["t.jsonl:2: 'input' is missing. Give what the user asked, or null when only sizes are known."]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"at": None}, "'at' is missing. Give the time of the request, like 2026-03-01T09:30:00Z."),
        ({"at": 3}, "'at' is 3, not text. Write \"3\"."),
        (
            {"feedback": {"resolved": "yes"}},
            "'feedback.resolved' is \"yes\", not true or false.",
        ),
        ({"feedback": {"rating": "5"}}, "'feedback.rating' is \"5\", not a number. Write 5 without quotes."),
    ],
)
def test_a_wrong_field_is_told(fields: dict[str, object], problem: str) -> None:
    row = {"id": "a", "at": "2026-03-01T09:30:00Z", "input": "x", **fields}
    assert decoded(row) == ((), [f"t.jsonl:1: {problem}"])


def test_an_hour_without_traffic_is_no_problem() -> None:
    assert decoded() == ((), [])
