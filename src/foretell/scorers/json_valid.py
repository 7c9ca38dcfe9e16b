"""The answer is JSON."""

from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.json_text import Unreadable, read_json
from foretell.core.analysis.trials.phrases import quote
from foretell.core.domain.scores import Score, ScoreResult
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class JsonValid:
    """True when the whole answer is one JSON value; with `allow_fence` it may stand in a ```json block."""

    allow_fence: bool = False
    mode: ClassVar[str] = "wrong_format"

    def score(self, trial: Trial) -> ScoreResult:
        """Read the answer as JSON."""
        value = read_json(trial.outcome.output, self.allow_fence)
        if isinstance(value, Unreadable):
            return Score(False, f"not JSON: {value.reason}", (quote(trial.text, 200),) if trial.text else ())
        return Score(True, "is JSON")
