"""No tool was called for nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.tool_use import ExpectedCall, seen_calls
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class ToolsNeeded:
    """True when no call was made more than `at_most` times with the same arguments, and none that is not `allowed`.

    `allowed` None allows every tool; an empty list says that none is needed. For the calls that a case expects see
    `tool_calls`.
    """

    at_most: int = 2
    allowed: Sequence[str] | None = None
    mode: ClassVar[str] = "retry_loop"

    def score(self, trial: Trial) -> ScoreResult:
        """Count equal calls."""
        calls = seen_calls(trial)
        if isinstance(calls, NotSeen):
            return ScoreFailure(f"no trace: {calls.reason}")
        if not calls:
            return NotApplicable("no tool was called")
        if self.allowed is not None:
            for call in calls:
                if call.name not in self.allowed:
                    return Score(False, f"{call.name} is not needed here", (call.name,), call.name)
        times = Counter((call.name, str(ExpectedCall(call.name, call.decoded))) for call in calls)
        (name, text), most = times.most_common(1)[0]
        if most > self.at_most:
            return Score(False, f"called {most} times: {text}", (text,), name)
        return Score(True, f"no call more than {self.at_most} times")
