"""Retrieval that finds nothing, the wrong things, or the right ones in the wrong order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from foretell.adapters.faults.shapes import documents_of, with_documents, with_fields
from foretell.adapters.faults.step_fault import QuietStepFault
from foretell.core.domain.trace import SpanKind
from foretell.core.ports.faults import Moment

_SCORES = ("score", "similarity", "relevance", "distance")


class _RetrievalFault(QuietStepFault):
    kinds: ClassVar[tuple[SpanKind, ...]] = ("retrieval",)


@dataclass(frozen=True, slots=True)
class RetrievalEmpty(_RetrievalFault):
    """The search finds nothing."""

    causes: ClassVar[tuple[str, ...]] = ("retrieval_empty", "retrieval_miss")

    def gave(self, output: Any, moment: Moment) -> Any:
        """No documents."""
        return with_documents(output, []) if documents_of(output) else output


@dataclass(frozen=True, slots=True)
class RetrievalShuffled(_RetrievalFault):
    """The search finds the same documents and gives them worst first, the best one lost to the limit.

    With `drops` = 0 all of them stay.
    """

    drops: int = 1
    causes: ClassVar[tuple[str, ...]] = ("retrieval_miss", "retrieval_empty")

    def gave(self, output: Any, moment: Moment) -> Any:
        """The documents the other way round, without the first."""
        documents = documents_of(output)
        if not documents:
            return output
        return with_documents(output, documents[self.drops :][::-1])


@dataclass(frozen=True, slots=True)
class RetrievalWrong(_RetrievalFault):
    """The search answers another question: one that another case asks."""

    causes: ClassVar[tuple[str, ...]] = ("retrieval_miss",)

    def given(self, arguments: Mapping[str, Any], moment: Moment) -> Mapping[str, Any]:
        """The first text among the arguments is another case's."""
        return _asking_another(arguments, moment)


@dataclass(frozen=True, slots=True)
class StaleIndex(_RetrievalFault):
    """The index holds the vectors of another embedding model than the one that reads the question.

    A step that gives a vector gives it with its components in another order, as a model trained anew would. A step that
    gives documents gives some that have nothing to do with the question, with scores that are low and hardly differ.
    """

    causes: ClassVar[tuple[str, ...]] = ("stale_index", "retrieval_miss")

    def given(self, arguments: Mapping[str, Any], moment: Moment) -> Mapping[str, Any]:
        """Another question: in a foreign space the nearest vectors are any vectors."""
        return _asking_another(arguments, moment)

    def gave(self, output: Any, moment: Moment) -> Any:
        """Scores as they are between spaces that have nothing in common."""
        documents = documents_of(output)
        if not documents:
            return output
        return with_documents(output, with_fields(documents, lambda fields: _collapsed(fields, moment)))


def _asking_another(arguments: Mapping[str, Any], moment: Moment) -> Mapping[str, Any]:
    name = next((name for name, value in arguments.items() if isinstance(value, str)), None)
    others = [text for text in moment.inputs if name is not None and text != arguments[name]]
    if name is None or not others:
        return arguments
    return {**arguments, name: moment.rng.choice(others)}


def _collapsed(fields: dict[str, Any], moment: Moment) -> dict[str, Any]:
    scored = [name for name in _SCORES if isinstance(fields.get(name), float)]
    return fields | {name: round(0.02 + 0.01 * moment.rng.random(), 4) for name in scored}
