"""The steps that one trial went through, which of them failed, and which failed first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from foretell.core.analysis.trials.tool_use import error_in
from foretell.core.domain.files.messages import spans_of_messages
from foretell.core.domain.scores import Score, ScoreResult
from foretell.core.domain.trace import NotSeen, Span, SpanKind, Trace
from foretell.core.domain.trial import Outcome

Part: TypeAlias = Literal["fine", "first", "consequence", "recovered", "passed_on"]
"""What a step has to do with a failure.

`first` is the earliest failed step that explains the later ones, `consequence` is one of these. `recovered` raised an
error and went well when it was tried again; where no other step failed, the earliest of these is the first.
`passed_on` only let an error of a step inside it through.
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a step failed: by an error of its own (`source` "error"), or because a scorer of that name says so."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Executed:
    """One step of one trial. `position` counts from 0, `turn` says the how manieth of its name it is, from 1.

    `inside` is the position of the step that it ran in.
    """

    position: int
    name: str
    kind: SpanKind
    turn: int = 1
    inside: int | None = None
    faults: tuple[Fault, ...] = ()
    part: Part = "fine"

    @property
    def label(self) -> str:
        """The name by which a score's `step` refers to it: `search`, then `search#2`."""
        return label(self.name, self.turn)

    @property
    def is_failed(self) -> bool:
        """Whether it failed on its own account: not by an error that only passed through."""
        return bool(self.faults) and self.part != "passed_on"


def label(name: str, turn: int) -> str:
    """How a score's `step` names the first, second … step of a name.

    >>> label("search", 1), label("search", 2)
    ('search', 'search#2')
    """
    return name if turn == 1 else f"{name}#{turn}"


def labelled(spans: Sequence[Span]) -> list[tuple[str, Span]]:
    """Each span with the label by which a score's `step` refers to it."""
    return [(step.label, span) for step, span in zip(steps_of_spans(spans), spans, strict=True)]


def executed(outcome: Outcome, scores: Mapping[str, ScoreResult]) -> tuple[Executed, ...] | NotSeen:
    """The steps of a trial in order; or why none was seen.

    Spans make steps. Without any, each assistant message and each tool call is one. A step failed when it has an error
    (for a tool also: a result that says so), or when a score with the value false names it.
    """
    trace = outcome.trace
    spans = trace.spans if isinstance(trace, Trace) else ()
    spans = spans or spans_of_messages(outcome.messages)
    if not spans:
        return trace if isinstance(trace, NotSeen) else NotSeen("the trace has no spans")
    return with_parts(_blamed(steps_of_spans(spans), scores))


def steps_of_spans(spans: Sequence[Span]) -> tuple[Executed, ...]:
    """Spans as steps, with their own errors and nothing else."""
    places = {span.span_id: place for place, span in enumerate(spans) if span.span_id is not None}
    turns: Counter[str] = Counter()
    found: list[Executed] = []
    for place, span in enumerate(spans):
        turns[span.name] += 1
        error = _error_of(span)
        inside = places.get(span.parent_id) if span.parent_id is not None else None
        faults = (Fault("error", error),) if error else ()
        found.append(Executed(place, span.name, span.kind, turns[span.name], inside, faults))
    return tuple(found)


def _error_of(span: Span) -> str | None:
    """What a span raised, or what a tool's result says of its failure."""
    return span.error or (error_in(span.output) if span.kind == "tool" else None)


def _blamed(steps: tuple[Executed, ...], scores: Mapping[str, ScoreResult]) -> tuple[Executed, ...]:
    faults: dict[str, list[Fault]] = {}
    for name, result in scores.items():
        if isinstance(result, Score) and result.step is not None and result.value is False:
            faults.setdefault(result.step, []).append(Fault(name, result.reason))
    if not faults:
        return steps
    return tuple(replace(step, faults=(*step.faults, *faults.get(step.label, ()))) for step in steps)


def with_parts(steps: tuple[Executed, ...]) -> tuple[Executed, ...]:
    """The steps with what each has to do with the failure."""
    failed = [step for step in steps if step.faults]
    if not failed:
        return steps
    parts: dict[int, Part] = {}
    went_well = {(step.name, step.kind): step.position for step in steps if not step.faults}
    for step in failed:
        is_error = all(fault.source == "error" for fault in step.faults)
        if is_error and _has_inside(step, failed, steps):
            parts[step.position] = "passed_on"
        elif is_error and went_well.get((step.name, step.kind), -1) > step.position:
            parts[step.position] = "recovered"
    own = [step for step in failed if step.position not in parts]
    own = own or [step for step in failed if parts[step.position] == "recovered"][:1]
    first = next((step for step in own if not _has_inside(step, own, steps)), None)
    for step in own:
        parts[step.position] = "first" if step is first else "consequence"
    return tuple(replace(step, part=parts.get(step.position, "fine")) for step in steps)


def _has_inside(step: Executed, others: Sequence[Executed], steps: Sequence[Executed]) -> bool:
    """Whether one of the others ran inside a step."""
    return any(step.position in _around(other, steps) for other in others if other.position != step.position)


def _around(step: Executed, steps: Sequence[Executed]) -> set[int]:
    """The positions of the steps that a step ran in. Parents come from outside and may go in a circle."""
    found: set[int] = set()
    place = step.inside
    while place is not None and place not in found:
        found.add(place)
        place = steps[place].inside
    return found


def first_failed(steps: Sequence[Executed]) -> Executed | None:
    """The earliest failed step that explains the later ones."""
    return next((step for step in steps if step.part == "first"), None)
