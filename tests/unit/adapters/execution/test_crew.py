"""Specs become live things once; dialogues are answered in order; everything is closed."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from foretell.adapters.execution.crew import Crew
from foretell.core.domain.conversation import Chat, Embed, Message, Reply
from foretell.core.domain.runs import TargetLimits
from foretell.core.domain.scores import ScorerSpec
from foretell.core.domain.trial import TargetSpec, TrialLimits
from foretell.core.errors import ConfigurationError
from foretell.core.ports.wire import WireReply, WireRequest
from foretell.testing.targets import ScriptedWire
from tests.unit.adapters.execution.virtual import now, virtually
from tests.unit.adapters.execution.work import HERE, LiveScript

APP = TargetSpec("app", f"{HERE}:Scripted", {"key": "app"})


def crew(wire: ScriptedWire | None = None, **limits: TargetLimits) -> Crew:
    return Crew(wire or ScriptedWire(), {"KEY": "k"}.get, "root", limits)


def spec(name: str, **params: Any) -> ScorerSpec:
    return ScorerSpec(name, "contains_any", {"texts": ["a"], **params})


def test_a_target_is_made_once() -> None:
    made = crew()
    assert made.target(APP) is made.target(TargetSpec("app", "anything"))


def test_a_target_gets_the_project_its_secrets_and_a_wire_of_its_own() -> None:
    made = crew()
    tools = made.tools("a")
    assert (tools.secret("KEY"), tools.secret("OTHER"), tools.root) == ("k", None, "root")
    assert tools.wire is made.tools("a").wire
    assert tools.wire is not made.tools("b").wire


async def test_the_wire_of_a_target_obeys_its_limits() -> None:
    wire = ScriptedWire(by=lambda _: WireReply(500, {}, b"", 0.0))
    made = crew(wire, a=TargetLimits(trial=TrialLimits(retries=0)))
    await made.tools("a").wire.send(WireRequest("http://a.example", b""))
    assert len(wire.sent) == 1


def test_scorers_are_built_again_only_when_they_differ() -> None:
    made = crew()
    first = made.benches((spec("x"), spec("y")))
    assert made.benches((spec("x"), spec("y"))) is first  # equal ones come out of every pickled task
    other = made.benches((spec("x"), spec("y", ignore_case=False)))
    assert (other is first, other[1].spec.params["ignore_case"]) == (False, False)


def test_what_cannot_be_built_is_said() -> None:
    with pytest.raises(ConfigurationError, match="scorer 'contains_all_of' is not known"):
        crew().benches((ScorerSpec("x", "contains_all_of"),))
    with pytest.raises(ConfigurationError, match="target 'app': target 'modle' is not known"):
        crew().target(TargetSpec("app", "modle"))


@dataclass
class Slow:
    seconds: float

    async def chat(self, ask: Chat) -> Reply:
        await asyncio.sleep(self.seconds)
        return Reply(Message("assistant", f"{ask.messages[0].text} after {self.seconds:g}"))


def ask(model: str | None, text: str = "q") -> Chat:
    return Chat((Message("user", text),), model=model)


def test_a_round_is_asked_at_once_and_answered_in_order() -> None:
    async def work() -> tuple[list[str], float]:
        made = crew()
        made._models.update(slow=Slow(2.0), fast=Slow(1.0))
        replies = await made.answer([ask("slow"), ask("fast"), ask("slow", "r")])
        return [reply.message.text for reply in replies if reply.message], now()

    assert virtually(work()) == (["q after 2", "q after 1", "r after 2"], 2.0)


async def test_an_unknown_model_is_a_reply_with_an_error() -> None:
    replies = await crew().answer([ask("nobody"), ask(None)])
    assert [reply.error for reply in replies] == [
        "no model 'nobody' is known to this run",
        "no model '' is known to this run",
    ]


async def test_texts_become_vectors_without_a_model() -> None:
    (reply,) = await crew().answer([Embed(("one", "two", "one"))])
    assert (len(reply.vectors), reply.vectors[0] == reply.vectors[2]) == (3, True)


def test_a_model_target_can_be_asked_by_its_name() -> None:
    made = crew()
    assert (
        made.employ_model(TargetSpec("judge", "model", {"model": "openai:m", "url": "http://127.0.0.1:9/v1"}))
        == "judge"
    )
    assert made._models["judge"] is made.target(TargetSpec("judge", "model")).chat_model


async def test_everything_is_closed_even_when_one_will_not() -> None:
    closed: list[str] = []

    class Wire(ScriptedWire):
        async def aclose(self) -> None:
            closed.append("wire")

    class Stubborn(LiveScript):
        async def aclose(self) -> None:
            raise OSError("no")

    made = crew(Wire())
    first, last = LiveScript("a"), LiveScript("b")
    made._targets.update(a=first, stubborn=Stubborn("s"), b=last)
    with pytest.raises(OSError, match="no"):
        await made.aclose()
    assert (first.is_closed, last.is_closed, closed) == (True, True, ["wire"])
