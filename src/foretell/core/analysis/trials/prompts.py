"""What reached the model: its prompts as text, the words of the application in them, and the words of others."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from foretell.core.analysis.trials.executed import labelled
from foretell.core.analysis.trials.retrieved import leaves
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial
from foretell.core.domain.values import Json

PLACEHOLDER = re.compile(
    r"\{\{\s*[A-Za-z_][\w.]*\s*\}\}|\$\{[A-Za-z_]\w*\}"
    r"|(?<![\w{$])(?<!:[\"'])(?<!: [\"'])\{[A-Za-z_]\w*\}(?!\})|\{%.{0,80}?%\}|<%.{0,80}?%>"
)
"""A variable of a template as it stands before it is filled: Jinja and Mustache, shell, Python's format, ERB.

A value in quotes behind a colon is left alone: prompts show what JSON they want.
"""


def prompts(trial: Trial, step: str | None = None) -> tuple[tuple[str, str], ...] | NotSeen:
    """Label and text of every prompt: what prompt steps gave, else what model steps were given; or why none was seen.

    `step` names another step whose output is the prompt.
    """
    trace = trial.outcome.trace
    if isinstance(trace, NotSeen):
        return trace
    spans = labelled(trace.spans)
    made = [(label, span) for label, span in spans if (span.name == step if step else span.kind == "prompt")]
    texts = [(label, flat(text_in(span.output))) for label, span in made if not span.error]
    if not texts and step is None:
        texts = [(label, flat(text_in(span.input))) for label, span in spans if span.kind == "llm"]
    return tuple((label, text) for label, text in texts if text)


def text_in(value: Json) -> str:
    """A prompt or an answer as one text: text as it is, the contents of messages, the text of a reply."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        known = next((fields[key] for key in _TEXT_KEYS if fields.get(key)), None)
        return text_in(known) if known is not None else "\n".join(leaves(fields))
    if isinstance(value, list | tuple):
        return "\n".join(filter(None, map(text_in, cast("Sequence[Any]", value))))
    return "" if value is None else str(value)


_TEXT_KEYS = ("text", "content", "output", "answer", "messages", "prompt", "choices", "message")


def flat(text: str) -> str:
    """A text with every run of white space as one blank."""
    return " ".join(text.split())


def placeholders(text: str, others: Sequence[str]) -> Iterator[str]:
    """The unfilled variables in a text that none of the other texts holds: users write braces too."""
    for mark in dict.fromkeys(found[0] for found in PLACEHOLDER.finditer(text)):
        if not any(mark in other for other in others):
            yield mark
