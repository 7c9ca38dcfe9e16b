"""Scorers that compare the answer's text."""

from typing import Any

import pytest

from foretell.core.domain.scores import NotApplicable, Score
from foretell.core.errors import ConfigurationError
from foretell.scorers.contains import Contains
from foretell.scorers.contains_all import ContainsAll
from foretell.scorers.contains_any import ContainsAny
from foretell.scorers.contains_expected import ContainsExpected
from foretell.scorers.exact_match import ExactMatch
from foretell.scorers.numeric import Numeric
from foretell.scorers.regex import Regex
from tests.unit.scorers.trials import trial


def value(scorer: Any, output: Any, expected: Any = None) -> Any:
    """The score's value, or the word for not having one."""
    result = scorer.score(trial(output, expected))
    return result.value if isinstance(result, Score) else type(result).__name__


@pytest.mark.parametrize(
    ("params", "output", "expected", "is_equal"),
    [
        ({}, " Paris\n", "Paris", True),
        ({}, "paris", "Paris", False),
        ({"ignore_case": True}, "STRASSE", "Straße", True),
        ({"strip": False}, "Paris ", "Paris", False),
        ({}, "42", 42, True),
        ({}, {"b": 1, "a": 2}, {"a": 2, "b": 1}, True),
        ({}, "cafe\u0301", "café", True),
        ({}, None, "Paris", False),
        ({}, "true", True, True),
        ({}, "1", True, False),
    ],
)
def test_exact_match(params: dict[str, Any], output: Any, expected: Any, is_equal: bool) -> None:
    assert value(ExactMatch(**params), output, expected) is is_equal


def test_exact_match_says_where_two_long_texts_part() -> None:
    wanted, given = "Return the tent in 45 days.", "Return the tent in 46 days."
    reason = f"expected “{wanted}”, got “{given}”; they part at character 21"
    assert ExactMatch().score(trial(given, wanted)) == Score(False, reason, (given,))


@pytest.mark.parametrize(
    ("params", "output", "expected", "holds"),
    [
        ({"text": "refund"}, "Refunds take 6 days.", None, True),
        ({"text": "refund", "ignore_case": False}, "Refunds take 6 days.", None, False),
        ({}, "It is packed.", "packed", True),
        ({}, "It is unpacked.", "packed", False),
        ({}, "anything", None, "NotApplicable"),
        ({}, "anything", ["a", "b"], "NotApplicable"),
        ({"text": "<b>"}, "a<b>c", None, True),
        ({"text": "45"}, None, None, False),
    ],
)
def test_contains(params: dict[str, Any], output: Any, expected: Any, holds: Any) -> None:
    assert value(Contains(**params), output, expected) == holds


def test_contains_all_names_what_is_missing() -> None:
    scorer = ContainsAll(["tags", "45 days", "seal"])
    assert scorer.score(trial("Within 45 days, with tags.")) == Score(False, "does not contain “seal”", ("seal",))
    assert value(scorer, "45 days, tags on, seal whole") is True


def test_contains_any_names_what_is_found() -> None:
    scorer = ContainsAny(["Moorpost", "Parcelway"])
    assert scorer.score(trial("With Parcelway.")) == Score(True, "contains “Parcelway”", ("Parcelway",))
    assert value(scorer, "With a courier.") is False


@pytest.mark.parametrize(
    ("expected", "holds"),
    [
        ("45 days", True),
        (["forty-five days", "tags"], True),
        ({"facts": ["45 days", "£4.95"], "documents": ["returns"]}, True),
        ({"facts": ["45 days", "£4.96"]}, False),
        ("5 days", False),
        (45, True),
        ({"documents": ["returns"]}, "NotApplicable"),
        ([], "NotApplicable"),
        (None, "NotApplicable"),
    ],
)
def test_contains_expected(expected: Any, holds: Any) -> None:
    assert value(ContainsExpected(), "Within **45** days, with its tags, for 4.95 GBP.", expected) == holds


def test_contains_expected_counts_what_is_missing() -> None:
    result = ContainsExpected().score(trial("Within 45 days.", ["45 days", "tags", "seal"]))
    assert result == Score(False, "2 of 3 expected missing: “tags”, “seal”", ("tags", "seal"))


def test_regex_searches_and_shows_the_match() -> None:
    assert Regex(r"LK-\d{4}").score(trial("Order LK-4102 is sent.")) == Score(
        True, r"'LK-\\d{4}' is found", ("LK-4102",)
    )
    assert value(Regex("^LK"), "Order LK-4102") is False


def test_a_bad_pattern_is_refused_when_the_scorer_is_built() -> None:
    with pytest.raises(ConfigurationError, match="pattern '\\(' is not a regular expression"):
        Regex("(")


@pytest.mark.parametrize(
    ("output", "expected", "params", "is_equal"),
    [
        ("So the answer is 1,234.50.", 1234.5, {}, True),
        ("1.234,5", "1234.5", {}, True),
        ("First 7, then 42", 42, {}, True),
        ("First 42, then 7", 42, {}, False),
        ("-3", 3, {}, False),
        ("a change of −3 %", -3, {}, True),
        ("3.1416", 3.14159, {"abs_tolerance": 0.001}, True),
        ("101", 100, {"rel_tolerance": 0.02}, True),
        ("103", 100, {"rel_tolerance": 0.02}, False),
        ("6.02e23", "6.02 × 10^23", {}, True),
        ("12%", 0.12, {}, True),
        ("12%", 12, {}, True),
        ("0.12", "12%", {}, True),
        ("between 3-5", 5, {}, True),
        ("#### 72", "He sold 48 + 24 = 72\n#### 72", {}, True),
        (7, 7, {}, True),
        ("no idea", 7, {}, False),
        ("7", "no idea", {}, "NotApplicable"),
        ("7", None, {}, "NotApplicable"),
    ],
)
def test_numeric(output: Any, expected: Any, params: dict[str, float], is_equal: Any) -> None:
    assert value(Numeric(**params), output, expected) == is_equal


def test_numeric_says_what_it_read() -> None:
    assert Numeric().score(trial("It is 41.", 42)) == Score(False, "41 is not the expected 42", ("41",))
    assert Numeric().score(trial("It is 41.")) == NotApplicable("the case expects no number")
