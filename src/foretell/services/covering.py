"""Interactions and trials as they may be kept: without the personal data that a pattern can tell."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from foretell.core.analysis.personal import Anonymiser, texts_in
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import Span, Trace
from foretell.core.domain.traffic import Interaction
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.domain.values import Json, JsonObject
from foretell.core.ports.facts import TrialRow


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
        yield from texts_in([span.input, span.output, span.error, dict(span.attributes)])


def _table(anonymiser: Anonymiser, table: JsonObject) -> dict[str, Json]:
    return {anonymiser.text(key): anonymiser.field(key, value) for key, value in table.items()}


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
