"""Secrets by name: found, missing, and never repeated."""

import pytest

from foretell.core.domain.secrets import name_of_secret, redact, required_secret, resolve
from foretell.core.errors import ConfigurationError


@pytest.mark.parametrize("value", ["sk-1", 7, None, {"env": 7}, {"env": "A", "b": 1}, {"name": "A"}, {}])
def test_only_a_name_is_taken(value: object) -> None:
    with pytest.raises(ConfigurationError) as caught:
        name_of_secret(value, "targets.x.api_key")
    assert str(caught.value) == (
        "targets.x.api_key: a secret is given by the name of an environment variable, never by its value. "
        'Write { env = "NAME" } and set NAME where foretell runs.'
    )


@pytest.mark.parametrize(("there", "state"), [({}, "is not set"), ({"KEY": ""}, "is empty")])
def test_a_missing_secret_is_named(there: dict, state: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        required_secret(there.get, "KEY", "headers.A")
    assert str(caught.value) == f"headers.A: the environment variable KEY {state}. Set it: export KEY=…"


def test_values_are_resolved_and_all_mistakes_told() -> None:
    given = {"A": "plain", "B": {"env": "KEY"}, "C": {"env": "KEY", "prefix": "Bearer "}}
    assert resolve(given, {"KEY": "k-1"}.get, "headers") == (
        {"A": "plain", "B": "k-1", "C": "Bearer k-1"},
        ("k-1", "k-1"),
    )
    with pytest.raises(ConfigurationError) as caught:
        resolve({**given, "D": 5}, {}.get, "headers")
    assert [problem.where for problem in caught.value.problems] == ["headers.B", "headers.C", "headers.D"]


def test_all_of_a_text_is_cleaned() -> None:
    assert redact("k-1 and k-22 and k-1", ["k-1", "", "k-22"]) == "*** and *** and ***"
    assert redact("nothing here", []) == "nothing here"
