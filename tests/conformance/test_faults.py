"""Every built-in fault keeps the promises of its port, on the shapes that steps and models give."""

import inspect
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from foretell.core import plugins
from foretell.core.domain.trace import SPAN_KINDS
from foretell.core.ports.faults import Answered, Moment


@dataclass(frozen=True)
class Found:
    documents: tuple[dict[str, object], ...] = ({"id": "a", "text": "One. Two.", "score": 0.9}, {"id": "b"})
    query: str = "boots"


QUESTIONS = ("How long is delivery?", "What does it cost?")
GIVEN = {"question": "What does it cost?", "limit": 2, "options": {"deep": True}}
DOCUMENTS = [{"id": "a", "text": "One. Two.", "score": 0.9}, {"id": "b", "text": "Three.", "score": 0.5}]
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]
OUTPUTS: list[Any] = [
    *(None, 7, "", "One line with 3 words", "Instruction\n\nContext of the question", [], ["a", "b"], {}),
    *(DOCUMENTS, MESSAGES, {"id": "x", "total": 5}, {"documents": [{"id": "a"}, {"id": "b"}]}, Found()),
]
TOOL_CALL = {"role": "assistant", "content": None, "tool_calls": []}
COMPLETION = {
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "It takes 3 days."}, "finish_reason": "stop"},
        {
            "index": 1,
            "message": {"role": "assistant", "content": None, "tool_calls": []},
            "finish_reason": "tool_calls",
        },
    ],
    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
}
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "How long?"}], "temperature": 0}


def moment(number: int = 0) -> Moment:
    return Moment(Random(number), QUESTIONS)


def faults(boundary: str) -> list[str]:
    return [
        name
        for name in plugins.known("faults")
        if hasattr(plugins.find("faults", name), "gave") == (boundary == "step")
    ]


def copied(value: Any) -> str:
    return repr(value)


@pytest.mark.parametrize("name", plugins.known("faults"))
def test_a_fault_says_what_it_is_and_needs_no_parameters(name: str) -> None:
    found = plugins.find("faults", name)
    made = plugins.build("faults", name, {})
    assert inspect.getdoc(found)
    assert not inspect.getdoc(found).startswith(f"{found.__name__}(")
    assert set(made.kinds) <= set(SPAN_KINDS)
    assert made.kinds
    assert made.causes
    assert made.delay_s >= 0
    assert made.calls >= 1


@pytest.mark.parametrize("name", faults("step"))
@pytest.mark.parametrize("output", OUTPUTS, ids=lambda output: copied(output)[:30])
def test_a_fault_of_a_step_changes_copies_alone_and_always_alike(name: str, output: Any) -> None:
    fault = plugins.build("faults", name, {})
    before = copied(output)
    first, again = fault.gave(output, moment()), fault.gave(output, moment())
    assert copied(output) == before
    assert copied(first) == copied(again)


@pytest.mark.parametrize("name", faults("step"))
def test_a_fault_of_a_step_does_something(name: str) -> None:
    fault = plugins.build("faults", name, {})
    arguments = dict(GIVEN)
    try:
        given = fault.given(arguments, moment())
    except ConnectionError:
        return
    assert arguments == GIVEN
    changed = [output for output in OUTPUTS if fault.gave(output, moment()) is not output]
    assert given is not arguments or changed or fault.delay_s or fault.calls > 1


@pytest.mark.parametrize("name", faults("model"))
def test_a_fault_of_a_model_changes_copies_alone_and_does_something(name: str) -> None:
    fault = plugins.build("faults", name, {})
    before = copied((REQUEST, COMPLETION))
    asked = [fault.asked(REQUEST, moment(number)) for number in range(8)]
    answered = fault.answered(COMPLETION, moment())
    assert copied((REQUEST, COMPLETION)) == before
    assert fault.answered(COMPLETION, moment()) == answered
    assert any(one is not REQUEST for one in asked) or answered is not COMPLETION or fault.delay_s or fault.calls > 1
    assert all(isinstance(one, Answered) or one["messages"] for one in asked)
    assert answered["choices"][1] == COMPLETION["choices"][1]
