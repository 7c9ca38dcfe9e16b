from random import Random

import pytest

from foretell.core.analysis.traffic.vary import RULES

ASKED = "Where is my parcel if I ordered it on Monday?"


def said(rule: str, text: str) -> set[str | None]:
    return {RULES[rule](text, Random(seed)) for seed in range(40)}


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("order", ASKED, {"If I ordered it on Monday, where is my parcel?"}),
        ("order", "My lamp broke. Can I return it?", {"Can I return it? My lamp broke."}),
        ("order", "Where is it?", {None}),
        ("units", "It weighs 5 kg and is 30cm long", {"It weighs 5 kilograms and is 30 centimetres long"}),
        ("units", "It is 5 kilometres away", {"It is 5 km away"}),
        ("units", "It is green", {None}),
        ("locale", "my favorite color", {"my favourite colour"}),
        ("locale", "my favourite colour", {"my favorite color"}),
        ("locale", "nothing here", {None}),
        ("case", "Ask Ada@x.example NOW", {"ask Ada@x.example now", "ASK Ada@x.example NOW"}),
        ("punctuation", "Hello, where is it?", {"Hello where is it", "Hello, where is it??"}),
        ("typo", "a b 1234 x@yyyy.example", {None}),
    ],
)
def test_a_rule_says_it_otherwise(rule: str, text: str, expected: set[str | None]) -> None:
    assert said(rule, text) == expected


def test_a_typo_swaps_two_letters_inside_one_word() -> None:
    for typo in said("typo", ASKED):
        assert typo is not None
        assert sorted(typo) == sorted(ASKED)
        assert sum(one != other for one, other in zip(typo, ASKED, strict=True)) == 2


def test_politeness_keeps_the_question_whole() -> None:
    found = said("polite", ASKED)
    assert len(found) > 4
    assert all(one is not None and ASKED in one for one in found)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("text", ["", " ", "?", "<email:abcdefghij>", "漢字 と かな", "a" * 5000])
def test_no_rule_stumbles_or_touches_a_pseudonym(rule: str, text: str) -> None:
    for found in said(rule, text):
        assert found is None or (found != text and ("<email" not in text or text in found))
