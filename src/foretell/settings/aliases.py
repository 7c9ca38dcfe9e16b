"""Model names that may mean another model tomorrow."""

import re
from collections.abc import Iterator

from foretell.core.errors import Problem
from foretell.settings.schema import ProjectFile
from foretell.settings.source import Origin

_PINNED = re.compile(
    r"\d{4}-\d{2}-\d{2}|\d{8}"  # a date: gpt-4o-2024-08-06, claude-sonnet-4-20250514
    r"|-\d{3,4}(?:$|[-:@])"  # a year and month, or a build: mistral-large-2411, gemini-1.5-pro-002
    r"|@[\w.:-]+$|sha256"  # a revision: llama@v1.2, a digest
    r"|-v\d+(?::\d+)?$"  # a numbered version: titan-text-v1:0
    r"|\.gguf$",  # a file
    re.IGNORECASE,
)


def find_aliases(file: ProjectFile, origin: Origin) -> Iterator[Problem]:
    """A warning for each model of a target or judge whose name carries no date, version or revision."""
    for name, target in file.targets.items():
        model = target.parameters.get("model")
        if target.kind == "model" and isinstance(model, str) and not is_pinned(model):
            yield _warning(model, origin.at("targets", name, "model"))
    for name, judge in file.judges.items():
        if not is_pinned(judge.model):
            yield _warning(judge.model, origin.at("judges", name, "model"))


def is_pinned(model: str) -> bool:
    """True when the name says which release of the model it means.

    >>> is_pinned("openai:gpt-4o-2024-08-06"), is_pinned("openai:gpt-4o")
    (True, False)
    """
    return _PINNED.search(model) is not None


def _warning(model: str, where: str) -> Problem:
    what = f"'{model}' is a floating alias: its provider may put another model behind it."
    return Problem(where, what, "Name a dated or numbered release, where there is one.")
