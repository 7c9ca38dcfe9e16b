"""The check of scorers finds what it promises to find, and lets good scorers pass."""

import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest

from foretell.core.domain.cases import Case
from foretell.core.domain.conversation import Embed
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScorerSpec
from foretell.core.domain.trial import Outcome, Trial
from foretell.testing.scorers import check_scorer

TRIALS = [Trial(Case("c1", "Hello?"), Outcome("Hello.")), Trial(Case("c2", "Bye?"), Outcome("Goodbye."))]
COUNTER = itertools.count()


@dataclass(frozen=True, slots=True)
class Good:
    limit: int = 3

    def score(self, trial: Trial) -> Score:
        return Score(len(trial.text) > self.limit)


@dataclass(frozen=True, slots=True)
class Asking:
    def score(self, trial: Trial) -> Any:
        if not trial.text:
            return NotApplicable("there is no text")
        return self._ask(trial)

    def _ask(self, trial: Trial) -> Any:
        replies = yield (Embed((trial.text,)),)
        return ScoreFailure(replies[0].error) if replies[0].error else Score(sum(replies[0].vectors[0]))


def good_function(trial: Trial, limit: int = 3) -> bool:
    return len(trial.text) > limit


@dataclass
class Remembers:
    seen: list[str] = field(default_factory=list)

    def score(self, trial: Trial) -> Score:
        self.seen.append(trial.text)
        return Score(self.seen.count(trial.text) == 1)


@dataclass(frozen=True, slots=True)
class Raises:
    def score(self, trial: Trial) -> Score:
        return Score(trial.outcome.output[0] == "H")


@dataclass(frozen=True, slots=True)
class Plain:
    value: Any = None

    def score(self, trial: Trial) -> Any:
        return self.value


@dataclass(frozen=True, slots=True)
class Changes:
    def score(self, trial: Trial) -> Score:
        trial.case.metadata["seen"] = True  # type: ignore[index]  # the mistake that is looked for
        return Score(True)


@dataclass(frozen=True, slots=True)
class Careless:
    def score(self, trial: Trial) -> Any:
        replies = yield (Embed((trial.text,)),)
        return Score(len(replies[0].vectors))


def counts(trial: Trial) -> float:
    return float(next(COUNTER))


def infinite(trial: Trial) -> float:
    return float("inf")


def odd_evidence(trial: Trial) -> Score:
    return Score(True, "", ["a"])  # type: ignore[arg-type]  # the mistake that is looked for


@pytest.mark.parametrize("scorer", [Good(), Good, good_function, Asking(), ScorerSpec("x", "contains", {"text": "a"})])
def test_good_scorers_pass(scorer: Any) -> None:
    check_scorer(scorer, TRIALS)


@pytest.mark.parametrize(
    ("scorer", "fault"),
    [
        (Remembers(), "not a frozen dataclass"),
        (Raises(), "raises TypeError"),
        (Plain("x" * 3), "no Score, NotApplicable or ScoreFailure"),
        (Plain({1, 2}), "parameters are not JSON"),
        (Changes(), "changes the trials"),
        (Careless(), "where a ScoreFailure is due"),
        (counts, "differently the second time"),
        (infinite, "no finite number"),
        (odd_evidence, "no tuple of texts"),
        (ScorerSpec("x", "exact_mach"), "exact_match"),
        (ScorerSpec("x", "contains", {"txt": "a"}), "'text'"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_broken_promise_is_named(scorer: Any, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        check_scorer(scorer, TRIALS)


def test_all_broken_promises_are_named_at_once() -> None:
    with pytest.raises(AssertionError) as caught:
        check_scorer(Plain(7), TRIALS)
    assert str(caught.value).count("gives 7") > 10
