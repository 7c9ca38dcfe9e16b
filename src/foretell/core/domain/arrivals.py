"""A span on its way in: what it is, which trace it belongs to, and what it says of that trace."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from foretell.core.domain.trace import Span
from foretell.core.domain.values import Json

RUN_MARK = "foretell.run"
"""The attribute or baggage entry that marks a span of an evaluation with its run."""
KIND_MARK = "foretell.step.kind"
"""The attribute by which `foretell.step` tells the kind of its spans."""
STATE_MARK = "foretell"
"""The same in W3C `tracestate`, which every SDK hands on and exports with each span."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A span as it arrived, raw: personal data is still in it.

    `trace_id` is in hex, `state` is W3C tracestate. `run` names the evaluation that caused the span, None in
    production. `feedback` is what the span says about its interaction. A note is what was told of a span apart from
    it: its `span` has nothing but the id, and the input or output that the span itself may lack.
    """

    trace_id: str
    span: Span
    state: str = ""
    conversation_id: str | None = None
    release: str | None = None
    run: str | None = None
    feedback: Mapping[str, Json] = field(default_factory=dict[str, Json])
    is_note: bool = False


Topic: TypeAlias = Literal["trace", "span", "conversation"]


@dataclass(frozen=True, slots=True)
class Remark:
    """Feedback that came by itself, raw: what it is about, the id of that as its maker knows it, and what is said."""

    about: Topic
    id: str
    feedback: Mapping[str, Json]


@dataclass(slots=True)
class Losses:
    """What of a request could not be taken as it was: spans left out with the reasons, and values that were cut.

    A reason is kept once, at most ten of them.
    """

    rejected: int = 0
    cut: int = 0
    reasons: dict[str, int] = field(default_factory=dict[str, int])

    def reject(self, reason: str) -> None:
        """One span is left out."""
        self.rejected += 1
        if reason in self.reasons or len(self.reasons) < 10:
            self.reasons[reason] = self.reasons.get(reason, 0) + 1

    def __str__(self) -> str:
        return "; ".join(f"{count} × {reason}" for reason, count in self.reasons.items())


def run_of(state: str) -> str | None:
    """The run that a W3C tracestate names, None when the span is none of an evaluation.

    >>> run_of("ot=th:8,foretell=20260101-x")
    '20260101-x'
    """
    if STATE_MARK not in state:
        return None
    members = (member.strip().partition("=") for member in state.split(","))
    return next((value for name, _, value in members if name == STATE_MARK and value), None)
