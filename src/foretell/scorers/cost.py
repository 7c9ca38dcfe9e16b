"""What the answer cost."""

from dataclasses import dataclass

from foretell.core.analysis.trials.blame import last_model
from foretell.core.domain.scores import NotApplicable, Score, ScoreResult
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of the trial, all turns and retries included; with `at_most`, whether it stayed within. 0 is a cost.

    What was too dear is blamed on the model's step.
    """

    at_most: float | None = None

    def score(self, trial: Trial) -> ScoreResult:
        """Pass on what was charged."""
        paid = trial.outcome.cost_usd
        if paid is None:
            return NotApplicable("the cost is unknown")
        if self.at_most is None:
            return Score(paid, f"cost {paid:.6g}")
        is_kept = paid <= self.at_most
        reason = f"cost {paid:.6g}, {'at most' if is_kept else 'more than'} {self.at_most:g}"
        return Score(is_kept, reason, (), None if is_kept else last_model(trial))
