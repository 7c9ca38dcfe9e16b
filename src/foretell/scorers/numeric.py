"""The last number of the answer is the expected one."""

import math
from collections import deque
from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.figures.numerals import Number, find_numbers
from foretell.core.analysis.trials.phrases import expected_texts, quote
from foretell.core.domain.scores import NotApplicable, Score, ScoreResult
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class Numeric:
    """True when the last number in the answer equals the expected one within either tolerance.

    The expected number may stand in a text; its last number counts. 1,234.5 and 1.234,5 and 1.2345e3 are read; 12 %
    equals 12 and, where only one of the two has the sign, 0.12.
    """

    abs_tolerance: float = 0.0
    rel_tolerance: float = 1e-9
    needs_expected: ClassVar[bool] = True

    def score(self, trial: Trial) -> ScoreResult:
        """Compare the last number."""
        wanted = _last_number("\n".join(expected_texts(trial.expected)))
        if wanted is None:
            return NotApplicable("the case expects no number")
        given = _last_number(trial.text)
        if given is None:
            return Score(False, f"there is no number in {quote(trial.text)}")
        is_equal = any(self._is_close(one, other) for one in _readings(given, wanted) for other in wanted.readings)
        verb = "equals" if is_equal else "is not"
        return Score(is_equal, f"{given.text} {verb} the expected {wanted.text}", (given.text,))

    def _is_close(self, one: float, other: float) -> bool:
        return math.isclose(one, other, rel_tol=self.rel_tolerance, abs_tol=self.abs_tolerance)


def _last_number(text: str) -> Number | None:
    return next(iter(deque(find_numbers(text), maxlen=1)), None)


def _readings(given: Number, wanted: Number) -> tuple[float, ...]:
    """What the given number may mean in the unit of the wanted one."""
    if given.is_percent == wanted.is_percent:
        return given.readings
    factor = 0.01 if given.is_percent else 100.0
    return (*given.readings, *(value * factor for value in given.readings))
