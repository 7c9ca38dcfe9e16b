"""The search found the documents that hold the answer."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from foretell.core.analysis.trials.documents import expected_documents, searches
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class RetrievalRank:
    """0 to 1: how well the first `k` found documents hold the expected ones; with `at_least` a boolean.

    `recall`: the share of them found. `mrr`: 1 / rank of the first. `ndcg`: the grades found, discounted by rank, over
    the best possible (Järvelin & Kekäläinen 2002). Expected are the ids in the case's `expected.documents`, else in
    `metadata.expected_documents`: a list, or an object with grades. Several searches count as one list.
    """

    metric: Literal["recall", "mrr", "ndcg"] = "recall"
    k: int | None = None
    at_least: float | None = None
    step: str | None = None
    mode: ClassVar[str] = "retrieval_miss"
    needs_output: ClassVar[bool] = False

    def score(self, trial: Trial) -> ScoreResult:
        """Look the expected ids up."""
        expected = expected_documents(trial.case)
        if not expected:
            return NotApplicable("the case expects no documents")
        found = searches(trial, self.step)
        if isinstance(found, NotSeen):
            return ScoreFailure(f"no trace: {found.reason}")
        if not found:
            return NotApplicable("nothing was searched for")
        ids = [one.id for search in found for one in search.documents if one.id is not None]
        ranked = list(dict.fromkeys(ids))[: self.k]
        value = _METRICS[self.metric](ranked, expected, self.k)
        missing = [name for name in expected if name not in ranked]
        cut = f"@{self.k}" if self.k else ""
        reason = f"{self.metric}{cut} {value:.2f}: found {', '.join(ranked) or 'nothing'}"
        reason += f"; not {', '.join(missing)}" if missing else ""
        judged = value if self.at_least is None else value >= self.at_least
        return Score(judged, reason, tuple(ranked), found[0].step)


def _recall(ranked: Sequence[str], expected: Mapping[str, float], _: int | None) -> float:
    return sum(name in ranked for name in expected) / len(expected)


def _mrr(ranked: Sequence[str], expected: Mapping[str, float], _: int | None) -> float:
    return next((1 / rank for rank, name in enumerate(ranked, 1) if name in expected), 0.0)


def _ndcg(ranked: Sequence[str], expected: Mapping[str, float], k: int | None) -> float:
    best = sorted(expected.values(), reverse=True)[:k]
    return _gain([expected.get(name, 0.0) for name in ranked]) / _gain(best)


def _gain(grades: Sequence[float]) -> float:
    return math.fsum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


_METRICS = {"recall": _recall, "mrr": _mrr, "ndcg": _ndcg}
