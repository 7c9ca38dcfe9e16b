"""The answer is JSON that fits a schema."""

from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.json_text import Unreadable, read_json
from foretell.core.analysis.trials.schemas import compile_schema, violations
from foretell.core.domain.scores import Score, ScoreResult
from foretell.core.domain.trial import Trial
from foretell.core.domain.values import JsonObject


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """True when the answer is JSON that fits `schema` (JSON Schema, draft 2020-12 unless `$schema` says otherwise)."""

    schema: JsonObject
    allow_fence: bool = False
    mode: ClassVar[str] = "wrong_format"

    def __post_init__(self) -> None:
        compile_schema(self.schema, "schema")

    def score(self, trial: Trial) -> ScoreResult:
        """Read the answer and list everything in it that the schema forbids."""
        value = read_json(trial.outcome.output, self.allow_fence)
        if isinstance(value, Unreadable):
            return Score(False, f"not JSON: {value.reason}")
        found = violations(self.schema, value)
        return Score(not found, "; ".join(found) or "fits the schema", found)
