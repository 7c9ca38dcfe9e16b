"""A trial with its conclusion, as a test gets it, and in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from foretell.core.domain.cases import Case
from foretell.core.domain.http_errors import excerpt
from foretell.core.domain.runs import Conclusion
from foretell.core.domain.scores import NotApplicable, Score, ScoreResult
from foretell.core.domain.trial import Outcome
from foretell.core.domain.values import printable, text_of

SHOWN = 500
"""Characters of an input or an output that a failure shows."""


@dataclass(frozen=True, slots=True)
class ConcludedTrial:
    """What the fixture `trial` gives: the same values that `foretell run` stores."""

    suite: str
    case: Case
    repeat: int
    outcome: Outcome
    scores: Mapping[str, ScoreResult]
    conclusion: Conclusion

    @property
    def is_ours(self) -> bool:
        """True when foretell failed, so that there is no outcome to look at."""
        return self.outcome.error is not None and self.outcome.error.is_ours

    def check(self) -> None:
        """Fail the test, with everything that is known of the trial, unless it was a success."""
        if self.conclusion.state != "success":
            pytest.fail(self.text(), pytrace=False)

    def text(self) -> str:
        """The conclusion with its modes, the primary one first, and its reason; then what it was concluded from."""
        return printable("\n".join(self._lines()))

    def _lines(self) -> Iterator[str]:
        conclusion, outcome = self.conclusion, self.outcome
        modes = [mode for mode in (conclusion.mode, *conclusion.secondary) if mode]
        named = f" ({', '.join(modes)})" if modes else ""
        yield f"{conclusion.state}{named}{': ' if conclusion.reason else ''}{conclusion.reason}"
        yield f"  trial     {self.suite}, case '{self.case.id}', repeat {self.repeat}"
        yield f"  input     {_shown(self.case.input)}"
        if self.case.expected is not None:
            yield f"  expected  {_shown(self.case.expected)}"
        if outcome.error is None:
            yield f"  output    {_shown(outcome.output)}"
        else:
            yield f"  error     {outcome.error.kind}: {outcome.error.message}"
        for name, result in self.scores.items():
            yield f"  {name}: {_said(result)}"


def _shown(value: object) -> str:
    return excerpt(text_of(value), SHOWN) or "(empty)"


def _said(result: ScoreResult) -> str:
    if isinstance(result, Score):
        value = str(result.value).lower() if isinstance(result.value, bool) else str(result.value)
        return f"{value} ({result.reason})" if result.reason else value
    word = "not applicable" if isinstance(result, NotApplicable) else "the scorer failed"
    return f"{word}: {result.reason}"
