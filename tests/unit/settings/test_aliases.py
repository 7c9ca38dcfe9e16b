"""Which model names may mean another model tomorrow."""

import tomllib

import pytest

from foretell import settings
from foretell.settings.aliases import is_pinned
from foretell.settings.source import Origin, Source
from tests.unit.settings.sketches import GOOD


@pytest.mark.parametrize(
    "model",
    [
        "openai:gpt-4o-2024-08-06",
        "anthropic/claude-sonnet-4-20250514",
        "mistral:mistral-large-2411",
        "google:gemini-1.5-pro-002",
        "vertex:claude-opus-4@20250514",
        "bedrock:amazon.titan-text-v1:0",
        "local:smollm2-135m-q8_0.gguf",
    ],
)
def test_a_release_is_pinned(model: str) -> None:
    assert is_pinned(model)


@pytest.mark.parametrize(
    "model", ["openai:gpt-5", "openai:gpt-5-mini", "openai:gpt-4o", "anthropic:claude-sonnet-4-0", "mistral:latest"]
)
def test_an_alias_floats(model: str) -> None:
    assert not is_pinned(model)


def test_targets_and_judges_are_looked_at() -> None:
    text = (
        GOOD.replace("gpt-4o-2024-08-06", "gpt-5") + '\n[judges.kind]\nmodel = "openai:gpt-5-mini"\nrubric = "r.md"\n'
    )
    _, warnings = settings.understand(Source("/srv/shop", Origin("foretell.toml"), tomllib.loads(text)))
    hint = "Name a dated or numbered release, where there is one."
    assert [str(warning) for warning in warnings] == [
        (
            "foretell.toml, [targets.small] model: 'openai:gpt-5' is a floating alias: "
            f"its provider may put another model behind it. {hint}"
        ),
        (
            "foretell.toml, [judges.kind] model: 'openai:gpt-5-mini' is a floating alias: "
            f"its provider may put another model behind it. {hint}"
        ),
    ]
