"""Marks of the answer are closed, and its links lead somewhere."""

from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.rendering import Stage, defects, stages
from foretell.core.domain.scores import Score, ScoreResult
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class MarkupSound:
    """True when the answer's Markdown and HTML are whole: fences, tags, links, tables, nothing escaped twice.

    A false one names the step that broke it: the earliest whose output has a defect that is still in the answer.
    """

    mode: ClassVar[str] = "broken_markup"

    def score(self, trial: Trial) -> ScoreResult:
        """Look for what is broken, then for where it began."""
        found = defects(trial.text)
        if not found:
            return Score(True, "nothing is broken")
        seen = stages(trial)
        passed: tuple[Stage, ...] = () if isinstance(seen, NotSeen) else seen
        step = next((stage.step for stage in passed if set(found) & set(defects(stage.text))), None)
        return Score(False, "; ".join(found[:5]), found, step)
