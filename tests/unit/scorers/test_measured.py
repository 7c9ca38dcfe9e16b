"""Scorers that pass on what was measured or recorded, and similarity."""

from typing import Any

import pytest

from foretell.core.dialogue import Tape, replay
from foretell.core.domain.conversation import Embed, Reply
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trial import Recorded
from foretell.core.errors import ConfigurationError
from foretell.scorers.cost import Cost
from foretell.scorers.latency import Latency
from foretell.scorers.recorded import recorded
from foretell.scorers.similarity import Similarity
from tests.unit.scorers.trials import trial


@pytest.mark.parametrize(
    ("scorer", "outcome", "result"),
    [
        (Latency(), {"latency_ms": 120.4}, Score(120.4, "120 ms")),
        (Latency(at_most=100), {"latency_ms": 120.4}, Score(False, "120 ms, more than 100 ms")),
        (Latency(at_most=200), {"latency_ms": 120.4}, Score(True, "120 ms, at most 200 ms")),
        (Latency(at_most=200), {}, NotApplicable("the time is unknown")),
        (Cost(), {"cost_usd": 0.0}, Score(0.0, "cost 0")),
        (Cost(at_most=0.01), {"cost_usd": 0.02}, Score(False, "cost 0.02, more than 0.01")),
        (Cost(at_most=0.02), {"cost_usd": 0.02}, Score(True, "cost 0.02, at most 0.02")),
        (Cost(), {}, NotApplicable("the cost is unknown")),
    ],
)
def test_what_was_measured(scorer: Any, outcome: dict[str, float], result: ScoreResult) -> None:
    assert scorer.score(trial("An answer.", **outcome)) == result


@pytest.mark.parametrize(
    ("record", "params", "result"),
    [
        (None, {}, ScoreFailure("nothing was recorded")),
        (Recorded(), {}, ScoreFailure("nothing was recorded")),
        (Recorded(True), {}, Score(True, "recorded as a success")),
        (Recorded(False, failure_mode="stale"), {}, Score(False, "recorded as a failure: stale")),
        (Recorded(True, {"f1": 0.4}), {"score": "f1"}, Score(False, "recorded f1 = 0.4, below 0.5")),
        (Recorded(None, {"f1": 0.4}), {"score": "f1", "at_least": 0.4}, Score(True, "recorded f1 = 0.4, at least 0.4")),
        (Recorded(None, {"ok": False}), {"score": "ok"}, Score(False, "recorded ok = false")),
        (Recorded(None, {"tone": "warm"}), {"score": "tone"}, Score("warm", "recorded tone = warm")),
        (
            Recorded(None, {"f1": None}),
            {"score": "f1"},
            ScoreFailure("the recorded score 'f1' is null: its scorer failed"),
        ),
        (Recorded(True), {"score": "f1"}, Score(True, "recorded as a success (no score 'f1' was recorded)")),
        (Recorded(), {"score": "f1"}, ScoreFailure("no score 'f1' and no success was recorded")),
        (
            Recorded(None, {"f1": float("nan")}),
            {"score": "f1"},
            ScoreFailure("the recorded score 'f1' is no finite number: nan"),
        ),
    ],
)
def test_recorded(record: Recorded | None, params: dict[str, Any], result: ScoreResult) -> None:
    assert recorded(trial("An answer.", recorded=record), **params) == result


@pytest.mark.parametrize(
    ("expected", "output", "params", "result"),
    [
        ("Within 45 days.", "within  45 days.", {}, Score(1.0, "similarity of letters 1.00")),
        ("abcd", "abxy", {}, Score(0.5, "similarity of letters 0.50")),
        ("abcd", "abxy", {"at_least": 0.6}, Score(False, "similarity of letters 0.50, below 0.6")),
        ("abcd", "abxy", {"at_least": 0.5}, Score(True, "similarity of letters 0.50, at least 0.5")),
        ({"facts": ["ab", "cd"]}, "ab cd", {}, Score(1.0, "similarity of letters 1.00")),
        ("abcd", None, {}, Score(0.0, "similarity of letters 0.00")),
        (None, "abcd", {}, NotApplicable("the case has no expected text")),
    ],
)
def test_similarity_of_letters(expected: Any, output: Any, params: dict[str, float], result: ScoreResult) -> None:
    assert Similarity(**params).score(trial(output, expected)) == result


MEANING = {"use": "openai", "model": "e5"}


def test_similarity_of_meaning_asks_for_vectors() -> None:
    tape = Tape([[Reply(vectors=((3.0, 4.0), (4.0, 3.0)))]])
    dialogue: Any = Similarity(at_least=0.9, embedder=MEANING).score(trial("given", "wanted"))
    assert replay(dialogue, tape) == Score(True, "cosine 0.96, at least 0.9")
    assert tape.asked == [(Embed(("given", "wanted"), MEANING),)]


def test_similarity_without_vectors_has_failed() -> None:
    dialogue: Any = Similarity(embedder=MEANING).score(trial("given", "wanted"))
    assert replay(dialogue, Tape([[Reply(error="no such embedder")]])) == ScoreFailure("no embedding: no such embedder")


def test_an_embedder_that_is_not_known_is_told_before_the_run() -> None:
    with pytest.raises(ConfigurationError, match="embedder 'e5' is not known"):
        Similarity(embedder="e5")
    with pytest.raises(ConfigurationError, match="parameter 'tokenizer' is missing"):
        Similarity(embedder={"use": "onnx", "model": "model.onnx"})
