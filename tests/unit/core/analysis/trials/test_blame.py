"""Which step is blamed for what an answer shows or lacks."""

import pytest

from foretell.core.analysis.trials.blame import first_showing, last_model, lost_at
from foretell.core.domain.trace import NotSeen, Span, Trace
from foretell.core.domain.trial import Trial
from tests.unit.scorers.trials import trial

FOUND = [{"id": "a", "text": "Delivery takes 5 days."}]


def passed(prompt: str, model: str, tidied: str, answer: str) -> Trial:
    """A trial through retrieval, prompt, model and post-processing."""
    spans = (
        Span("search", "retrieval", input="How long?", output=FOUND),
        Span("fill", "prompt", output=prompt),
        Span("ask", "llm", input=prompt, output=model),
        Span("tidy", "postprocess", input=model, output=tidied),
    )
    return trial(answer, asked="How long?", trace=Trace(spans))


WHOLE = ("Use: Delivery takes 5 days.", "It takes 5 days. Bye.", "It takes 5 days.", "It takes 5 days.")


@pytest.mark.parametrize(
    ("changed", "step"),
    [
        ({0: "Use:"}, "fill"),
        ({1: "It takes a while.", 2: "It takes a while.", 3: "It takes a while."}, "ask"),
        ({2: "It takes.", 3: "It takes."}, "tidy"),
        ({}, None),
    ],
)
def test_a_text_is_lost_at_the_first_step_behind_which_it_is_missing(changed: dict[int, str], step: str | None) -> None:
    told = [changed.get(number, text) for number, text in enumerate(WHOLE)]
    assert lost_at(passed(*told), ["5 days"]) == step


def test_what_was_never_read_is_no_steps_fault() -> None:
    assert lost_at(passed("Use:", "No.", "No.", "No."), ["7 days"]) is None
    assert lost_at(trial("No.", trace=NotSeen("nobody looked")), ["5 days"]) is None


def test_what_an_answer_shows_began_at_the_first_step_that_gave_it() -> None:
    found = passed(WHOLE[0], "Hm. 5 days.", "Sorry, 5 days.", "Sorry, 5 days.")
    assert first_showing(found, lambda text: "5 days" in text) == "ask"
    assert first_showing(found, lambda text: "Sorry" in text) == "tidy"
    assert first_showing(found, lambda text: "never" in text) is None
    assert first_showing(trial("Sorry", trace=NotSeen("nobody looked")), bool) is None


def test_the_last_call_of_a_model_has_its_label() -> None:
    twice = trial("x", trace=Trace((Span("ask", "llm"), Span("ask", "llm"), Span("tidy", "postprocess"))))
    assert (last_model(twice), last_model(trial("x", trace=Trace()))) == ("ask#2", None)
