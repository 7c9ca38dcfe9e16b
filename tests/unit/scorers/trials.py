"""Trials made in one line."""

from typing import Any

from foretell.core.domain.cases import Case
from foretell.core.domain.conversation import Message, ToolCall
from foretell.core.domain.trace import NotSeen, Span, Trace
from foretell.core.domain.trial import Outcome, Trial


def trial(output: Any = "", expected: Any = None, asked: Any = "Hello?", **outcome: Any) -> Trial:
    """A trial with an output, a gold answer and an input; further keywords are fields of its outcome."""
    return Trial(Case("c1", asked, expected), Outcome(output, **outcome))


def retrieved(output: Any, *documents: Any, expected: Any = None, asked: Any = "Hello?") -> Trial:
    """A trial that retrieved some documents."""
    span = Span("search", "retrieval", input=asked, output=list(documents))
    return trial(output, expected, asked, trace=Trace((span,)))


def called(*calls: tuple[str, Any], expected: Any = None) -> Trial:
    """A trial that called tools, seen in its messages."""
    said = tuple(Message("assistant", None, (ToolCall(name, arguments),)) for name, arguments in calls)
    return trial("Done.", expected, messages=said, trace=Trace())


UNSEEN = NotSeen("the endpoint reports no steps")
