"""The search found something, and not the same thing twice."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.documents import Document, Search, searches
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial


@dataclass(frozen=True, slots=True)
class RetrievalSound:
    """True when every search found `at_least` documents with a text, and at most `duplicates` of them twice.

    Two documents are the same when their id is, or without one their text.
    """

    at_least: int = 1
    duplicates: int = 0
    step: str | None = None
    mode: ClassVar[str] = "retrieval_empty"
    needs_output: ClassVar[bool] = False

    def score(self, trial: Trial) -> ScoreResult:
        """Count."""
        found = searches(trial, self.step)
        if isinstance(found, NotSeen):
            return ScoreFailure(f"no trace: {found.reason}")
        if not found:
            return NotApplicable("nothing was searched for")
        for search in found:
            if fault := self._fault(search):
                return Score(False, fault, (), search.step)
        return Score(True, f"found {sum(len(search.documents) for search in found)} documents")

    def _fault(self, search: Search) -> str | None:
        filled = [document for document in search.documents if document.text.strip()]
        if len(filled) < self.at_least:
            return f"found {len(filled)} documents with a text, fewer than {self.at_least}"
        twice = [name for name, count in Counter(map(_identity, filled)).items() for _ in range(count - 1)]
        if len(twice) > self.duplicates:
            return f"found twice: {', '.join(name[:40] for name in dict.fromkeys(twice))}"
        return None


def _identity(document: Document) -> str:
    return document.id if document.id is not None else " ".join(document.text.split())
