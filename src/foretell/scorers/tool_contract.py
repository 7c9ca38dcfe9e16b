"""Tools were called with arguments that they take."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from foretell.core.analysis.schemas import compile_schema, violations
from foretell.core.analysis.tool_use import decoded_arguments, seen_calls
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class ToolContract:
    """True when the arguments of every call fit the JSON Schema that `schemas` holds under the tool's name.

    Calls of tools without a schema are not checked.
    """

    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    def __post_init__(self) -> None:
        for tool, schema in self.schemas.items():
            compile_schema(schema, f"schema of tool '{tool}'")

    def score(self, trial: Trial) -> ScoreResult:
        """Check each call."""
        if not self.schemas:
            return NotApplicable("no tool has a schema")
        calls = seen_calls(trial)
        if isinstance(calls, NotSeen):
            return ScoreFailure(f"no trace: {calls.reason}")
        checked = [call for call in calls if call.name in self.schemas]
        if not checked:
            return NotApplicable("no tool with a schema was called")
        found = [
            (call.name, f"{call.name}: {violation}")
            for call in checked
            for violation in violations(self.schemas[call.name], decoded_arguments(call))
        ]
        if not found:
            return Score(True, f"every checked call keeps to its schema ({len(checked)})")
        reasons = tuple(reason for _, reason in found)
        return Score(False, "; ".join(reasons), reasons, found[0][0])
