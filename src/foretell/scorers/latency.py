"""How long the answer took."""

from dataclasses import dataclass

from foretell.core.domain.scores import NotApplicable, Score, ScoreResult
from foretell.core.domain.trace import NotSeen, Trace
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds to the last byte of the last turn, all turns summed; with `at_most`, whether it kept to them.

    With `step`, the time of the steps of that name, summed.
    """

    at_most: float | None = None
    step: str | None = None

    def score(self, trial: Trial) -> ScoreResult:
        """Pass on what was measured."""
        taken = trial.outcome.latency_ms if self.step is None else self._of_step(trial.outcome.trace)
        if taken is None:
            return NotApplicable("the time is unknown")
        if self.at_most is None:
            return Score(taken, f"{taken:.0f} ms", step=self.step)
        is_kept = taken <= self.at_most
        reason = f"{taken:.0f} ms, {'at most' if is_kept else 'more than'} {self.at_most:g} ms"
        return Score(is_kept, reason, step=self.step)

    def _of_step(self, trace: Trace | NotSeen) -> float | None:
        spans = trace.spans if isinstance(trace, Trace) else ()
        times = [
            span.end - span.start
            for span in spans
            if span.name == self.step and span.start is not None and span.end is not None
        ]
        return 1000 * sum(times) if times else None
