"""Faults and substituted outputs act on the steps of the trial that carries them, and on no other."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from foretell.adapters.targets.python import LivePython, PythonTarget
from foretell.core import plugins
from foretell.core.domain.effects import FAULT_ATTRIBUTE, SUBSTITUTED_ATTRIBUTE, Effect, FaultSpec, Substitution
from foretell.core.domain.trace import Trace
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.ports.faults import Moment
from foretell.core.ports.targets import Tools, Turn
from foretell.testing.targets import ScriptedWire

SOURCE = """
import asyncio
from dataclasses import dataclass

@dataclass
class Order:
    id: str
    items: list[str]

def find(query): return [query, query + "?"]
def look(id) -> Order: return Order(id, ["boots"])
async def ask(prompt):
    await asyncio.sleep(0)
    return prompt.upper()
def stream(text):
    yield from text
async def chunks(text):
    for mark in text: yield mark
def later(text): return ask(text)

def answer(said): return " ".join(find(said))
def order(said): return ",".join(look(said).items)
async def asked(said): return [await ask(said), await later(said), "".join(stream(said)),
                               "".join([mark async for mark in chunks(said)])]
"""
STEPS = {name: f"shop.app:{name}" for name in ("find", "look", "ask", "stream", "chunks", "later")}


@dataclass(frozen=True)
class Louder:
    """A fault of the test's own: what a step gives ends with a mark."""

    mark: str = "!"
    times: int = 1
    delay_s = 0.0

    @property
    def calls(self) -> int:
        return self.times

    def given(self, arguments: Mapping[str, Any], moment: Moment) -> Mapping[str, Any]:
        return {**arguments, "text": "mute"} if arguments.get("text") == "talk" else arguments

    def gave(self, output: Any, moment: Moment) -> Any:
        return output + self.mark if isinstance(output, str) else output


@pytest.fixture
def shop(app: Callable) -> None:
    app("shop.app", SOURCE)


def live(name: str) -> LivePython:
    return PythonTarget(f"shop.app:{name}", steps=STEPS).connect(Tools(ScriptedWire(), {}.get, "/nowhere"))


async def answered(name: str, said: str, *effects: Effect) -> Outcome:
    target = live(name)
    try:
        return await target.answer(Turn(said, "c", seed=3, effects=effects))
    finally:
        await target.aclose()


def louder(step: str, **params: Any) -> FaultSpec:
    return FaultSpec("loud", plugins.offer(Louder), params, step)


def seen(outcome: Outcome) -> list[tuple[str, object, Mapping[str, object]]]:
    assert isinstance(outcome.trace, Trace)
    return [(span.name, span.output, span.attributes) for span in outcome.trace.spans]


@pytest.mark.usefixtures("shop")
async def test_a_fault_changes_what_the_application_gets_and_says_so() -> None:
    empty = FaultSpec("nothing", "retrieval_empty", step="find")
    outcome = await answered("answer", "boots", empty)
    assert outcome.output == ""
    assert seen(outcome) == [("find", [], {FAULT_ATTRIBUTE: "nothing"})]


@pytest.mark.usefixtures("shop")
async def test_a_fault_with_nothing_to_change_leaves_no_mark() -> None:
    outcome = await answered("answer", "boots", louder("find"))
    assert seen(outcome) == [("find", ["boots", "boots?"], {})]


@pytest.mark.usefixtures("shop")
async def test_what_a_fault_raises_the_step_raises() -> None:
    outcome = await answered("order", "LK-1", FaultSpec("down", "tool_error", step="look"))
    assert outcome.error == TrialError("error", "ConnectionError: HTTP 503: Service Unavailable")
    assert isinstance(outcome.trace, Trace)
    assert [(span.error, span.attributes) for span in outcome.trace.spans] == [
        ("ConnectionError: HTTP 503: Service Unavailable", {FAULT_ATTRIBUTE: "down"})
    ]


@pytest.mark.usefixtures("shop")
async def test_coroutines_and_streams_are_changed_as_wholes() -> None:
    names = ("ask", "later", "stream", "chunks")
    outcome = await answered("asked", "talk", *(louder(name) for name in names))
    assert outcome.output == ["TALK!", "MUTE!!", "mute!", "mute!"]
    marked = {FAULT_ATTRIBUTE: "loud"}
    assert seen(outcome) == [
        ("ask", "TALK!", marked),
        ("later", "MUTE!!", marked),
        ("ask", "MUTE!", marked),
        ("stream", "mute!", marked),
        ("chunks", "mute!", marked),
    ]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("step", ["ask", "find"])
async def test_a_repeated_call_is_a_span_each_time(step: str) -> None:
    outcome = await answered("asked" if step == "ask" else "answer", "a", louder(step, times=3))
    assert [name for name, _, _ in seen(outcome)].count(step) == (6 if step == "ask" else 3)


@pytest.mark.usefixtures("shop")
async def test_a_substituted_step_is_not_called_and_gives_its_own_type() -> None:
    outcome = await answered("order", "LK-1", Substitution("look", {"id": "LK-9", "items": ["tent", "rope"]}))
    assert outcome.output == "tent,rope"
    assert seen(outcome) == [("look", {"id": "LK-9", "items": ["tent", "rope"]}, {SUBSTITUTED_ATTRIBUTE: True})]


@pytest.mark.usefixtures("shop")
async def test_outputs_of_coroutines_and_streams_are_substituted_too() -> None:
    effects = (Substitution("ask", "first", 0), Substitution("stream", "s"), Substitution("chunks", ["x", "y"]))
    outcome = await answered("asked", "talk", *effects)
    assert outcome.output == ["first", "TALK", "s", "xy"]


@pytest.mark.usefixtures("shop")
async def test_trials_at_the_same_time_keep_their_effects_apart() -> None:
    target = live("answer")
    turns = [
        Turn(str(number), str(number), effects=(Substitution("find", [f"given {number}"]),) if number % 2 else ())
        for number in range(8)
    ]
    outcomes = await asyncio.gather(*(target.answer(turn) for turn in turns))
    await target.aclose()
    assert [outcome.output for outcome in outcomes] == [
        f"given {number}" if number % 2 else f"{number} {number}?" for number in range(8)
    ]
