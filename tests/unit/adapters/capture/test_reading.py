"""Spans of any dialect in our words, written by hand: the smallest of each form. The golden traces are whole ones."""

from typing import Any

import pytest

from foretell.adapters.capture.raw import RawEvent, RawSpan
from foretell.adapters.capture.reading import arrival_of, kind_of
from foretell.core.domain.arrivals import Arrival, run_of
from foretell.core.domain.trace import Span


def read(events: list[RawEvent] | None = None, **attributes: Any) -> Arrival:
    named = {name.replace("__", "."): value for name, value in attributes.items()}
    return arrival_of(RawSpan("a" * 32, "b" * 16, "step", attributes=named, events=events or []))


ASKED = [{"role": "user", "content": "hi"}]


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai__input__messages": '[{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]'},
        {"gen_ai__input__messages": [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]},
        {"llm__input_messages__0__message__role": "user", "llm__input_messages__0__message__content": "hi"},
        {
            "llm__input_messages__0__message__role": "user",
            "llm__input_messages__0__message__contents__0__message_content__text": "hi",
        },
        {"gen_ai__prompt__0__role": "user", "gen_ai__prompt__0__content": "hi"},
        {"gen_ai__prompt": "hi"},
        {"events": [RawEvent("gen_ai.user.message", {"content": "hi"})]},
        {"events": [RawEvent("gen_ai.content.prompt", {"gen_ai.prompt": '[{"role": "user", "content": "hi"}]'})]},
        {
            "events": [
                RawEvent(
                    "gen_ai.client.inference.operation.details",
                    {"gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]},
                )
            ]
        },
    ],
)
def test_a_question_has_one_form(attributes: dict[str, Any]) -> None:
    assert read(**attributes).span.input == ASKED


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai__output__messages": '[{"role": "assistant", "parts": [{"type": "text", "content": "hello"}]}]'},
        {"llm__output_messages__0__message__role": "assistant", "llm__output_messages__0__message__content": "hello"},
        {"gen_ai__completion__0__role": "assistant", "gen_ai__completion__0__content": "hello"},
        {"events": [RawEvent("gen_ai.choice", {"index": 0, "message": '{"content": "hello"}'})]},
        {"events": [RawEvent("gen_ai.choice", {"index": 0, "message": {"role": "assistant", "content": "hello"}})]},
        {"output__value": "hello"},
        {"traceloop__entity__output": "hello"},
    ],
)
def test_an_answer_has_one_form(attributes: dict[str, Any]) -> None:
    assert read(**attributes).span.output == "hello"


def test_tool_calls_and_their_results_are_messages_of_the_chat_form() -> None:
    call = {"type": "tool_call", "id": "c1", "name": "look", "arguments": {"id": 7}}
    answer = {"type": "tool_call_response", "id": "c1", "response": "found"}
    given = [{"role": "assistant", "parts": [call]}, {"role": "user", "parts": [answer]}]
    function = {"name": "look", "arguments": '{"id":7}'}
    assert read(gen_ai__input__messages=given).span.input == [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
        {"role": "tool", "content": "found", "tool_call_id": "c1"},
    ]


def test_system_instructions_come_first() -> None:
    told = '[{"type": "text", "content": "Be brief."}]'
    found = read(gen_ai__system_instructions=told, gen_ai__input__messages=ASKED).span
    assert found.input == [{"role": "system", "content": "Be brief."}, *ASKED]
    assert dict(found.attributes) == {}


def test_older_names_become_present_ones_and_the_rest_stays() -> None:
    found = read(
        gen_ai__system="openai",
        llm__usage__prompt_tokens=3,
        gen_ai__usage__completion_tokens=5,
        llm__model_name="small",
        mine=1,
        gen_ai__provider__name="azure",
    ).span
    assert dict(found.attributes) == {
        "gen_ai.provider.name": "azure",
        "gen_ai.request.model": "small",
        "gen_ai.response.model": "small",
        "gen_ai.usage.input_tokens": 3,
        "gen_ai.usage.output_tokens": 5,
        "mine": 1,
    }


def test_a_tool_is_named_by_what_it_is_called_and_its_values_are_json() -> None:
    found = read(
        gen_ai__operation__name="execute_tool",
        gen_ai__tool__name="look",
        gen_ai__tool__call__arguments='{"id": 7}',
        gen_ai__tool__call__result="{half",
    ).span
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look"}
    expected = Span("look", "tool", "b" * 16, input={"id": 7}, output="{half", attributes=attributes)
    assert found == expected


def test_retrieved_documents_lose_their_wrapper() -> None:
    documents = {
        "retrieval__documents__1__document__content": "second",
        "retrieval__documents__0__document__content": "first",
        "retrieval__documents__0__document__id": "d1",
        "retrieval__documents__0__document__metadata": '{"page": 2}',
    }
    found = read(openinference__span__kind="RETRIEVER", input__value="query", **documents).span
    first = {"content": "first", "id": "d1", "metadata": {"page": 2}}
    assert (found.kind, found.input, found.output) == ("retrieval", "query", [first, {"content": "second"}])


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"gen_ai.operation.name": "invoke_agent"}, "agent"),
        ({"openinference.span.kind": "chain"}, "chain"),
        ({"traceloop.span.kind": "tool"}, "tool"),
        ({"llm.request.type": "chat"}, "llm"),
        ({"gen_ai.operation.name": "dance", "openinference.span.kind": "LLM"}, "llm"),
        ({"gen_ai.operation.name": 7}, "other"),
        ({}, "other"),
    ],
)
def test_the_kind_is_that_of_the_first_attribute_that_is_known(attributes: dict[str, Any], kind: str) -> None:
    assert kind_of(attributes) == kind


def test_feedback_is_an_annotation_or_the_result_of_an_evaluation() -> None:
    result = {"gen_ai.evaluation.name": "rating", "gen_ai.evaluation.score.value": 4.0}
    label = {"gen_ai.evaluation.name": "resolved", "gen_ai.evaluation.score.label": "yes"}
    events = [RawEvent("gen_ai.evaluation.result", result), RawEvent("gen_ai.evaluation.result", label)]
    found = read(events, foretell__feedback__escalated=True)
    assert found.feedback == {"escalated": True, "rating": 4.0, "resolved": "yes"}
    assert dict(found.span.attributes) == {}


def test_what_raised_is_told_as_the_error() -> None:
    raised = RawEvent("exception", {"exception.type": "KeyError", "exception.message": "'id'"})
    spans = [
        RawSpan("a" * 32, "b" * 16, "s", error="error", events=[raised]),
        RawSpan("a" * 32, "b" * 16, "s", error="too late", events=[raised]),
        RawSpan("a" * 32, "b" * 16, "s", error="error", attributes={"error.type": "timeout"}),
        RawSpan("a" * 32, "b" * 16, "s", events=[raised]),
    ]
    assert [arrival_of(span).span.error for span in spans] == ["KeyError: 'id'", "too late", "timeout", None]


def test_conversation_release_and_run_are_read_from_span_and_resource() -> None:
    resource = {"session.id": "s-1", "service.version": "1.2", "foretell.run": "r-1"}
    found = arrival_of(RawSpan("a" * 32, "b" * 16, "s", resource=resource))
    assert (found.conversation_id, found.release, found.run) == ("s-1", "1.2", "r-1")
    found = arrival_of(RawSpan("a" * 32, "b" * 16, "s", attributes={"session.id": "s-2"}, resource=resource))
    assert found.conversation_id == "s-2"


@pytest.mark.parametrize(
    ("state", "run"), [("", None), ("ot=th:8", None), ("a=b, foretell=r-2 ,ot=th:8", "r-2"), ("xforetell=1", None)]
)
def test_the_run_stands_in_the_trace_state(state: str, run: str | None) -> None:
    assert run_of(state) == run


@pytest.mark.parametrize("levels", [60, 900])
def test_json_in_a_text_that_is_nested_too_deep_stays_a_text(levels: int) -> None:
    deep = '{"a":' * levels + "1" + "}" * levels
    assert read(output__value=deep).span.output == deep
