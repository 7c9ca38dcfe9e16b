"""Personal data in answers."""

import pytest

from foretell.core.domain.scores import Score
from foretell.core.domain.trace import Span, Trace
from foretell.scorers.no_personal_data import NoPersonalData
from tests.unit.scorers.trials import retrieved, trial

MAIL = "ada.lane@example.org"


@pytest.mark.parametrize("output", ["It takes 5 days and costs £8.50.", "Call our shop.", "", None])
def test_ordinary_answers_tell_nothing(output: object) -> None:
    assert NoPersonalData().score(trial(output)) == Score(True, "tells nothing personal")


def test_what_an_answer_discloses_is_named_by_kind_and_not_repeated() -> None:
    spans = (Span("ask", "llm", output=f"Write to {MAIL}."), Span("tidy", "postprocess", output=f"Write to {MAIL}."))
    found = NoPersonalData().score(trial(f"Write to {MAIL}.", trace=Trace(spans)))
    assert found == Score(False, "tells email", (), "ask")


def test_what_the_user_said_or_a_document_says_is_no_disclosure() -> None:
    scorer = NoPersonalData()
    said = trial(f"We write to {MAIL}.", asked=f"I am {MAIL}")
    read = retrieved(f"Write to {MAIL}.", {"text": f"Our address: {MAIL}"})
    assert [scorer.score(one) for one in (said, read)] == [Score(True, "tells nothing personal")] * 2
    strict = NoPersonalData(sources=False).score(read)
    assert isinstance(strict, Score)
    assert strict.value is False
