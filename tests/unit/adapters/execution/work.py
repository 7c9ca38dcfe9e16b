"""Tasks, arms and targets made in one line."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from foretell.core.domain.cases import Case
from foretell.core.domain.runs import Arm, TargetLimits
from foretell.core.domain.trial import Outcome, TargetSpec, TrialLimits, TrialRecord, TrialTask
from foretell.core.ports.targets import Tools, Turn

HERE = __name__


def arm(name: str = "app", **limits: Any) -> Arm:
    return Arm(TargetSpec(name, f"{HERE}:Scripted", {"key": name}), TargetLimits(**limits))


def task(number: int = 0, target: str = "app", case: Case | None = None, **fields: Any) -> TrialTask:
    given = case or Case(f"c-{number}", f"question {number}", "answer")
    spec = TargetSpec(target, f"{HERE}:Scripted", {"key": target})
    plain = TrialTask("r", number, given, 0, 7, spec, (), TrialLimits(timeout_s=10.0))
    return replace(plain, **fields)


def record(of: TrialTask, outcome: Outcome | None = None, **fields: Any) -> TrialRecord:
    return TrialRecord(of.run, of.case_no, of.case.id, of.repeat, outcome or Outcome("answer"), {}, **fields)


SCRIPTS: dict[str, Callable[[Turn], Any]] = {}
"""What the scripted target of a name answers: an Outcome, or an awaitable of one."""


@dataclass(frozen=True, slots=True)
class Scripted:
    """A kind of target whose answers a test writes down under its key."""

    key: str

    def connect(self, tools: Tools) -> "LiveScript":
        return LiveScript(self.key)


@dataclass
class LiveScript:
    key: str
    turns: list[Turn] = field(default_factory=list[Turn])
    is_closed: bool = False

    async def answer(self, turn: Turn) -> Outcome:
        self.turns.append(turn)
        given = SCRIPTS[self.key](turn)
        return given if isinstance(given, Outcome) else await given

    async def aclose(self) -> None:
        self.is_closed = True
