"""The answer contains every one of some texts."""

from collections.abc import Sequence
from dataclasses import dataclass

from foretell.core.analysis.trials.phrases import occurs, quote
from foretell.core.domain.scores import Score, ScoreResult
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class ContainsAll:
    """True when the answer contains each of `texts` as whole words."""

    texts: Sequence[str]
    ignore_case: bool = True

    def score(self, trial: Trial) -> ScoreResult:
        """Look for each text."""
        missing = tuple(text for text in self.texts if not occurs(text, trial.text, self.ignore_case))
        if not missing:
            return Score(True, f"contains every text ({len(self.texts)})", tuple(self.texts))
        return Score(False, f"does not contain {', '.join(map(quote, missing))}", missing)
