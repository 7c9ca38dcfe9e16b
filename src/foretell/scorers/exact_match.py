"""The answer equals the expected one."""

import unicodedata
from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.phrases import quote
from foretell.core.domain.scores import NotApplicable, Score, ScoreResult
from foretell.core.domain.trial import Trial
from foretell.core.domain.values import text_of


@dataclass(frozen=True, slots=True)
class ExactMatch:
    """True when the answer is the expected text, or the expected JSON value.

    White space at both ends does not count unless `strip` is false. Texts are compared in Unicode's composed form.
    """

    ignore_case: bool = False
    strip: bool = True
    needs_expected: ClassVar[bool] = True

    def score(self, trial: Trial) -> ScoreResult:
        """Compare the whole answer."""
        if trial.expected is None:
            return NotApplicable("the case has no expected answer")
        wanted, given = self._fold(text_of(trial.expected)), self._fold(trial.text)
        if wanted == given:
            return Score(True, "equals the expected answer", (trial.text,))
        return Score(False, f"expected {quote(wanted)}, got {quote(given)}{_difference(wanted, given)}", (trial.text,))

    def _fold(self, text: str) -> str:
        text = text.strip() if self.strip else text
        return unicodedata.normalize("NFC", text.casefold() if self.ignore_case else text)


def _difference(wanted: str, given: str) -> str:
    """Where two longer texts part, since their quotations may look alike."""
    if len(wanted) <= 20 or not given:
        return ""
    pairs = enumerate(zip(wanted, given, strict=False), start=1)
    place = next((place for place, (one, other) in pairs if one != other), min(len(wanted), len(given)) + 1)
    return f"; they part at character {place}"
