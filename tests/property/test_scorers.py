"""Whatever an application says, no scorer raises; and the figures of a text are always backed by the text itself."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretell.core import plugins
from foretell.core.analysis.trials.detect import is_cut
from foretell.core.analysis.trials.figures.find import find_figures, unbacked
from foretell.core.analysis.trials.phrases import occurs, split_sentences
from foretell.core.dialogue import is_dialogue, replay
from foretell.core.domain.cases import Case
from foretell.core.domain.conversation import Message, ToolCall
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScorerSpec
from foretell.core.domain.trace import Span, Trace
from foretell.core.domain.trial import Outcome, Recorded, Trial
from foretell.testing.scorers import plain_answers

# What figures, lists, code and JSON are made of, beside any text at all.
_PIECES = (
    "30 | thirty| days|-|£5|.|,|1,000|%| 16 October|2026-10-16| at 2 pm|:|\n- |```|{|}|[|]|\"|'|I can't| help|e9|×10^"
    "| (|/7|@|https://|LK-|\u202f|。|天|\ud800|\x00|½"
)
PIECES = st.sampled_from(_PIECES.split("|"))
TEXTS = st.text(max_size=60) | st.lists(PIECES, max_size=14).map("".join)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
PARAMS: dict[str, dict[str, Any]] = {
    "prompt_intact": {"markers": ["Answer briefly"]},
    "contains_all": {"texts": ["30 days", "£5"]},
    "contains_any": {"texts": ["30 days", "£5"]},
    "json_schema": {"schema": {"type": "object", "required": ["days"]}, "allow_fence": True},
    "regex": {"pattern": "[0-9]+ days"},
    "tool_calls": {"expected": [{"name": "look", "arguments": {"id": 1}}], "match": "any_order"},
    "tool_contract": {"schemas": {"look": {"required": ["id"]}}},
}
SCORERS = [
    plugins.build_scorer(ScorerSpec(name, name, PARAMS.get(name, {})))
    for name in plugins.known("scorers")
    if plugins.find("scorers", name).__module__.startswith("foretell.scorers.")
]


@st.composite
def trials(draw: st.DrawFn) -> Trial:
    spans = (
        Span("search", "retrieval", output=draw(VALUES)),
        Span("look", "tool", input=draw(VALUES), output=draw(VALUES)),
    )
    said = (Message("assistant", None, (ToolCall("look", draw(VALUES)),)),)
    outcome = Outcome(
        draw(VALUES),
        draw(st.sampled_from([(), said])),
        Trace(spans),
        latency_ms=draw(st.none() | st.floats(0, 1e6)),
        finish_reason=draw(st.none() | st.sampled_from(["stop", "length", "content_filter", ""])),
        recorded=draw(st.none() | st.builds(Recorded, st.none() | st.booleans())),
    )
    return Trial(Case("c1", draw(VALUES), draw(VALUES | st.builds(lambda facts: {"facts": facts}, VALUES))), outcome)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])  # a trial is much to draw, twenty times over
@given(trial=trials())
@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: type(scorer).__name__)
def test_no_scorer_raises(scorer: Any, trial: Trial) -> None:
    result = scorer.score(trial)
    if is_dialogue(result):
        result = replay(result, plain_answers)
    assert isinstance(result, Score | NotApplicable | ScoreFailure)


@given(TEXTS)
def test_a_text_backs_its_own_figures(text: str) -> None:
    assert unbacked(text, [text]) == ()


@given(TEXTS)
def test_figures_stand_where_they_say(text: str) -> None:
    figures = find_figures(text)
    ends = [0, *(figure.end for figure in figures)]
    assert all(figure.start >= end for figure, end in zip(figures, ends, strict=False))
    assert all(figure.text.strip() in text for figure in figures)


@given(TEXTS)
def test_a_text_occurs_in_itself(text: str) -> None:
    assert occurs(text, text) is any(
        not character.isspace() and character not in "*`\u200b\ufeff" for character in text
    )


@given(TEXTS)
def test_sentences_hold_nothing_that_the_text_does_not(text: str) -> None:
    assert all(sentence in text for sentence in split_sentences(text))


@given(TEXTS)
def test_running_out_of_tokens_is_always_a_cut(text: str) -> None:
    assert is_cut(text, "length") is True
