"""The answer contains what the case expects."""

from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.blame import lost_at
from foretell.core.analysis.trials.phrases import expected_texts, occurs, quote
from foretell.core.domain.scores import NotApplicable, Score, ScoreResult
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class ContainsExpected:
    """True when every expected text occurs in the answer: one text, a list of texts, or the `facts` of an object.

    Figures may be written otherwise: 30 days, thirty days. It cannot see a "not" in front of what it finds. A text that
    was read and is missing is blamed on the step that lost it.
    """

    ignore_case: bool = True
    needs_expected: ClassVar[bool] = True

    def score(self, trial: Trial) -> ScoreResult:
        """Look for each expected text."""
        wanted = expected_texts(trial.expected)
        if not wanted:
            return NotApplicable("the case expects no text and no facts")
        missing = tuple(text for text in wanted if not occurs(text, trial.text, self.ignore_case))
        if not missing:
            return Score(True, f"holds {', '.join(map(quote, wanted))}", wanted)
        step = lost_at(trial, missing, ignore_case=self.ignore_case)
        count = f"{len(missing)} of {len(wanted)} expected" if len(wanted) > 1 else "the expected"
        return Score(False, f"{count} missing: {', '.join(map(quote, missing))}", missing, step)
