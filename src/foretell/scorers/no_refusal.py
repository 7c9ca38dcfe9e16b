"""The answer does not decline."""

from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.blame import first_showing, last_model
from foretell.core.analysis.trials.detect import is_filtered, is_refusal
from foretell.core.analysis.trials.phrases import quote
from foretell.core.domain.scores import Score, ScoreResult
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class NoRefusal:
    """False when the provider's filter answered, or the answer begins by declining (English, German, French, Spanish).

    "I do not have that information" is no refusal to this scorer: it declines nothing.
    """

    mode: ClassVar[str] = "refusal"

    def score(self, trial: Trial) -> ScoreResult:
        """Look at the finish reason and the first sentences."""
        if is_filtered(trial.outcome.finish_reason):
            return Score(False, f"the provider ended the answer: {trial.outcome.finish_reason}", (), last_model(trial))
        if is_refusal(trial.text):
            step = first_showing(trial, is_refusal)
            return Score(False, f"declines: {quote(trial.text, 160)}", (trial.text[:400],), step)
        return Score(True, "does not decline")
