"""The answer contains at least one of some texts."""

from collections.abc import Sequence
from dataclasses import dataclass

from foretell.core.analysis.trials.phrases import occurs, quote
from foretell.core.domain.scores import Score, ScoreResult
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class ContainsAny:
    """True when the answer contains one of `texts` or more as whole words."""

    texts: Sequence[str]
    ignore_case: bool = True

    def score(self, trial: Trial) -> ScoreResult:
        """Look for any of the texts."""
        found = tuple(text for text in self.texts if occurs(text, trial.text, self.ignore_case))
        if found:
            return Score(True, f"contains {', '.join(map(quote, found))}", found)
        return Score(False, f"contains none of {', '.join(map(quote, self.texts))}", tuple(self.texts))
