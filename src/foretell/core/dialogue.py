"""Drivers of a dialogue: the loop, and the tape that tests and resumption replay. No socket here."""

from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from foretell.core.domain.conversation import Ask, Reply
from foretell.core.ports.scorers import Dialogue

R = TypeVar("R")


async def converse(dialogue: Dialogue[R], answer: Callable[[Sequence[Ask]], Awaitable[Sequence[Reply]]]) -> R:
    """Drive a dialogue to its result, answering one round of questions at a time."""
    try:
        asks = next(dialogue)
        while True:
            asks = dialogue.send(await answer(asks))
    except StopIteration as end:
        return end.value


def replay(dialogue: Dialogue[R], answer: Callable[[Sequence[Ask]], Sequence[Reply]]) -> R:
    """Drive a dialogue without an event loop: for tests, and for replies that are already known."""
    try:
        asks = next(dialogue)
        while True:
            asks = dialogue.send(answer(asks))
    except StopIteration as end:
        return end.value


@dataclass
class Tape:
    """Recorded rounds of replies. Call it as `answer`; `asked` keeps what was asked."""

    rounds: Sequence[Sequence[Reply]]
    asked: list[Sequence[Ask]] = field(default_factory=list[Sequence[Ask]])

    def __call__(self, asks: Sequence[Ask]) -> Sequence[Reply]:
        """The next recorded round.

        Raises:
            IndexError: the dialogue asks more than was recorded.
        """
        self.asked.append(asks)
        return self.rounds[len(self.asked) - 1]


def is_dialogue(value: object) -> bool:
    """True for a scorer's result that still wants to ask."""
    return isinstance(value, Generator)
