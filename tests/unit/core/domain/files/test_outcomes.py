import json

import pytest

from foretell.core.domain.conversation import Message, ToolCall, Usage
from foretell.core.domain.files.outcomes import RecordedLine, check_case_ids, decode_outcomes
from foretell.core.domain.trace import NotSeen, Span, Trace
from foretell.core.domain.trial import Outcome, Recorded, TrialError

UNSEEN = NotSeen("the recording holds neither spans nor messages")


def decoded(*objects: object) -> tuple[tuple[RecordedLine, ...], list[str]]:
    found = decode_outcomes([json.dumps(value).encode() for value in objects], "o.jsonl")
    return found.items, [str(problem) for problem in found.problems]


def outcome(**fields: object) -> Outcome:
    lines, problems = decoded({"case_id": "a", **fields})
    assert problems == []
    return lines[0].outcome


def test_a_full_outcome_is_read() -> None:
    row = {
        "case_id": "a",
        "repeat": 2,
        "output": {"answer": 1},
        "model": "m",
        "usage": {"input_tokens": 10, "completion_tokens": 5, "other": "x"},
        "cost_usd": 0,
        "latency_ms": 120.5,
        "finish_reason": "length",
        "error": {"kind": "timeout", "message": "10 s"},
        "at": "2026-03-01T09:30:00Z",
        "conversation_id": "c",
        "scores": {"n": 0.5, "b": True, "l": "good", "none": None},
        "success": False,
        "failure_mode": "late",
        "failure_modes": ["odd"],
        "spans": [{"name": "search", "kind": "retrieval", "start": 1, "end": 2.5, "input": "q", "output": ["d"]}],
    }
    assert decoded(row) == (
        (
            RecordedLine(
                1,
                "a",
                2,
                Outcome(
                    output={"answer": 1},
                    trace=Trace((Span("search", "retrieval", start=1.0, end=2.5, input="q", output=["d"]),)),
                    model="m",
                    usage=Usage(10, 5, None),
                    cost_usd=0.0,
                    latency_ms=120.5,
                    finish_reason="length",
                    conversation_id="c",
                    error=TrialError("timeout", "10 s"),
                    recorded=Recorded(False, {"n": 0.5, "b": True, "l": "good", "none": None}, "late", ("odd",)),
                    at="2026-03-01T09:30:00.000000Z",
                    metadata={"usage": {"other": "x"}},
                ),
            ),
        ),
        [],
    )


def test_absent_is_unknown_not_zero() -> None:
    assert outcome(output="x") == Outcome(output="x", trace=UNSEEN)
    assert outcome(output="x", cost_usd=None, usage=None, scores={}, success=None) == Outcome(output="x", trace=UNSEEN)


@pytest.mark.parametrize(
    ("fields", "error", "recorded"),
    [
        ({}, TrialError("nothing_recorded", "nothing was recorded"), None),
        ({"output": None, "messages": []}, TrialError("nothing_recorded", "nothing was recorded"), None),
        (
            {"failure_mode": "late"},
            TrialError("nothing_recorded", "nothing was recorded"),
            Recorded(failure_mode="late"),
        ),
        ({"error": "boom"}, TrialError("error", "boom"), None),
        ({"error": {"message": "boom"}}, TrialError("error", "boom"), None),
        ({"success": False}, None, Recorded(False)),
        ({"scores": {"s": None}}, None, Recorded(scores={"s": None})),
    ],
)
def test_an_outcome_without_output(
    fields: dict[str, object], error: TrialError | None, recorded: Recorded | None
) -> None:
    assert outcome(**fields) == Outcome(trace=UNSEEN, error=error, recorded=recorded)


def test_fields_that_an_outcome_does_not_have_are_kept_as_metadata() -> None:
    fields = {
        "output": "x",
        "metadata": {"owner": "ann", "team": "a"},
        "owner": "bob",
        "team": "a",
        "error": {"message": "boom", "trace": ["f"]},
        "usage": {"input_tokens": 1, "reasoning_tokens": 2},
        "Cost_usd": None,
    }
    assert outcome(**fields).metadata == {
        "owner": "ann",
        "team": "a",
        "field:owner": "bob",
        "error": {"trace": ["f"]},
        "usage": {"reasoning_tokens": 2},
        "Cost_usd": None,
    }


def test_an_empty_text_is_an_output() -> None:
    assert outcome(output="") == Outcome(output="", trace=UNSEEN)


def test_messages_alone_make_steps_and_the_output() -> None:
    def call(name: str, arguments: object, call_id: str | None) -> dict[str, object]:
        return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}

    messages = [
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": [call("find", '{"q": 1}', "1"), call("book", "{", "2")]},
        {"role": "tool", "tool_call_id": "2", "content": "booked"},
        {"role": "tool", "tool_call_id": "1", "content": "found"},
        {"role": "assistant", "tool_calls": [call("find", {"q": 2}, "1"), call("lost", "", "9")]},
        {"role": "tool", "tool_call_id": "1", "content": "found again"},
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": "Bye"},
    ]
    found = outcome(messages=messages)
    assert found.output == "Done."
    assert found.messages[0] == Message("system", "Be kind.")
    assert found.messages[2].tool_calls == (ToolCall("find", {"q": 1}, "1"), ToolCall("book", "{", "2"))
    assert found.trace == Trace(
        (
            Span("assistant", "llm"),
            Span("find", "tool", span_id="1", input={"q": 1}, output="found"),
            Span("book", "tool", span_id="2", input="{", output="booked"),
            Span("assistant", "llm"),
            Span("find", "tool", span_id="1", input={"q": 2}, output="found again"),
            Span("lost", "tool", span_id="9", input=""),
            Span("assistant", "llm", output="Done."),
        )
    )


def test_calls_without_an_id_are_answered_in_order() -> None:
    messages = [
        {"role": "assistant", "tool_calls": [{"name": "a", "arguments": {}}, {"name": "b"}]},
        {"role": "tool", "content": 1},
        {"role": "tool", "content": 2},
        {"role": "assistant", "function_call": {"name": "c", "arguments": "[1]"}},
        {"role": "function", "name": "c", "content": 3},
        {"role": "assistant", "tool_calls": [{"name": "d"}]},
        {"role": "assistant", "content": "over"},
        {"role": "tool", "content": 4},
    ]
    trace = outcome(messages=messages).trace
    assert isinstance(trace, Trace)
    assert [(span.name, span.input, span.output) for span in trace.of_kind("tool")] == [
        ("a", {}, 1),
        ("b", None, 2),
        ("c", [1], 3),
        ("d", None, None),
    ]


def test_spans_win_over_messages_and_are_put_in_order_of_their_start() -> None:
    found = outcome(
        messages=[{"role": "assistant", "content": "x"}],
        spans=[
            {"name": "late", "start": "1970-01-01T00:00:02Z", "colour": "red", "attributes": {"a": 1}},
            {"name": "early", "start": 1},
        ],
    )
    late = Span("late", start=2.0, attributes={"a": 1, "colour": "red"})
    assert (found.output, found.trace) == ("x", Trace((Span("early", start=1.0), late)))
    assert outcome(output="x", spans=[]).trace == Trace()


def test_spans_keep_the_order_of_the_file_when_a_start_is_unknown() -> None:
    found = outcome(output="x", spans=[{"name": "a", "start": 9}, {"name": "b"}, {"name": "c", "start": 1}])
    assert isinstance(found.trace, Trace)
    assert [span.name for span in found.trace.spans] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"case_id": 3}, "'case_id' is 3, not text. Write \"3\"."),
        ({"repeat": -1}, "'repeat' is -1, not 0 or more."),
        ({"repeat": True}, "'repeat' is true, not a whole number."),
        ({"cost_usd": "0.1"}, "'cost_usd' is \"0.1\", not a number. Write 0.1 without quotes."),
        ({"success": "yes"}, "'success' is \"yes\", not true or false."),
        ({"error": ""}, "'error' is \"\", which says nothing. Give its text, or leave it out when nothing failed."),
        ({"error": {"kind": "timeot"}}, "'error.kind' is \"timeot\", not a kind of error. Did you mean 'timeout'?"),
        ({"scores": {"s": [1]}}, "'scores.s' is [1], not a number, true, false, a label or null."),
        ({"usage": {"input_tokens": 1.5}}, "'usage.input_tokens' is 1.5, not a whole number."),
        (
            {"messages": [{"role": "bot"}]},
            "'messages[0].role' is \"bot\", not a role. Known: assistant, developer, function, system, tool, user.",
        ),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"function": {"arguments": "{}"}}]}]},
            "'messages[0].tool_calls[0].function.name' is missing. It is required.",
        ),
        (
            {"spans": [{"name": "s", "kind": "LLM"}]},
            "'spans[0].kind' is \"LLM\", not a kind of span. Did you mean 'llm'?",
        ),
        (
            {"spans": [{"name": "s", "start": 2, "end": 1}]},
            "'spans[0].end' is before 'start'. Give both in the same unit, seconds or RFC 3339.",
        ),
        (
            {"spans": [{"name": "s", "start": 1e20}]},
            "'spans[0].start' is 1e+20, too late for seconds. Give seconds since 1970, not milli- or nanoseconds.",
        ),
        ({"at": "now"}, "'at' is \"now\", not an RFC 3339 time. Write it like 2026-03-01T09:30:00Z."),
    ],
)
def test_a_wrong_field_is_told(fields: dict[str, object], problem: str) -> None:
    assert decoded({"case_id": "a", "output": "x", **fields}) == ((), [f"o.jsonl:1: {problem}"])


def test_a_repeated_case_and_repeat_is_told_with_both_lines() -> None:
    rows = [{"case_id": "a", "repeat": n, "output": "x"} for n in (0, 1, 0)]
    lines, problems = decoded(*rows)
    assert [(line.line, line.repeat) for line in lines] == [(1, 0), (2, 1)]
    assert problems == ["o.jsonl:3: case 'a', repeat 0 is on line 1 already. Keep one of the two."]


def test_an_empty_file_is_a_problem() -> None:
    assert decoded()[1] == ['o.jsonl: holds no recorded outcomes. Write one a line: {"case_id": "…", "output": "…"}.']


def test_unknown_cases_are_named_by_line() -> None:
    lines, _ = decoded({"case_id": "refund-1", "output": "x"}, {"case_id": "refnd-1", "output": "x"}, {"case_id": "z"})
    assert [str(problem) for problem in check_case_ids(lines, ["refund-1"], "o.jsonl")] == [
        "o.jsonl:2: case 'refnd-1' is not in the eval set. Did you mean 'refund-1'?",
        "o.jsonl:3: case 'z' is not in the eval set. Take the line out, or add the case to the set.",
    ]
