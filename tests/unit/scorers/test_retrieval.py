"""Scorers of retrieval: ranks by worked examples, empty and double finds, and every sign of an old index."""

from typing import Any

import pytest

from foretell.core.domain.cases import Case
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure
from foretell.core.domain.trace import Span, Trace
from foretell.core.domain.trial import Outcome, Trial
from foretell.scorers.index_fresh import IndexFresh
from foretell.scorers.retrieval_rank import RetrievalRank
from foretell.scorers.retrieval_sound import RetrievalSound
from tests.unit.scorers.trials import UNSEEN, retrieved, trial

A, B, C = ({"id": name, "text": f"About {name}.", "score": 0.9} for name in "abc")


@pytest.mark.parametrize(
    ("metric", "k", "expected", "value"),
    [
        ("recall", None, ["a", "b"], 1.0),
        ("recall", 1, ["a", "b"], 0.0),
        ("recall", 2, ["a", "x"], 0.5),
        ("mrr", None, ["a", "x"], 0.5),
        ("mrr", None, ["x"], 0.0),
        ("ndcg", None, {"c": 3, "a": 1}, (3 + 1 / 1.5849625) / (3 + 1 / 1.5849625)),
        ("ndcg", None, {"a": 3, "c": 1}, (1 + 3 / 1.5849625) / (3 + 1 / 1.5849625)),
    ],
)
def test_ranks(metric: Any, k: int | None, expected: Any, value: float) -> None:
    given = retrieved("", C, A, B, expected={"documents": expected})
    found = RetrievalRank(metric, k).score(given)
    assert isinstance(found, Score)
    assert found.value == pytest.approx(value)
    assert (found.evidence, found.step) == (("c", "a", "b")[:k], "search")


def test_a_rank_may_be_judged_and_expected_documents_may_be_metadata() -> None:
    case = Case("c", "?", "a text", metadata={"expected_documents": ["a", "x"]})
    trace = Trace((Span("search", "retrieval", output={"results": [{"document": A, "score": 0.5}]}),))
    found = RetrievalRank(at_least=0.6).score(Trial(case, Outcome("", trace=trace)))
    assert found == Score(False, "recall 0.50: found a; not x", ("a",), "search")


def test_ranks_need_something_to_compare() -> None:
    assert isinstance(RetrievalRank().score(retrieved("", A)), NotApplicable)
    assert isinstance(RetrievalRank().score(trial("", {"documents": ["a"]}, trace=Trace())), NotApplicable)
    assert isinstance(RetrievalRank().score(trial("", {"documents": ["a"]}, trace=UNSEEN)), ScoreFailure)


def test_a_search_finds_something_once() -> None:
    assert RetrievalSound().score(retrieved("", A, B)) == Score(True, "found 2 documents")
    assert RetrievalSound().score(retrieved("", A, B, A)) == Score(False, "found twice: a", (), "search")
    assert RetrievalSound(duplicates=1).score(retrieved("", A, B, A)) == Score(True, "found 3 documents")
    empty = Score(False, "found 0 documents with a text, fewer than 1", (), "search")
    assert RetrievalSound().score(retrieved("")) == RetrievalSound().score(retrieved("", " ")) == empty


def index(case: Case | None = None, at: str | None = None, /, *spans: Span, **facts: Any) -> Trial:
    output = {"documents": [{**A, "updated_at": "2026-03-01T00:00:00Z"}], "index": facts}
    trace = Trace((Span("search", "retrieval", output=output), *spans))
    return Trial(case or Case("c", "?"), Outcome("", trace=trace, at=at))


CANARY = Case("c", "About b.", metadata={"canary": "b"})
QUERY = Span("embed", attributes={"gen_ai.operation.name": "embeddings", "gen_ai.request.model": "e-2"})


@pytest.mark.parametrize(
    ("scorer", "given", "reason"),
    [
        (
            IndexFresh(),
            index(embedding_model="e-1", query_embedding_model="e-2"),
            "the index has vectors of e-1, the query of e-2",
        ),
        (
            IndexFresh(),
            index(None, None, QUERY, embedding_model="e-1"),
            "the index has vectors of e-1, the query of e-2",
        ),
        (IndexFresh(build="b2"), index(build="b1"), "the index is build b1, not b2"),
        (
            IndexFresh(max_age_days=7),
            index(None, "2026-03-10T00:00:00Z", built_at="2026-03-01T12:00:00+00:00"),
            "the index is 8.5 days old",
        ),
        (IndexFresh(max_age_days=7), index(None, "2026-03-10T00:00:00Z"), "the newest document is 9.0 days old"),
        (IndexFresh(lowest_score=0.95), index(), "scores have collapsed: the best is 0.9, below 0.95"),
        (IndexFresh(), index(CANARY), "canary b does not find itself, but a"),
    ],
)
def test_an_old_index_shows(scorer: IndexFresh, given: Trial, reason: str) -> None:
    assert scorer.score(given) == Score(False, reason, (), "search")


def test_a_fresh_index_says_what_was_checked() -> None:
    case = Case("c", "About a.", metadata={"canary": "a"})
    given = index(case, "2026-03-02T00:00:00Z", QUERY, embedding_model="e-2", build="b1", built_at="2026-03-02")
    said = "checked: models, build, age of the index, age of the newest document, scores, canary"
    assert IndexFresh(7, 0.5, "b1").score(given) == Score(True, said)
    assert isinstance(IndexFresh().score(index()), NotApplicable)
