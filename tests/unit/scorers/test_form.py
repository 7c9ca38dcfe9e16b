"""Scorers that look at the form of the answer: JSON, refusals, cut answers, language."""

from typing import Any

import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from foretell.core.domain.scores import NotApplicable, Score
from foretell.core.errors import ConfigurationError
from foretell.scorers.json_schema import JsonSchema
from foretell.scorers.json_valid import JsonValid
from foretell.scorers.language import CODES, Language
from foretell.scorers.no_refusal import NoRefusal
from foretell.scorers.not_truncated import NotTruncated
from tests.unit.scorers.trials import trial

SCHEMA = {
    "type": "object",
    "properties": {"days": {"type": "integer"}, "fee": {"type": "number", "minimum": 0}},
    "required": ["days"],
}


@pytest.mark.parametrize(
    ("output", "allow_fence", "reason"),
    [
        ('{"a": 1}', False, None),
        (" [1, 2]\n", False, None),
        ({"a": 1}, False, None),
        ('```json\n{"a": 1}\n```', True, None),
        ("```\n[]\n```\n", True, None),
        ('```json\n{"a": 1}\n```', False, "not JSON: the JSON stands in a code fence"),
        ('{"a": 1', False, "not JSON: Expecting ',' delimiter at line 1, column 8"),
        ("NaN", False, "not JSON: NaN is not JSON"),
        ('Here it is: {"a": 1}', True, "not JSON: Expecting value at line 1, column 1"),
        ("", False, "not JSON: the answer is empty"),
        (None, False, "not JSON: there is no answer"),
        ("[" * 100_000, False, "not JSON: nested too deeply"),
    ],
)
def test_json_valid(output: Any, allow_fence: bool, reason: str | None) -> None:
    result = JsonValid(allow_fence).score(trial(output))
    assert (result.value, result.reason) == (reason is None, reason or "is JSON")


def test_json_schema_says_everything_that_is_wrong() -> None:
    result = JsonSchema(SCHEMA).score(trial('{"days": "45", "fee": -1}'))
    faults = ('/days: "45" is not of type "integer"', "/fee: -1 is less than the minimum of 0")
    assert result == Score(False, "; ".join(faults), faults)


@pytest.mark.parametrize(
    ("output", "is_right"),
    [({"days": 45}, True), ('{"days": 45}', True), ("[]", False), ("45 days", False), (None, False)],
)
def test_json_schema(output: Any, is_right: bool) -> None:
    assert JsonSchema(SCHEMA).score(trial(output)).value is is_right


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"$ref": "http://127.0.0.1:9/schema.json"}])
def test_a_bad_or_remote_schema_is_refused_when_the_scorer_is_built(schema: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="schema is not a JSON Schema"):
        JsonSchema(schema)


def test_no_refusal() -> None:
    declined = "I'm sorry, but I can't help with that."
    assert NoRefusal().score(trial(declined)) == Score(False, f"declines: “{declined}”", (declined,))
    assert NoRefusal().score(trial("We do not deliver on Sundays.")) == Score(True, "does not decline")
    filtered = NoRefusal().score(trial("", finish_reason="content_filter"))
    assert filtered == Score(False, "the provider ended the answer: content_filter")


def test_not_truncated() -> None:
    cut = "You can return an item within 45 days. It must be unused and still have"
    assert NotTruncated().score(trial("Within 45 days.")) == Score(True, "is complete")
    assert NotTruncated().score(trial(cut)) == Score(False, f"ends in the middle of a sentence: “… {cut}”", (cut,))
    limited = NotTruncated().score(trial("Within 45 days.", finish_reason="max_tokens"))
    assert limited == Score(False, "the model stopped: max_tokens", ("Within 45 days.",))
    assert NotTruncated().score(trial(None)) == NotApplicable("the answer is empty")


ENGLISH = "You can return the tent within 45 days of delivery."
GERMAN = "Sie können das Zelt innerhalb von 45 Tagen zurückgeben."
JAPANESE = "テントは45日以内に返品できます。"


@pytest.mark.parametrize(
    ("code", "asked", "output", "value"),
    [
        ("en", "?", ENGLISH, True),
        ("de", "?", ENGLISH, False),
        ("de-CH", "?", GERMAN, True),
        ("ja", "?", JAPANESE, True),
        (None, "Wie lange kann ich das Zelt zurückgeben?", GERMAN, True),
        (None, "Wie lange kann ich das Zelt zurückgeben?", ENGLISH, False),
        (None, [{"role": "user", "content": "Wie lange kann ich das Zelt zurückgeben?"}], GERMAN, True),
        (None, "45?", ENGLISH, "NotApplicable"),
        ("en", "?", "45 days", "NotApplicable"),
        ("en", "?", None, "NotApplicable"),
        ("en", "?", "```python\nprint('Hallo Welt, wie geht es dir heute')\n```", "NotApplicable"),
    ],
)
def test_language(code: str | None, asked: Any, output: Any, value: Any) -> None:
    result = Language(code).score(trial(output, asked=asked))
    assert (result.value if isinstance(result, Score) else type(result).__name__) == value


def test_an_unknown_language_is_refused_when_the_scorer_is_built() -> None:
    with pytest.raises(ConfigurationError, match="language 'english' is not known"):
        Language("english")


def test_the_written_codes_are_those_of_the_detector() -> None:
    assert set(LanguageIdentifier.from_model_file(MODEL_FILE).labels) - {"zxx"} == CODES
