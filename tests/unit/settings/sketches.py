"""Plugins that stay as they are, and a project file to change, for the tests of settings."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from foretell import settings
from foretell.core import plugins
from foretell.core.domain.project import Project
from foretell.core.domain.trial import Trial
from foretell.core.errors import ConfigurationError
from foretell.settings.source import Origin, Source

GOOD = """
[project]
name = "shop"

[targets.app]
kind = "python"
call = "shop.app:answer"

[targets.small]
kind = "model"
model = "openai:gpt-4o-2024-08-06"

[evalsets]
core = "evals/core"

[suites.system]
layer = "system"
evalset = "core"
target = "app"
scorers = ["exact"]

[gates.deploy]
suites = ["system"]
success = { at_least = 0.8 }
"""


@dataclass(frozen=True, slots=True)
class Exact:
    """A scorer with a version and a failure mode."""

    lower: bool = False
    version = "3"
    mode = "wrong_format"

    def score(self, trial: Trial) -> bool:
        return trial.text == trial.expected


@dataclass(frozen=True, slots=True)
class Near:
    """A scorer that needs a parameter and refuses some values of it."""

    limit: float

    def __post_init__(self) -> None:
        if self.limit < 0:
            raise ValueError(f"limit must not be negative, and is {self.limit:g}")

    def score(self, trial: Trial) -> float:
        return self.limit


@dataclass(frozen=True, slots=True)
class PythonTarget:
    call: str
    steps: Mapping[str, str] = field(default_factory=dict)
    path: str | Sequence[str] = "."

    def __post_init__(self) -> None:
        if self.path == "":
            raise ConfigurationError.of("", "the path is empty.")


@dataclass(frozen=True, slots=True)
class ModelTarget:
    model: str
    api_key: Mapping[str, str] | None = None
    max_tokens: int | None = None


BUILT_IN = {
    **plugins.BUILT_IN,
    "scorers": {"exact": f"{__name__}:Exact", "near": f"{__name__}:Near", "broken": "nobodys_plugin.scorers:X"},
    "targets": {"python": f"{__name__}:PythonTarget", "model": f"{__name__}:ModelTarget"},
}


def understand(text: str) -> Project:
    source = Source("/srv/shop", Origin("foretell.toml"), tomllib.loads(text))
    return settings.understand(source)[0]


def mistakes(text: str) -> list[str]:
    """All problems of a file, each as its one line."""
    with pytest.raises(ConfigurationError) as caught:
        understand(text)
    return [str(problem) for problem in caught.value.problems]
