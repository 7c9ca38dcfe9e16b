"""Which steps failed in a trial, and which of them failed first."""

from foretell.core.analysis.trials.executed import Executed, Fault, executed, first_failed
from foretell.core.domain.conversation import Message, ToolCall
from foretell.core.domain.scores import Score
from foretell.core.domain.trace import NotSeen, Span, Trace
from foretell.core.domain.trial import Outcome


def parts(outcome: Outcome, **scores: Score) -> list[tuple[str, str]]:
    found = executed(outcome, scores)
    assert not isinstance(found, NotSeen)
    return [(step.label, step.part) for step in found]


def seen(*spans: Span) -> Outcome:
    return Outcome("answer", trace=Trace(spans))


RETRIEVE, PROMPT, MODEL = Span("retrieve", "retrieval"), Span("prompt", "prompt"), Span("model", "llm")


def test_all_is_well() -> None:
    assert parts(seen(RETRIEVE, PROMPT)) == [("retrieve", "fine"), ("prompt", "fine")]


def test_the_earliest_failed_step_explains_the_later_ones() -> None:
    blamed = {"fresh": Score(False, "old index", step="retrieve"), "whole": Score(False, "cut", step="model")}
    assert parts(seen(RETRIEVE, PROMPT, MODEL), **blamed) == [
        ("retrieve", "first"),
        ("prompt", "fine"),
        ("model", "consequence"),
    ]


def test_only_a_false_score_with_a_step_blames_it() -> None:
    scores = {"a": Score(True, step="prompt"), "b": Score(0.1, step="prompt"), "c": Score(False), "d": Score("no")}
    assert parts(seen(PROMPT), **scores) == [("prompt", "fine")]


def test_an_error_that_passes_through_an_outer_step_is_the_inner_ones() -> None:
    outer = Span("agent", "agent", "1", error="ValueError: x")
    inner = Span("lookup", "tool", "2", "1", error="ValueError: x")
    assert parts(seen(outer, inner)) == [("agent", "passed_on"), ("lookup", "first")]


def test_parents_in_a_circle_end() -> None:
    one, other = Span("a", "chain", "1", "2", error="x"), Span("b", "chain", "2", "1", error="x")
    assert parts(seen(one, other)) == [("a", "passed_on"), ("b", "passed_on")]


def test_an_error_that_a_later_try_makes_good_is_not_the_first_when_another_step_failed() -> None:
    broken = Span("lookup", "tool", error="timed out")
    last = Span("render", "render", error="KeyError: 'x'")
    assert parts(seen(broken, Span("lookup", "tool"), last)) == [
        ("lookup", "recovered"),
        ("lookup#2", "fine"),
        ("render", "first"),
    ]
    assert parts(seen(broken, Span("lookup", "tool"))) == [("lookup", "first"), ("lookup#2", "fine")]


def test_what_a_scorer_says_is_not_made_good_by_another_try() -> None:
    scores = {"recall": Score(False, "nothing relevant", step="retrieve")}
    assert parts(seen(RETRIEVE, RETRIEVE), **scores) == [("retrieve", "first"), ("retrieve#2", "fine")]


def test_a_score_can_name_a_later_turn_of_a_step() -> None:
    scores = {"recall": Score(False, "nothing relevant", step="retrieve#2")}
    assert parts(seen(RETRIEVE, RETRIEVE), **scores) == [("retrieve", "fine"), ("retrieve#2", "first")]


def test_messages_alone_make_steps() -> None:
    calls = (ToolCall("book", {"seat": 1}, "c1"), ToolCall("pay", {}, "c2"))
    messages = (
        Message("user", "book me a seat"),
        Message("assistant", None, calls),
        Message("tool", "done", tool_call_id="c1"),
        Message("tool", "Error: no money", tool_call_id="c2"),
        Message("assistant", "It failed.", name="clerk"),
    )
    found = executed(Outcome("It failed.", messages=messages), {})
    assert found == (
        Executed(0, "assistant", "llm"),
        Executed(1, "book", "tool"),
        Executed(2, "pay", "tool", faults=(Fault("error", "Error: no money"),), part="first"),
        Executed(3, "clerk", "llm"),
    )
    assert not isinstance(found, NotSeen)
    assert first_failed(found) == found[2]


def test_a_tool_that_says_so_failed_and_other_steps_may_speak_of_errors() -> None:
    spans = seen(Span("lookup", "tool", output={"error": "no such order"}), Span("model", "llm", output="Error: 5"))
    assert parts(spans) == [("lookup", "first"), ("model", "fine")]


def test_what_shows_no_step_says_why() -> None:
    assert executed(Outcome("x"), {}) == NotSeen("the target reported no spans")
    assert executed(seen(), {}) == NotSeen("the trace has no spans")
