"""One figure, and the facts by which figures back each other."""

from dataclasses import dataclass
from typing import TypeAlias

Facts: TypeAlias = frozenset[str]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure at `start`:`end` of its text. `canonical` is one writing for all that mean the same.

    `gives` are the facts that it states; it is backed when all the facts of one of its `needs` are given elsewhere.
    """

    text: str
    start: int
    end: int
    canonical: str
    gives: Facts
    needs: tuple[Facts, ...]

    def is_backed_by(self, given: Facts) -> bool:
        """Whether one of the combinations that it needs is given."""
        return any(need <= given for need in self.needs)


def fact(kind: str, *values: float) -> str:
    """The name of a fact: a kind and its numbers, alike for equal numbers.

    >>> fact("bare", 74.20) == fact("bare", 74.2)
    True
    """
    return ":".join((kind, *(f"{value + 0.0:.10g}" for value in values)))


def either(*facts: str) -> tuple[Facts, ...]:
    """Needs that any one of the facts meets."""
    return tuple(frozenset({name}) for name in dict.fromkeys(facts))
