"""What the model wrote reached the user."""

from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.rendering import stages, words_of
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class ContentKept:
    """True when `at_least` of the words that the model wrote are left after each step behind it, and in the answer.

    Steps of the kinds postprocess and render are looked at one by one, so that the one that lost them is named.
    """

    at_least: float = 0.8
    mode: ClassVar[str] = "content_lost"

    def score(self, trial: Trial) -> ScoreResult:
        """Compare the words."""
        found = stages(trial)
        if isinstance(found, NotSeen):
            return ScoreFailure(f"no trace: {found.reason}")
        first, *later = found
        words = words_of(first.text)
        if not words or not later:
            return NotApplicable("nothing came between the model and the answer")
        share = 1.0
        for stage in later:
            left = words & words_of(stage.text)
            share = len(left) / len(words)
            if share < self.at_least:
                lost = tuple(sorted(words - left)[:10])
                reason = f"{share:.0%} of the model's words are left: not {', '.join(lost)}"
                return Score(False, reason, lost, stage.step)
        return Score(True, f"{share:.0%} of the model's words are left")
