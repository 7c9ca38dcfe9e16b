"""How alike the answer and the expected one are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from rapidfuzz import fuzz

from foretell.core import plugins
from foretell.core.analysis.trials.phrases import expected_texts, fold
from foretell.core.analysis.trials.vectors import cosines
from foretell.core.domain.conversation import Embed
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trial import Trial
from foretell.core.domain.values import Json
from foretell.core.ports.scorers import Dialogue


@dataclass(frozen=True, slots=True)
class Similarity:
    """Similarity with the expected text: of the letters (0 to 1), or with an `embedder` of the meaning (a cosine).

    With `at_least` it is true or false instead of a number. Letters see neither meaning nor a "not": a low value is a
    difference, a high value is no proof.
    """

    at_least: float | None = None
    embedder: str | Mapping[str, Json] | None = None
    needs_expected: ClassVar[bool] = True

    def __post_init__(self) -> None:
        plugins.embedder_spec(self.embedder)

    def score(self, trial: Trial) -> ScoreResult | Dialogue[ScoreResult]:
        """Compare with the expected text."""
        expected = "\n".join(expected_texts(trial.expected))
        if not expected:
            return NotApplicable("the case has no expected text")
        if self.embedder is not None:
            return self._ask(trial.text, expected)
        return self._judge(fuzz.ratio(fold(trial.text), fold(expected)) / 100, "similarity of letters")

    def _ask(self, given: str, expected: str) -> Dialogue[ScoreResult]:
        replies = yield (Embed((given, expected), self.embedder),)
        reply = replies[0]
        if reply.error or len(reply.vectors) != 2:
            return ScoreFailure(f"no embedding: {reply.error or 'one vector for each text is needed'}")
        return self._judge(float(cosines(reply.vectors[:1], reply.vectors[1:])[0, 0]), "cosine")

    def _judge(self, value: float, name: str) -> ScoreResult:
        if self.at_least is None:
            return Score(value, f"{name} {value:.2f}")
        is_enough = value >= self.at_least
        return Score(is_enough, f"{name} {value:.2f}, {'at least' if is_enough else 'below'} {self.at_least:g}")
