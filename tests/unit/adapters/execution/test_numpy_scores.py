"""Scorers that count with numpy."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from foretell.core.domain.scores import Score, ScoreFailure, ScorerSpec
from foretell.core.domain.trial import Outcome, Trial
from tests.unit.adapters.execution.test_trial import record_of
from tests.unit.adapters.execution.work import task


def is_near(trial: Trial) -> Any:
    return np.float64(0.5) < 1


def measured(trial: Trial) -> Any:
    return np.array([0.25], np.float32)


def several(trial: Trial) -> Any:
    return np.array([0.25, 0.5])


@dataclass(frozen=True)
class Numerical:
    def score(self, trial: Trial) -> Score:
        return Score(np.float64(0.75), "measured")


def test_values_of_numpy_are_values() -> None:
    names = ("is_near", "measured", "several", "Numerical")
    scorers = tuple(ScorerSpec(name, f"{__name__}:{name}") for name in names)
    found = record_of(task(scorers=scorers), lambda _: Outcome("yes")).scores
    assert found == {
        "is_near": Score(True),
        "measured": Score(0.25),
        "several": ScoreFailure("it gave a ndarray; a score is true, false, a number or text"),
        "Numerical": Score(0.75, "measured"),
    }
    assert [type(found[name].value) for name in ("is_near", "measured", "Numerical")] == [bool, float, float]
