"""The answer contains a text."""

from dataclasses import dataclass

from foretell.core.analysis.trials.phrases import expected_texts, occurs, quote
from foretell.core.domain.scores import NotApplicable, Score, ScoreResult
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class Contains:
    """True when the answer contains `text`, or the expected text when none is given, as whole words."""

    text: str | None = None
    ignore_case: bool = True

    def score(self, trial: Trial) -> ScoreResult:
        """Look for the one text."""
        texts = (self.text,) if self.text else expected_texts(trial.expected)
        if len(texts) != 1:
            return NotApplicable("there is not one expected text" if texts else "the case has no expected text")
        if occurs(texts[0], trial.text, self.ignore_case):
            return Score(True, f"contains {quote(texts[0])}", texts)
        return Score(False, f"does not contain {quote(texts[0])}: {quote(trial.text)}", texts)
