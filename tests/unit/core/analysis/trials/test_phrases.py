"""When a phrase occurs in a text."""

from typing import Any

import pytest

from foretell.core.analysis.trials.phrases import expected_texts, fold, occurs, quote, split_sentences

IN = [
    ("30 days", "within THIRTY days."),
    ("3 to 5 working days", "It takes 3–5 business days."),
    ("10:30 to 16:30", "Open 10:30–16:30"),
    ("£8.50", "costs 8.50 GBP"),
    ("25 percent", "you keep 25% of it"),
    ("16 October", "on October 16th, 2026"),
    ("gift card", "two gift cards"),
    ("4 gift cards", "up to four gift cards"),
    ("6 years", "**six** years"),
    ("it's free", "it’s free"),
    ("gift  card", "a gift\ncard"),
    ("30", "30GB"),
    ("退款", "我们的退款政策"),
    ("cannot be returned", "Ropes cannot be returned."),
]
OUT = [
    ("30", "130 days"),
    ("30", "30.5 days"),
    ("30", "1,30"),
    ("£7", "£75"),
    ("£7", "£7.50"),
    ("packed", "unpacked"),
    ("5 degrees", "at -5 degrees"),
    ("size L", "size Large"),
    ("car", "a card"),
    ("1", "no one"),
    ("30 days", "30 hours"),
    ("7 working days", "7 days"),
    ("", "anything"),
    ("a", ""),
]


@pytest.mark.parametrize(("phrase", "text"), IN)
def test_a_phrase_occurs(phrase: str, text: str) -> None:
    assert occurs(phrase, text)


@pytest.mark.parametrize(("phrase", "text"), OUT)
def test_a_phrase_does_not_occur(phrase: str, text: str) -> None:
    assert not occurs(phrase, text)


def test_case_can_matter() -> None:
    assert not occurs("Parcel", "parcel", ignore_case=False)
    assert occurs("Parcel", "Parcels", ignore_case=False)


def test_fold_evens_out_typography() -> None:
    assert fold("“Yes” – **really**\u00a0it’s\n`x`…") == '"yes" - really it\'s x...'


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ("One.", "Two!", "Three?")),
        ("It takes 3.5 days, i.e. half a week.", ("It takes 3.5 days, i.e. half a week.",)),
        ("Steps:\n1. Open it\n- Print it\n\n> Done", ("Steps:", "Open it", "Print it", "Done")),
        ("標準配送です。三日です。", ("標準配送です。", "三日です。")),
        ("\n---\n", ()),
        ("", ()),
    ],
)
def test_sentences(text: str, sentences: tuple[str, ...]) -> None:
    assert split_sentences(text) == sentences


@pytest.mark.parametrize(
    ("expected", "texts"),
    [
        ("a", ("a",)),
        (["a", 1, ""], ("a", "1")),
        ({"facts": ["a", "b"]}, ("a", "b")),
        ({"facts": "a"}, ("a",)),
        ({"documents": ["a"]}, ()),
        (0, ("0",)),
        (None, ()),
    ],
)
def test_expected_texts(expected: Any, texts: tuple[str, ...]) -> None:
    assert expected_texts(expected) == texts


def test_a_long_quotation_loses_its_middle() -> None:
    assert quote("a" * 60 + "\n" + "b" * 60, 20) == "“" + "a" * 10 + " … " + "b" * 10 + "”"
