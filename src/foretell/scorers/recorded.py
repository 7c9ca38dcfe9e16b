"""What a recorded outcome says of itself.

A function and not a class, because its parameter has the name that the method of a scorer class would need.
"""

import math

from foretell.core.domain.scores import Score, ScoreFailure, ScoreResult
from foretell.core.domain.trial import Recorded, Trial

RecordedValue = float | bool | str


def recorded(trial: Trial, score: str | None = None, at_least: float = 0.5) -> ScoreResult:
    """The recorded `success`, or the recorded score named `score`: a number is compared with `at_least`.

    A boolean or a label is passed on as it is. When the named score is missing, a recorded `success` speaks for it.
    """
    record = trial.outcome.recorded
    if record is None:
        return ScoreFailure("nothing was recorded")
    if score is not None and score in record.scores:
        value = record.scores[score]
        if value is None:
            return ScoreFailure(f"the recorded score '{score}' is null: its scorer failed")
        return _read(score, value, at_least)
    if record.success is None:
        return ScoreFailure(
            "nothing was recorded" if score is None else f"no score '{score}' and no success was recorded"
        )
    return Score(record.success, _say_success(record, score))


def _read(name: str, value: RecordedValue, at_least: float) -> ScoreResult:
    if isinstance(value, bool | str):
        return Score(value, f"recorded {name} = {value if isinstance(value, str) else str(value).lower()}")
    if not math.isfinite(value):
        return ScoreFailure(f"the recorded score '{name}' is no finite number: {value}")
    is_enough = value >= at_least
    return Score(is_enough, f"recorded {name} = {value:g}, {'at least' if is_enough else 'below'} {at_least:g}")


def _say_success(record: Recorded, score: str | None) -> str:
    said = "recorded as a success" if record.success else "recorded as a failure"
    if not record.success and record.failure_mode:
        said += f": {record.failure_mode}"
    return said if score is None else f"{said} (no score '{score}' was recorded)"
