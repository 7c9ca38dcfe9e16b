"""Traces that real instrumentation packages exported, read as ours: `tests/golden/otlp/capture.py` makes them again.

In each a small assistant asks a model, calls a tool for it, and asks again.
"""

from pathlib import Path
from typing import Any

import pytest

from foretell.adapters.capture.otlp import JSON, read_export
from foretell.adapters.capture.reading import arrival_of
from foretell.core.analysis.traffic.assembling import Told, interaction_of
from foretell.core.domain.arrivals import Arrival
from foretell.core.domain.conversation import Usage

FOLDER = Path(__file__).parents[3] / "golden" / "otlp"
ASKED, ANSWER = "What is the weather in Paris?", "It is sunny in Paris, 21 degrees."
RESULT = {"sky": "sunny", "degrees": 21}

# dialect → the names of the four spans, the attribute that only this dialect has, whether cached tokens are told
DIALECTS = {
    "openinference": (
        ["assistant", "ChatCompletion", "get_weather", "ChatCompletion"],
        "llm.invocation_parameters",
        16,
    ),
    "otel-v2": (["invoke_agent assistant", "chat small", "get_weather", "chat small"], "gen_ai.response.id", None),
    "pydantic-ai": (
        ["invoke_agent assistant", "chat small", "get_weather", "chat small"],
        "model_request_parameters",
        16,
    ),
    "traceloop": (["assistant.workflow", "openai.chat", "get_weather", "openai.chat"], "traceloop.workflow.name", 16),
}


def golden(dialect: str) -> list[Arrival]:
    export = read_export((FOLDER / f"{dialect}.json").read_bytes(), JSON)
    arrivals = [arrival_of(parcel.open()) for parcel in export.parcels()]
    assert (export.losses.rejected, export.losses.cut) == (0, 0)
    return arrivals


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_tells_the_same_story(dialect: str) -> None:
    names, _, cached = DIALECTS[dialect]
    arrivals = golden(dialect)
    found = interaction_of("i", [one.span for one in arrivals], Told(""))
    assert [span.name for span in found.spans] == names
    assert [span.kind for span in found.spans] == ["chain" if dialect == "traceloop" else "agent", "llm", "tool", "llm"]
    assert (found.input, found.output, found.model) == (ASKED, ANSWER, "small-1")
    assert found.usage == Usage(80, 20, cached)
    assert {one.conversation_id for one in arrivals if one.conversation_id} == {
        found.spans[1].attributes.get("gen_ai.conversation.id", "session-1")
    }


@pytest.mark.parametrize("dialect", DIALECTS)
def test_messages_and_tools_have_one_form(dialect: str) -> None:
    _, first, tool, second = (one.span for one in golden(dialect))
    question: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": ASKED}]
    (called,) = first.output
    (call,) = called["tool_calls"]
    assert (first.input, called["content"]) == (question, None)
    assert (call["id"], call["function"]["name"]) == ("call_1", "get_weather")
    assert call["function"]["arguments"].replace(" ", "") == '{"city":"Paris"}'
    assert (tool.input, tool.output) == ({"city": "Paris"}, RESULT)
    assert second.input[:2] == question
    assert [message["role"] for message in second.input[2:]] == ["assistant", "tool"]
    assert second.input[3]["tool_call_id"] == "call_1"
    assert second.output == ANSWER
    assert tool.attributes["gen_ai.tool.name"] == "get_weather"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_the_table_names_is_renamed_and_the_rest_stays(dialect: str) -> None:
    _, own, _ = DIALECTS[dialect]
    attributes = golden(dialect)[1].span.attributes
    wanted = {"gen_ai.provider.name": "openai", "gen_ai.response.model": "small-1", "gen_ai.usage.input_tokens": 40}
    assert wanted.items() <= attributes.items()
    assert own in attributes
    content = [name for name in attributes if "messages" in name or name.endswith(".value")]
    assert content == []
    definitions = str(attributes.get("gen_ai.tool.definitions", "get_weather"))
    assert "get_weather" in definitions
