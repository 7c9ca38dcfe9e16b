"""Every kind of target keeps what every target promises, and the check sees one that does not."""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from foretell.adapters.targets.command import CommandTarget
from foretell.adapters.targets.http import HttpTarget
from foretell.adapters.targets.model import ModelTarget
from foretell.adapters.targets.production import ProductionTarget
from foretell.adapters.targets.python import PythonTarget
from foretell.adapters.targets.recorded import RecordedTarget
from foretell.core import plugins
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.ports.targets import TargetKind, Tools, Turn
from foretell.core.ports.wire import WireReply, WireRequest
from foretell.testing.targets import ScriptedWire, check_target

TURNS = [
    Turn(f"question {number}", f"c-{number}", repeat, seed=number, answered={"output": number})
    for number in range(3)
    for repeat in range(2)
]


def echo(request: WireRequest) -> bytes | WireReply:
    """A chat endpoint that repeats the question, and once refuses the key by saying it aloud."""
    said = json.loads(request.body)["messages"][-1]["content"]
    if said == "question 2":
        return WireReply(500, {}, f"cannot use {request.headers['Authorization']}".encode(), 0.01)
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": said}}]}).encode()


def kinds(root: Path) -> dict[str, TargetKind]:
    (root / "outcomes.jsonl").write_text(
        "".join(f'{{"case_id": "{turn.case_id}", "repeat": {turn.repeat}, "output": 1}}\n' for turn in TURNS[:4])
    )
    (root / "app_conformance.py").write_text("def find(q): return [q]\ndef answer(said): return find(said)[0]\n")
    program = "import json, sys; q = json.load(sys.stdin); print(json.dumps({'output': [q['input'], q['repeat']]}))"
    key = {"env": "KEY"}
    return {
        "command": CommandTarget([sys.executable, "-c", program], env={"KEY": key}),
        "http": HttpTarget(
            "http://app.example",
            headers={"Authorization": key},
            body={"messages": "{{ messages }}"},
            answer="choices.0.message.content",
        ),
        "model": ModelTarget("openai:m", "http://llm.example/v1", api_key=key),
        "production": ProductionTarget(),
        "python": PythonTarget("app_conformance:answer", steps={"retrieve": "app_conformance:find"}),
        "recorded": RecordedTarget("outcomes.jsonl"),
    }


@pytest.mark.parametrize("name", sorted(plugins.BUILT_IN["targets"]))
async def test_every_kind_keeps_its_promises(name: str, tmp_path: Path) -> None:
    tools = Tools(ScriptedWire(by=echo), {"KEY": "k-very-secret"}.get, str(tmp_path))
    await check_target(kinds(tmp_path)[name], tools, TURNS)


@dataclass(frozen=True)
class Faulty:
    """A target made of one function, with whatever is wrong with it."""

    reply: Callable[["Faulty", Turn], object]
    said: list[object] = field(default_factory=list)

    def connect(self, tools: Tools) -> "Faulty":
        self.said.append(tools.secret("KEY"))
        return self

    async def answer(self, turn: Turn) -> object:
        await asyncio.sleep(0)
        return self.reply(self, turn)

    async def aclose(self) -> None:
        """Nothing to free."""


def mixed_up(target: Faulty, turn: Turn) -> Outcome:
    target.said.append(turn.case_id)
    return Outcome(len(target.said))


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (lambda target, turn: "text", "returned no Outcome"),
        (lambda target, turn: Outcome(object()), "the output is not JSON"),
        (lambda target, turn: Outcome(1, cost_usd=-1.0), "a count below 0"),
        (lambda target, turn: Outcome(error=TrialError("error", "key k-1 failed")), "the error shows a secret"),
        (mixed_up, "alone it says"),
        (lambda target, turn: Outcome(1), "the parameters' repr shows a secret"),
    ],
)
async def test_a_broken_promise_is_seen(reply: Callable, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        await check_target(Faulty(reply), Tools(ScriptedWire(), {"KEY": "k-1"}.get), TURNS)


@dataclass
class Changeable:
    name: str = "x"


async def test_parameters_that_can_change_are_seen() -> None:
    with pytest.raises(AssertionError, match="'name' can be changed: make the dataclass frozen"):
        await check_target(Changeable(), Tools(ScriptedWire(), {}.get), TURNS)
