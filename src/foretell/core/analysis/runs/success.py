"""How a trial ended: success, failure with its modes, or unscored. Pure, so that every view can be recomputed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from foretell.core.analysis.trials.detect import is_cut, is_filtered, is_refusal
from foretell.core.analysis.trials.executed import executed, first_failed
from foretell.core.domain.grammar import Expression, Truth, evaluate, names_in, parse
from foretell.core.domain.modes import BUILT_IN, UNNAMED, FailureMode
from foretell.core.domain.runs import Conclusion
from foretell.core.domain.scores import Score, ScoreFailure, ScoreResult, ScorerSpec
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Outcome, TrialError, TrialRecord
from foretell.core.domain.values import text_of

MODE_OF_ERROR: Mapping[str, str] = {
    "timeout": "timeout",
    "unreachable": "unavailable",
    "rate_limited": "unavailable",
    "server_error": "unavailable",
    "refused": "refusal",
}


_SUCCESS = Conclusion("success")


@dataclass(frozen=True, slots=True)
class Rulebook:
    """How a suite's scores are read: parsed once, used for every trial.

    `success` None stands for "every boolean score is true".
    """

    scorers: tuple[ScorerSpec, ...]
    success: Expression | None
    modes: tuple[tuple[FailureMode, Expression | None], ...]

    def conclude(self, record: TrialRecord) -> Conclusion:
        """The conclusion of one trial."""
        error = record.outcome.error
        if error is not None:
            return self._of_error(error, record)
        truth, reason = self._truth(record.scores)
        if truth == "true":
            fired = self._fired(record)
            return Conclusion("success", secondary=fired) if fired else _SUCCESS
        if truth in ("unknown", "dropped"):
            return Conclusion("unscored", reason=reason)
        fired = self._fired(record)
        return Conclusion("failure", fired[0] if fired else UNNAMED, fired[1:], reason)

    def _of_error(self, error: TrialError, record: TrialRecord) -> Conclusion:
        if error.is_ours:
            return Conclusion("unscored", reason=error.message)
        recorded = record.outcome.recorded
        if recorded is not None and recorded.failure_mode:
            return Conclusion("failure", recorded.failure_mode, recorded.failure_modes, error.message)
        mode = MODE_OF_ERROR.get(error.kind, "error")
        seen = dict.fromkeys(name for name in self._named_by_rules(record) if name != mode)
        return Conclusion("failure", mode, tuple(seen), error.message)

    def _truth(self, scores: Mapping[str, ScoreResult]) -> tuple[Truth, str]:
        if self.success is not None:
            truth = evaluate(self.success, scores)
            return truth, _reason(truth, scores)
        truth = _all_booleans(scores.values())
        return truth, _reason(truth, scores)

    def _fired(self, record: TrialRecord) -> tuple[str, ...]:
        """The modes that fired, the primary one first: earliest step, then dearest, then first declared."""
        recorded = record.outcome.recorded
        said = recorded.failure_modes if recorded is not None else ()
        found = [*said, *self._named_by_rules(record), *_seen_in(record.outcome)]
        if recorded is not None and recorded.failure_mode is not None:
            found.insert(0, recorded.failure_mode)
            return tuple(dict.fromkeys(found))
        if len(found) < 2:
            return tuple(found)
        found = list(dict.fromkeys(found))
        declared = {mode.name: position for position, (mode, _) in enumerate(self.modes)}
        costs = {mode.name: mode.cost or 0.0 for mode, _ in self.modes}
        steps = self._steps(record)
        last = len(declared)
        found.sort(key=lambda name: (steps.get(name, 1 << 30), -costs.get(name, 0.0), declared.get(name, last)))
        return tuple(found)

    def _named_by_rules(self, record: TrialRecord) -> list[str]:
        scores = record.scores
        found = [mode.name for mode, when in self.modes if when is not None and evaluate(when, scores) == "true"]
        for spec in self.scorers:
            if spec.mode is not None:
                result = scores.get(spec.name)
                if isinstance(result, Score) and result.value is False:
                    found.append(spec.mode)
        return found

    def _steps(self, record: TrialRecord) -> dict[str, int]:
        """The position of the earliest step that speaks for a mode.

        A failed step before the first failing one is explained by it (it is around it, or was made good): it follows.
        """
        seen = executed(record.outcome, record.scores)
        if isinstance(seen, NotSeen):
            return {}
        first = first_failed(seen)
        begin = first.position if first is not None else 0
        order = {
            step.label: max(step.position, begin + (step is not first)) if step.faults else step.position
            for step in seen
        }
        steps: dict[str, int] = {}
        for mode, scorer in self._speakers():
            result = record.scores.get(scorer)
            if isinstance(result, Score) and result.step in order:
                steps[mode] = min(steps.get(mode, 1 << 30), order[result.step])
        return steps

    def _speakers(self) -> Iterator[tuple[str, str]]:
        """Modes with the scorers that speak for them."""
        yield from ((spec.mode, spec.name) for spec in self.scorers if spec.mode is not None)
        for mode, when in self.modes:
            yield from ((mode.name, scorer) for scorer in (names_in(when) if when is not None else ()))


def rulebook(scorers: Sequence[ScorerSpec], success: str | None, modes: Sequence[FailureMode]) -> Rulebook:
    """Parse a suite's rules. Built-in modes stand behind the declared ones.

    Raises:
        GrammarError: in `success` or a mode's `when`.
    """
    declared = {mode.name for mode in modes}
    every = (*modes, *(mode for mode in BUILT_IN if mode.name not in declared))
    return Rulebook(
        tuple(scorers),
        parse(success) if success else None,
        tuple((mode, parse(mode.when) if mode.when else None) for mode in every),
    )


def _seen_in(outcome: Outcome) -> list[str]:
    """What can be told from the outcome alone."""
    text = text_of(outcome.output).strip()
    if not text:
        return ["empty"]
    found = ["refusal"] if is_filtered(outcome.finish_reason) or is_refusal(text) else []
    if is_cut(text, outcome.finish_reason):
        found.append("truncation")
    return found


def _all_booleans(results: Collection[ScoreResult]) -> Truth:
    truths = [result.value for result in results if isinstance(result, Score) and isinstance(result.value, bool)]
    if not all(truths):
        return "false"
    if any(isinstance(result, ScoreFailure) for result in results):
        return "unknown"
    return "true" if truths else "dropped"


def _reason(truth: Truth, scores: Mapping[str, ScoreResult]) -> str:
    """Why it is not a success, from the scorers' own words."""
    if truth == "true":
        return ""
    if truth == "false":
        said = [
            f"{name}: {result.reason}" if result.reason else name
            for name, result in scores.items()
            if isinstance(result, Score) and result.value is False
        ]
        return "; ".join(said) or "the success rule is false"
    failed = [f"{name}: {result.reason}" for name, result in scores.items() if isinstance(result, ScoreFailure)]
    return "; ".join(failed) or "no score of the success rule applies to this trial"
