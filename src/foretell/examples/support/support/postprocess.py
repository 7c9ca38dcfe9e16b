"""Make a customer's answer of what the model said."""

from __future__ import annotations

import re

PREAMBLE = re.compile(
    r"^(sure|certainly|of course|here is|here's|answer|a|the (correct )?answer( to (this|the|your) question)?( is)?)"
    r"( [^.:!?\n]{0,40})?[:!]\s+",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”]?\s+")


def tidy(text: str) -> str:
    """The text without preamble, quotation marks around it, repeated sentences, and a sentence that was cut off."""
    plain = PREAMBLE.sub("", " ".join(text.split()), count=1).strip("\"'“” ")
    sentences = list(dict.fromkeys(part for part in SENTENCE_END.split(plain) if part))
    if len(sentences) > 1 and not sentences[-1].endswith((".", "!", "?")):
        sentences.pop()
    return " ".join(sentences)
