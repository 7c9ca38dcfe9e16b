"""The right tools were called."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from foretell.core.analysis.trials.tool_use import (
    ExpectedCall,
    Likeness,
    describe,
    pair_up,
    read_expected_calls,
    seen_calls,
)
from foretell.core.domain.conversation import ToolCall
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial
from foretell.core.domain.values import Json
from foretell.core.errors import ConfigurationError

Match = Literal["exact", "in_order", "any_order", "subset"]


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """True when the calls match `expected`, or the case's `expected.tool_calls`: a list of {name, arguments}.

    `exact`: these calls in this order and no other. `in_order`: these in this order, others between them. `any_order`:
    these and no other. `subset`: these, and perhaps others. Without `arguments` any will do; a null argument is one
    that was left out; numbers may differ by `rel_tolerance`.
    """

    expected: Sequence[Any] | None = None
    match: Match = "exact"
    rel_tolerance: float = 1e-9
    ignore_case: bool = True

    def __post_init__(self) -> None:
        try:
            read_expected_calls(self.expected or ())
        except ValueError as error:
            raise ConfigurationError.of("", f"{error}.", 'Write { name = "refund", arguments = { … } }.') from error

    def score(self, trial: Trial) -> ScoreResult:
        """Compare the calls."""
        given = self.expected if self.expected is not None else _of_case(trial.expected)
        if given is None:
            return NotApplicable("the case expects no tool calls")
        calls = seen_calls(trial)
        if isinstance(calls, NotSeen):
            return ScoreFailure(f"no trace: {calls.reason}")
        try:
            wanted = read_expected_calls(given)
        except ValueError as error:
            return ScoreFailure(f"the case's {error}")
        return self._compare(wanted, calls)

    def _compare(self, wanted: Sequence[ExpectedCall], calls: Sequence[ToolCall]) -> ScoreResult:
        missing, extra = pair_up(wanted, calls, Likeness(self.rel_tolerance, self.ignore_case))
        faults: list[str] = [f"missing {call}" for call in missing]
        if self.match in ("exact", "any_order"):
            faults += [f"unexpected {text}" for text in describe(extra)]
        if not faults and self.match in ("exact", "in_order") and not self._is_in_order(wanted, calls):
            faults = [f"expected in the order {', '.join(map(str, wanted))}"]
        if not faults:
            return Score(True, f"the expected calls were made ({len(wanted)})", describe(calls))
        return Score(False, "; ".join(faults), describe(calls), extra[0].name if extra else None)

    def _is_in_order(self, wanted: Sequence[ExpectedCall], calls: Sequence[ToolCall]) -> bool:
        likeness = Likeness(self.rel_tolerance, self.ignore_case)
        rest = iter(calls)
        return all(any(likeness.is_call(expected, call) for call in rest) for expected in wanted)


def _of_case(expected: Json) -> Json:
    return expected.get("tool_calls") if hasattr(expected, "keys") else None
