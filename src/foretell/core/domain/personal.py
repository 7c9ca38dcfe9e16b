"""Where personal data lies in a text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of personal data: text[start:end], and its kind."""

    start: int
    end: int
    kind: str
