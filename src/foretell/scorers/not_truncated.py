"""The answer reaches its end."""

from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.blame import first_showing, last_model
from foretell.core.analysis.trials.detect import is_cut
from foretell.core.domain.scores import NotApplicable, Score, ScoreResult
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class NotTruncated:
    """False when the model ran out of tokens, or the last sentence is unfinished."""

    mode: ClassVar[str] = "truncation"

    def score(self, trial: Trial) -> ScoreResult:
        """Look at the finish reason and the last line."""
        text, reason = trial.text.strip(), trial.outcome.finish_reason
        if not is_cut(text, reason):
            return Score(True, "is complete") if text else NotApplicable("the answer is empty")
        end = text[-80:]
        if not is_cut(text):
            return Score(False, f"the model stopped: {reason}", (end,), last_model(trial))
        step = first_showing(trial, lambda given: is_cut(given.strip()))
        return Score(False, f"ends in the middle of a sentence: “… {end}”", (end,), step)
