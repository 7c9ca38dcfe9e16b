"""The tools did what they were called for."""

from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.executed import executed
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class ToolsWork:
    """True when no tool raised, and no result of one says that it failed.

    With `allow_recovered` an error is forgiven where the same tool went well later.
    """

    allow_recovered: bool = False
    mode: ClassVar[str] = "tool_error"
    needs_output: ClassVar[bool] = False

    def score(self, trial: Trial) -> ScoreResult:
        """Look at each call."""
        steps = executed(trial.outcome, {})
        if isinstance(steps, NotSeen) and isinstance(trial.outcome.trace, NotSeen):
            return ScoreFailure(f"no trace: {steps.reason}")
        calls = [step for step in (() if isinstance(steps, NotSeen) else steps) if step.kind == "tool"]
        if not calls:
            return NotApplicable("no tool was called")
        for number, call in enumerate(calls):
            good_later = any(later.name == call.name and not later.faults for later in calls[number:])
            if call.faults and not (self.allow_recovered and good_later):
                return Score(False, f"{call.label}: {call.faults[0].reason}", (call.faults[0].reason,), call.label)
        return Score(True, f"every call went well ({len(calls)})")
