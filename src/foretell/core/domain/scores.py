"""A score is a fact about one trial. Not applicable, failed and zero are three different things."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from foretell.core.domain.values import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Score:
    """A value (boolean, number or label), why, and what it was read from. `step` names the span it speaks of."""

    value: bool | float | str
    reason: str = ""
    evidence: tuple[str, ...] = ()
    step: str | None = None


_OWN = frozenset({bool, int, float, str})


def plain_value(value: Any) -> Any:
    """A value that a numerical library made as Python's own: `numpy.bool_`, `numpy.float64`, an array of one number.

    What has no such form comes back as it is.
    """
    if type(value) in _OWN or not callable(getattr(value, "item", None)):
        return value
    try:
        found = value.item()
    except (TypeError, ValueError):  # several numbers, or something else that is called `item`
        return value
    return found if type(found) in _OWN else value


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The scorer has nothing to say about this trial; its term drops out."""

    reason: str


@dataclass(frozen=True, slots=True)
class ScoreFailure:
    """The scorer itself failed; the trial is unscored unless the other terms settle it."""

    reason: str


ScoreResult: TypeAlias = Score | NotApplicable | ScoreFailure


@dataclass(frozen=True, slots=True)
class ScorerSpec:
    """A scorer as data: the name its scores carry, the plugin it is built from, its parameters and version.

    `mode` is the failure mode that a false value of it stands for.
    """

    name: str
    use: str
    params: JsonObject = field(default_factory=dict[str, Json])
    version: str = "1"
    mode: str | None = None
