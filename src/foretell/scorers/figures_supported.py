"""Every figure of the answer comes from somewhere."""

from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.blame import first_showing
from foretell.core.analysis.trials.figures.find import facts_of, find_figures
from foretell.core.analysis.trials.retrieved import read_texts, user_texts
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class FiguresSupported:
    """True when each number, amount, date, time and duration of the answer stands in what was read.

    What was read is the output of retrieval and tools, and the user's input; another way of writing is no difference.
    A figure that the answer computed (a sum, a count) stands nowhere and is reported.
    """

    mode: ClassVar[str] = "unsupported_figures"

    def score(self, trial: Trial) -> ScoreResult:
        """Look each figure up."""
        read = read_texts(trial)
        if isinstance(read, NotSeen):
            return ScoreFailure(f"no trace: {read.reason}")
        figures = find_figures(trial.text)
        if not figures:
            return NotApplicable("the answer holds no figure")
        given = facts_of((*read, *user_texts(trial)))
        missing = tuple(dict.fromkeys(figure.text for figure in figures if not figure.is_backed_by(given)))
        if not missing:
            return Score(True, f"every figure was read ({len(figures)})", tuple(figure.text for figure in figures))
        source = "no source" if read else "no source (nothing was retrieved and no tool was called)"
        step = first_showing(trial, lambda text: any(part in text for part in missing))
        return Score(False, f"in {source}: {', '.join(missing)}", missing, step)
