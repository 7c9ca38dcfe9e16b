"""The template was filled: no placeholder stands in the prompt."""

from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.prompts import placeholders, prompts
from foretell.core.analysis.trials.retrieved import read_texts, user_texts
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class PromptFilled:
    """True when no prompt holds `{name}`, `{{ name }}`, `${name}`, `{% … %}` or `<% … %>`.

    What the user, a document or a tool wrote is not the template's. Prompts are what prompt steps gave, or `step`;
    without any, what models were given.
    """

    step: str | None = None
    mode: ClassVar[str] = "unfilled_variable"
    needs_output: ClassVar[bool] = False

    def score(self, trial: Trial) -> ScoreResult:
        """Look for placeholders."""
        found = prompts(trial, self.step)
        if isinstance(found, NotSeen):
            return ScoreFailure(f"no trace: {found.reason}")
        if not found:
            return NotApplicable("no prompt was seen")
        read = read_texts(trial)
        others = [*user_texts(trial), *(() if isinstance(read, NotSeen) else read)]
        for step, text in found:
            if marks := tuple(placeholders(text, others)):
                return Score(False, f"not filled: {', '.join(marks)}", marks, step)
        return Score(True, "every variable is filled")
