"""The index is of today, and speaks the language of the query's embedder."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, cast

from foretell.core.analysis.trials.documents import Search, searches
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen, Span, Trace
from foretell.core.domain.trial import Trial
from foretell.core.domain.values import Json

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class IndexFresh:
    """True when nothing speaks of an old index or of one with another embedding model's vectors.

    Looked at, as far as it is there: the attributes of a retrieval span, or the object `index` in its output (the
    manifest): `embedding_model` against `query_embedding_model` or the `gen_ai.request.model` of an embeddings span;
    `build` against the parameter `build`; `built_at`, and the newest `updated_at` of the documents, against
    `max_age_days` at the time of the trial. Then the scores: none of a search reaches `lowest_score`. And canaries: a
    case with `metadata.canary` asks for a document by its own words, and the document with that id must come first.
    """

    max_age_days: float | None = None
    lowest_score: float | None = None
    build: str | None = None
    step: str | None = None
    mode: ClassVar[str] = "stale_index"
    needs_output: ClassVar[bool] = False

    def score(self, trial: Trial) -> ScoreResult:
        """Ask each search."""
        found = searches(trial, self.step)
        if isinstance(found, NotSeen):
            return ScoreFailure(f"no trace: {found.reason}")
        if not found:
            return NotApplicable("nothing was searched for")
        checked: list[str] = []
        for search in found:
            for what, fault in self._checks(trial, search):
                if fault is not None:
                    return Score(False, fault, (), search.step)
                checked.append(what)
        if not checked:
            return NotApplicable("nothing tells how fresh the index is")
        return Score(True, f"checked: {', '.join(dict.fromkeys(checked))}")

    def _checks(self, trial: Trial, search: Search) -> Iterator[tuple[str, str | None]]:
        """What could be checked, each with the fault that was found."""
        facts = _facts(search.span)
        ours, theirs = facts.get("embedding_model"), facts.get("query_embedding_model") or _query_model(trial)
        if ours is not None and theirs is not None:
            yield "models", None if ours == theirs else f"the index has vectors of {ours}, the query of {theirs}"
        if self.build is not None and "build" in facts:
            built = facts["build"]
            yield "build", None if built == self.build else f"the index is build {built}, not {self.build}"
        if self.max_age_days is not None:
            yield from self._ages(trial, search, facts)
        scores = [document.score for document in search.documents if document.score is not None]
        if self.lowest_score is not None and scores:
            best = max(scores)
            low = f"scores have collapsed: the best is {best:.3g}, below {self.lowest_score:g}"
            yield "scores", None if best >= self.lowest_score else low
        canary = trial.case.metadata.get("canary")
        if isinstance(canary, str):
            first = search.documents[0].id if search.documents else None
            yield "canary", None if first == canary else f"canary {canary} does not find itself, but {first}"

    def _ages(self, trial: Trial, search: Search, facts: Mapping[str, Json]) -> Iterator[tuple[str, str | None]]:
        now = _moment(trial.outcome.at) or search.span.start
        newest = max(filter(None, (_moment(one.fields.get("updated_at")) for one in search.documents)), default=None)
        for what, at in (("index", _moment(facts.get("built_at"))), ("newest document", newest)):
            if now is not None and at is not None and self.max_age_days is not None:
                days = (now - at) / _DAY
                yield f"age of the {what}", None if days <= self.max_age_days else f"the {what} is {days:.1f} days old"


def _facts(span: Span) -> dict[str, Json]:
    """What a span or its output says about the index, by short names."""
    said = {name.removeprefix("index."): value for name, value in span.attributes.items() if value is not None}
    if "query.embedding_model" in said:
        said["query_embedding_model"] = said["query.embedding_model"]
    output: Any = span.output
    manifest = cast("Mapping[str, Any]", output).get("index") if isinstance(output, Mapping) else None
    if isinstance(manifest, Mapping):
        said |= cast("Mapping[str, Any]", manifest)
    return said


def _query_model(trial: Trial) -> Json:
    """The model of a span that says it made embeddings."""
    trace = trial.outcome.trace
    spans: Sequence[Span] = trace.spans if isinstance(trace, Trace) else ()
    made = (one.attributes for one in spans if one.attributes.get("gen_ai.operation.name") == "embeddings")
    return next((attributes.get("gen_ai.request.model") for attributes in made), None)


def _moment(at: Json) -> float | None:
    """Seconds since the epoch of an RFC 3339 time; UTC where it has no zone."""
    try:
        time = datetime.fromisoformat(at) if isinstance(at, str) else None
    except ValueError:
        return None
    return None if time is None else (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
