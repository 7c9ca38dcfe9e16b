"""What a scorer is: a function of one trial, or a dialogue that asks models before it answers."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar, overload

from foretell.core.domain.conversation import Ask, Reply
from foretell.core.domain.scores import NotApplicable, Score, ScoreResult, plain_value
from foretell.core.domain.trial import Trial

R = TypeVar("R")
Dialogue: TypeAlias = Generator[Sequence[Ask], Sequence[Reply], R]
"""Yields a round of questions, is sent their replies in the same order, returns its result. No I/O of its own."""

PlainValue: TypeAlias = bool | int | float | str | None


class Scorer(Protocol):
    """One look at one trial. A scorer is a frozen dataclass whose fields are its parameters.

    Class attributes that may stand beside the method: `mode` (the built-in failure mode that a false value stands for),
    `version` (text, raised when equal input may score differently, default "1"), `needs_expected` (the case must have
    a gold answer: without one the score is not applicable), `needs_output` (default true; false for one that judges the
    steps that ran and nothing else: it is asked about trials that ended in an error, too).
    """

    def score(self, trial: Trial) -> ScoreResult | Dialogue[ScoreResult]:
        """The result for this trial. Raising makes it a ScoreFailure, never a zero and never the end of the run."""
        ...


ScorerFunction: TypeAlias = Callable[..., PlainValue | ScoreResult]


@dataclass(frozen=True, slots=True)
class FunctionScorer:
    """A user's function as a scorer: called with the trial and the spec's parameters as keywords.

    A plain value, numpy's own ones too, becomes a Score, None "not applicable".
    """

    function: ScorerFunction
    params: Mapping[str, Any]
    mode: str | None = None
    version: str = "1"
    needs_expected: bool = False

    def score(self, trial: Trial) -> ScoreResult:
        """Call the function and give its value a shape."""
        value: PlainValue | ScoreResult = plain_value(self.function(trial, **self.params))
        if value is None:
            return NotApplicable("the function returned None")
        if isinstance(value, bool | int | float | str):
            return Score(value)
        return value


@overload
def scorer(function: ScorerFunction) -> ScorerFunction: ...
@overload
def scorer(
    *, mode: str | None = None, version: str = "1", needs_expected: bool = False
) -> Callable[[ScorerFunction], ScorerFunction]: ...
def scorer(
    function: ScorerFunction | None = None,
    *,
    mode: str | None = None,
    version: str = "1",
    needs_expected: bool = False,
) -> ScorerFunction | Callable[[ScorerFunction], ScorerFunction]:
    """Mark a function of a trial as a scorer, so that a project file can name it as `module:function`.

    >>> @scorer(mode="wrong_format")
    ... def is_short(trial, limit=200):
    ...     return len(trial.text) <= limit
    """

    def mark(marked: ScorerFunction) -> ScorerFunction:
        marked.__foretell_scorer__ = {"mode": mode, "version": version, "needs_expected": needs_expected}  # type: ignore[attr-defined] # a function takes attributes
        return marked

    return mark if function is None else mark(function)
