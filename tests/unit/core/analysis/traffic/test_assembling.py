"""Spans of a trace as an interaction."""

from typing import Any

import pytest

from foretell.core.analysis.traffic.assembling import Told, interaction_of, once_each
from foretell.core.domain.conversation import Usage
from foretell.core.domain.trace import Span

TOLD = Told("2026-01-01T00:00:00Z", "talk", "1.0", 0.5, {"resolved": True}, {"names": "not covered"})


def span(number: int, parent: int | None = None, kind: Any = "other", **fields: Any) -> Span:
    return Span(f"s{number}", kind, str(number), None if parent is None else str(parent), float(number), **fields)


def test_the_outermost_span_tells_question_and_answer() -> None:
    used = {"gen_ai.usage.input_tokens": 3, "gen_ai.usage.output_tokens": 2, "gen_ai.response.model": "small"}
    spans = [
        span(3, 2, "llm", input=[{"role": "user", "content": "x"}], output="inner", attributes=used),
        span(1, 99, "agent", input="hi", output="ho", attributes=used),  # its tokens are those of the calls inside
        span(2, 1, "chain"),
        span(4, 2, "llm", attributes={**used, "gen_ai.response.model": "large"}),
    ]
    found = interaction_of("i", spans, TOLD)
    assert (found.input, found.output, found.model, found.usage) == ("hi", "ho", "large", Usage(6, 4))
    assert [one.name for one in found.spans] == ["s1", "s2", "s3", "s4"]
    assert (found.at, found.conversation_id, found.release) == ("1970-01-01T00:00:01.000+00:00", "talk", "1.0")
    assert (found.probability, found.feedback, found.metadata) == (0.5, {"resolved": True}, {"names": "not covered"})


SYSTEM, ASKED = {"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}
ANSWERED, AGAIN = {"role": "assistant", "content": "ho"}, {"role": "user", "content": "and?"}


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ([SYSTEM, ASKED], "hi"),
        ([ASKED, ANSWERED, AGAIN], [ASKED, ANSWERED, AGAIN]),
        ([SYSTEM, ASKED, ANSWERED], "hi"),
        ([SYSTEM], None),
        ([1, 2], [1, 2]),
        ({"question": "hi"}, {"question": "hi"}),
        (None, None),
    ],
)
def test_what_was_asked_is_what_a_target_is_asked_again(given: Any, asked: Any) -> None:
    assert interaction_of("i", [span(1, kind="llm", input=given)], TOLD).input == asked


def test_of_several_calls_without_a_root_the_first_question_and_the_last_answer_count() -> None:
    spans = [span(1, 9, "llm", input="first", output="a"), span(2, 9, "llm", input="second", output="b")]
    found = interaction_of("i", spans, TOLD)
    assert (found.input, found.output) == ("first", "b")


def test_a_span_that_came_twice_counts_once_and_rings_of_parents_end() -> None:
    ring = [span(1, 2, input="a"), span(2, 1, output="b"), span(1, 2, input="a"), Span("x"), Span("y")]
    assert len(once_each(ring)) == 4
    found = interaction_of("i", ring, TOLD)
    assert (found.input, found.output) == ("a", "b")
    assert interaction_of("i", [Span("x")], TOLD).at == TOLD.at


@pytest.mark.parametrize(("costs", "total"), [([0.25, 0.5], 0.75), ([0.25, None], None), ([], None)])
def test_a_cost_is_known_when_every_call_says_its_own(costs: list[float | None], total: float | None) -> None:
    spans = [
        span(number, 0, "llm", attributes={} if cost is None else {"gen_ai.usage.cost": cost})
        for number, cost in enumerate(costs)
    ]
    assert interaction_of("i", spans, TOLD).cost_usd == total
