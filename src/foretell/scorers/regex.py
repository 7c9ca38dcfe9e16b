"""The answer matches a regular expression."""

import re
from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.phrases import quote
from foretell.core.domain.scores import Score, ScoreResult
from foretell.core.domain.trial import Trial
from foretell.core.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Regex:
    """True when Python's `re.search` finds `pattern` in the answer; anchor it with `^` and `$` to match all of it."""

    pattern: str
    mode: ClassVar[str] = "wrong_format"

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern)
        except re.error as error:
            what = f"pattern {self.pattern!r} is not a regular expression: {error}."
            raise ConfigurationError.of(
                "", what, "In TOML write it in single quotes, so that backslashes stay."
            ) from error

    def score(self, trial: Trial) -> ScoreResult:
        """Search the answer."""
        match = re.search(self.pattern, trial.text)
        if match is None:
            return Score(False, f"{self.pattern!r} is not found in {quote(trial.text)}")
        return Score(True, f"{self.pattern!r} is found", (match[0],))
