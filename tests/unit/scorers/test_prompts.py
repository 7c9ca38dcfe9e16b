"""Scorers of prompts: unfilled variables, lost parts, and a context that was cut."""

from typing import Any

import pytest

from foretell.core.domain.conversation import Usage
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure
from foretell.core.domain.trace import Span, Trace
from foretell.core.domain.trial import Trial
from foretell.core.errors import ConfigurationError
from foretell.scorers.context_kept import ContextKept
from foretell.scorers.prompt_filled import PromptFilled
from foretell.scorers.prompt_intact import PromptIntact
from tests.unit.scorers.trials import UNSEEN, trial

FOUND = [{"id": "r", "text": "Returns take 45 days. Ropes stay with you."}]
ASKED = "How long do returns take?"


def prompted(prompt: Any, asked: Any = ASKED, **outcome: Any) -> Trial:
    spans = (Span("retrieve", "retrieval", output=FOUND), Span("prompt", "prompt", output=prompt))
    return trial("", None, asked, trace=Trace(spans), **outcome)


WHOLE = f"Answer briefly.\n{ASKED}\n{FOUND[0]['text']}"


@pytest.mark.parametrize(
    ("prompt", "marks"),
    [
        (WHOLE, ()),
        ("Answer {question}.", ("{question}",)),
        ("Answer {{ user.name }} with ${tone}, {% if x %}.", ("{{ user.name }}", "${tone}", "{% if x %}")),
        ('Reply as JSON: {"days": 3} or {}.', ()),
        ("f(x) = {x, y}", ()),
        ('Answer the question "{question}":', ("{question}",)),
        ('Reply as JSON: {"days": "{number}", "why": \'{text}\'}', ()),
        ([{"role": "system", "content": "Be {tone}."}], ("{tone}",)),
    ],
)
def test_placeholders(prompt: Any, marks: tuple[str, ...]) -> None:
    found = PromptFilled().score(prompted(prompt))
    assert isinstance(found, Score)
    assert (found.value, found.evidence, found.step) == (not marks, marks, "prompt" if marks else None)


def test_users_may_write_braces() -> None:
    assert PromptFilled().score(prompted("Answer: what is {name}?", "what is {name}?")).__class__ is Score
    assert PromptFilled().score(prompted("Answer: what is {name}?", "what is {name}?")) == Score(
        True, "every variable is filled"
    )


def test_what_the_model_was_given_stands_for_a_prompt() -> None:
    span = Span("complete", "llm", input={"messages": [{"role": "user", "content": "Answer {question}"}]})
    assert PromptFilled().score(trial("", trace=Trace((span,)))) == Score(
        False, "not filled: {question}", ("{question}",), "complete"
    )


def test_a_lost_instruction_is_named() -> None:
    found = PromptIntact(["Answer  briefly."]).score(prompted(WHOLE))
    assert isinstance(found, Score)
    assert (found.value, found.step) == (True, None)
    lost = PromptIntact(["Answer briefly."]).score(prompted(ASKED))
    assert (lost.reason, lost.step if isinstance(lost, Score) else None) == ("missing: Answer briefly.", "prompt")


def test_the_digest_is_of_the_template_and_not_of_what_fills_it() -> None:
    digests = {
        PromptIntact(["Answer"]).score(prompted(f"Answer briefly.\n{asked}\n{FOUND[0]['text']}", asked)).reason
        for asked in (ASKED, "And ropes?")
    }
    (only,) = digests
    digest = only.removeprefix("template ")
    assert PromptIntact(digest=digest).score(prompted(WHOLE)) == Score(True, only, (only,))
    changed = PromptIntact(digest=digest).score(prompted(f"Please. {WHOLE}"))
    assert isinstance(changed, Score)
    assert (changed.value, changed.step) == (False, "prompt")


def test_a_prompt_scorer_without_a_question_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no markers and no digest"):
        PromptIntact()


@pytest.mark.parametrize(
    ("scorer", "given", "reason"),
    [
        (ContextKept(), prompted(f"{ASKED} Returns take 45 days."), "51% of the retrieved text reached the prompt"),
        (ContextKept(), prompted(FOUND[0]["text"]), "the question did not reach the prompt"),
        (
            ContextKept(window=1000),
            prompted(WHOLE, usage=Usage(input_tokens=990)),
            "990 of 1000 tokens of the window are used",
        ),
    ],
)
def test_a_cut_context_shows(scorer: ContextKept, given: Trial, reason: str) -> None:
    found = scorer.score(given)
    assert isinstance(found, Score)
    assert (found.value, found.reason, found.step) == (False, reason, "prompt")


def test_a_whole_context() -> None:
    whole = Score(True, "100% of the retrieved text reached the prompt")
    assert ContextKept(window=1000).score(prompted(WHOLE, usage=Usage(input_tokens=100))) == whole
    assert ContextKept(question=False).score(prompted(FOUND[0]["text"])) == whole
    said = (("user", "Hi"), ("assistant", "Hello"), ("user", ASKED))
    talk = [{"role": role, "content": content} for role, content in said]
    assert ContextKept().score(prompted(WHOLE, talk)) == whole


@pytest.mark.parametrize("scorer", [PromptFilled(), PromptIntact(["x"]), ContextKept()])
def test_without_a_prompt_there_is_nothing_to_say(scorer: Any) -> None:
    assert isinstance(scorer.score(trial("", trace=Trace())), NotApplicable)
    assert isinstance(scorer.score(trial("", trace=UNSEEN)), ScoreFailure)
