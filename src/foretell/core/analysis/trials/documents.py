"""What retrieval found, document by document, and what a case says that it should have found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from foretell.core.analysis.trials.executed import labelled
from foretell.core.analysis.trials.retrieved import LIST_KEYS, passages_in
from foretell.core.domain.cases import Case
from foretell.core.domain.trace import NotSeen, Span
from foretell.core.domain.trial import Trial
from foretell.core.domain.values import Json

_ID_KEYS = ("id", "document_id", "doc_id", "_id", "source", "uri", "url", "path")
_SCORE_KEYS = ("score", "similarity", "relevance", "relevance_score")
_INNER_KEYS = ("document", "metadata", "payload")


@dataclass(frozen=True, slots=True)
class Document:
    """One found document: its id, its text, and the score it was found with, as far as they can be told."""

    id: str | None
    text: str
    score: float | None
    fields: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Search:
    """One call of a retrieval step, by its label, with its documents in the order of their ranks."""

    step: str
    span: Span
    documents: tuple[Document, ...]


def searches(trial: Trial, step: str | None = None) -> tuple[Search, ...] | NotSeen:
    """Every call of a retrieval step that came back, or of the step of that name; or why nothing was seen."""
    trace = trial.outcome.trace
    if isinstance(trace, NotSeen):
        return trace
    return tuple(
        Search(label, span, tuple(_documents(span.output)))
        for label, span in labelled(trace.spans)
        if (span.kind == "retrieval" if step is None else span.name == step) and not span.error
    )


def expected_documents(case: Case) -> Mapping[str, float]:
    """The ids that a case expects, with grades: `expected.documents`, else `metadata.expected_documents`.

    A list of ids (each of grade 1) or an object of ids and grades. Empty when the case says nothing.
    """
    for place, name in ((case.expected, "documents"), (case.metadata, "expected_documents")):
        given: Any = cast("Mapping[str, Any]", place).get(name) if isinstance(place, Mapping) else None
        if isinstance(given, Mapping):
            graded = cast("Mapping[Any, Any]", given).items()
            return {str(key): float(grade) for key, grade in graded if isinstance(grade, int | float) and grade > 0}
        if isinstance(given, list | tuple):
            return {str(key): 1.0 for key in cast("Sequence[Any]", given) if isinstance(key, str | int)}
    return {}


def _documents(output: Json) -> Iterator[Document]:
    if isinstance(output, Mapping):
        fields = cast("Mapping[str, Any]", output)
        inner = next((fields[key] for key in LIST_KEYS if isinstance(fields.get(key), list)), None)
        yield from _documents(inner) if inner is not None else (_document(fields),)
    elif isinstance(output, list | tuple):
        yield from (_document(item) for item in cast("Sequence[Any]", output))


def _document(item: Json) -> Document:
    text = " ".join(passages_in(item))
    if not isinstance(item, Mapping):
        return Document(None, text, None, {})
    fields = cast("Mapping[str, Any]", item)
    levels = [fields, *(fields[key] for key in _INNER_KEYS if isinstance(fields.get(key), Mapping))]
    name = next((level[key] for level in levels for key in _ID_KEYS if isinstance(level.get(key), str | int)), None)
    score = next((level[key] for level in levels for key in _SCORE_KEYS if _is_number(level.get(key))), None)
    return Document(None if name is None else str(name), text, None if score is None else float(score), fields)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
