"""Interactions and trials as they may be kept: without the personal data that a pattern can tell."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from foretell.core.analysis.traffic.personal import Anonymiser, texts_in
from foretell.core.domain.arrivals import Arrival
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import Span, Trace
from foretell.core.domain.traffic import Interaction
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.domain.values import Json, JsonObject
from foretell.core.ports.facts import TrialRow
from foretell.core.ports.names import Names

CONVERSATION = "gen_ai.conversation.id"
"""The attribute that names the conversation once more."""


def covered(anonymiser: Anonymiser, one: Interaction) -> Interaction:
    """An interaction as it may be kept: no personal data that a pattern can tell, ids as keyed hashes."""
    return replace(
        one,
        id=anonymiser.identity("interaction", one.id),
        conversation_id=anonymiser.identity("conversation", one.conversation_id) if one.conversation_id else None,
        input=anonymiser.value(one.input),
        output=anonymiser.value(one.output),
        spans=tuple(_span(anonymiser, span) for span in one.spans),
        feedback=anonymiser.value(dict(one.feedback)),
        metadata={**_table(anonymiser, one.metadata), "names": anonymiser.names_covered},
    )


def covered_all(anonymiser: Anonymiser, interactions: Sequence[Interaction]) -> list[Interaction]:
    """Many interactions at once, which is quicker where a model looks for names."""
    if anonymiser.names is not None:
        anonymiser.prepare(text for one in interactions for text in _texts(one))
    return [covered(anonymiser, one) for one in interactions]


def _texts(one: Interaction) -> Iterator[str]:
    yield from texts_in([one.input, one.output, dict(one.feedback), dict(one.metadata)])
    for span in one.spans:
        yield from _texts_of_span(span)


def _texts_of_span(span: Span) -> Iterator[str]:
    yield from texts_in([span.name, span.input, span.output, span.error, dict(span.attributes)])


def _table(anonymiser: Anonymiser, table: JsonObject) -> dict[str, Json]:
    return {anonymiser.text(key): anonymiser.field(key, value) for key, value in table.items()}


def covered_arrival(anonymiser: Anonymiser, one: Arrival) -> Arrival:
    """A span on its way in as it may be kept; its trace's id becomes that of the interaction."""
    conversation = anonymiser.identity("conversation", one.conversation_id) if one.conversation_id else None
    span = _span(anonymiser, one.span)
    if conversation is not None and CONVERSATION in span.attributes:
        span = replace(span, attributes={**span.attributes, CONVERSATION: conversation})
    return replace(
        one,
        trace_id=anonymiser.identity("interaction", one.trace_id),
        span=span,
        state="",
        conversation_id=conversation,
        feedback=_table(anonymiser, one.feedback),
    )


def covered_arrivals(anonymiser: Anonymiser, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Many spans at once, which is quicker where a model looks for names."""
    if anonymiser.names is not None:
        anonymiser.prepare(text for one in arrivals for text in _texts_of_span(one.span))
    return [covered_arrival(anonymiser, one) for one in arrivals]


def make_cover(
    anonymiser: Anonymiser, names: Callable[[str], Names] | None, model: str | None
) -> Callable[[Sequence[Arrival]], list[Arrival]]:
    """What covers spans, built in the process that does it: a names model does not travel.

    Raises:
        ConfigurationError: the model is not there.
    """
    if names is not None and model is not None:
        anonymiser = replace(anonymiser, names=names(model))
    return partial(covered_arrivals, anonymiser)


def covered_row(anonymiser: Anonymiser, row: TrialRow) -> TrialRow:
    """A scored trial as it may be kept. It was scored as it came: its scores cannot be recomputed from this text."""
    record = row.record
    scores = {name: _score(anonymiser, result) for name, result in record.scores.items()}
    conclusion = replace(row.conclusion, reason=anonymiser.text(row.conclusion.reason))
    return TrialRow(replace(record, outcome=_outcome(anonymiser, record.outcome), scores=scores), conclusion)


def _outcome(anonymiser: Anonymiser, outcome: Outcome) -> Outcome:
    error, trace = outcome.error, outcome.trace
    return replace(
        outcome,
        output=anonymiser.value(outcome.output),
        messages=tuple(
            replace(
                message,
                content=anonymiser.value(message.content),
                tool_calls=tuple(
                    replace(call, arguments=anonymiser.value(call.arguments)) for call in message.tool_calls
                ),
            )
            for message in outcome.messages
        ),
        trace=Trace(tuple(_span(anonymiser, span) for span in trace.spans)) if isinstance(trace, Trace) else trace,
        error=None if error is None else TrialError(error.kind, anonymiser.text(error.message)),
        metadata=anonymiser.value(dict(outcome.metadata)),
    )


def _span(anonymiser: Anonymiser, span: Span) -> Span:
    return replace(
        span,
        name=anonymiser.text(span.name),
        input=anonymiser.value(span.input),
        output=anonymiser.value(span.output),
        error=None if span.error is None else anonymiser.text(span.error),
        attributes=anonymiser.value(dict(span.attributes)),
    )


def _score(anonymiser: Anonymiser, result: ScoreResult) -> ScoreResult:
    reason = anonymiser.text(result.reason)
    if isinstance(result, NotApplicable | ScoreFailure):
        return replace(result, reason=reason)
    value: bool | float | str = result.value
    evidence = tuple(anonymiser.text(text) for text in result.evidence)
    return Score(anonymiser.text(value) if isinstance(value, str) else value, reason, evidence, result.step)
