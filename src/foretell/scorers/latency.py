"""How long the answer took."""

from dataclasses import dataclass

from foretell.core.domain.scores import NotApplicable, Score, ScoreResult
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds to the last byte of the last turn, all turns summed; with `at_most`, whether it kept to them."""

    at_most: float | None = None

    def score(self, trial: Trial) -> ScoreResult:
        """Pass on what was measured."""
        taken = trial.outcome.latency_ms
        if taken is None:
            return NotApplicable("the time is unknown")
        if self.at_most is None:
            return Score(taken, f"{taken:.0f} ms")
        is_kept = taken <= self.at_most
        return Score(is_kept, f"{taken:.0f} ms, {'at most' if is_kept else 'more than'} {self.at_most:g} ms")
