"""A pattern that is tried only where its clue was seen finds what it would find everywhere."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretell.core.analysis.traffic import recognise
from foretell.core.analysis.traffic.recognise import Rule, find_personal, settle
from foretell.core.domain.personal import Found

# One text of an address is up to two thousand characters: its own alternatives are drawn by the shorter ones below.
_MATCHES = [st.from_regex(rule.pattern, fullmatch=True) for rule in recognise._RULES if rule.kind != "url"]
_ODD = (
    *("ſsn 123 45 6789", "Basıc abcdefghijklmnop1234", "BASİC abcdefghijklmnop1234", "personalausweiſ 12345678"),
    *(
        "https://bob:pw@x.example/p",
        "a@b.example",
        "٣٤٥٦٧٨٩٠١٢٣",
        "2024-03-15",
        "<email:abcdefghij>",
        "\ud800",
        "bad::face",
    ),
    *(
        "né le 1.2.1990",
        "Hauptſtraße 12",
        "straße 12",
        "12 Allée",
        "pw token: x9",
        "-",
        ".",
        ":",
        " ",
        "\n",
        ",",
        "@",
        "7",
    ),
)
_PARTS = st.one_of(st.sampled_from(_ODD), st.text(max_size=4), st.text("0123456789 -./:+ABcd@", max_size=9), *_MATCHES)


def everywhere(rule: Rule, text: str) -> list[Found]:
    """What a rule finds in a text whether its clue was seen or not."""
    if rule.needs is not None and not rule.needs(text):
        return []
    pattern = re.compile(rule.pattern)
    group = "v" if "v" in pattern.groupindex else 0
    matches = pattern.finditer(text)
    return [Found(*one.span(group), rule.kind) for one in matches if rule.check is None or rule.check(one[group])]


@settings(max_examples=400, deadline=None)
@given(st.lists(_PARTS, max_size=6).map("".join))
def test_clues_hide_nothing(text: str) -> None:
    found = settle(text, (one for rule in recognise._RULES for one in everywhere(rule, text)))
    assert find_personal(text) == found


def test_every_rule_is_tried_when_the_automaton_has_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def Match(self, text: bytes) -> list[int]:  # noqa: N802 # the name that RE2 gives it
            assert text
            return []

    monkeypatch.setattr(recognise, "_clues", Full)
    assert find_personal("to a@b.example") == [Found(3, 14, "email")]


def test_a_clue_is_looked_for_in_any_text() -> None:
    assert recognise._clues_in("") == recognise._clues_in("nothing here") == []
    kinds = [recognise._RULES[place].kind for place in recognise._clues_in("a@b.example or 4111 1111 1111 1111")]
    assert kinds == ["email", "card"]


def test_words_around_an_at_sign() -> None:
    text = "a@b c d@e@f g\n@h"
    assert [text[start:end] for start, end in recognise._words_with_at(text)] == ["a@b ", "d@e@f ", "g\n@h"]
    assert list(recognise._words_with_at("no sign")) == []
