"""How well the retrieved passages support the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foretell.core import plugins
from foretell.core.analysis.trials.phrases import quote, split_sentences
from foretell.core.analysis.trials.retrieved import retrieved_passages
from foretell.core.analysis.trials.vectors import cosines
from foretell.core.domain.conversation import Embed
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial
from foretell.core.domain.values import Json
from foretell.core.ports.scorers import Dialogue

_MIN_WORDS = 3


@dataclass(frozen=True, slots=True)
class Grounded:
    """0 to 1: the mean over the answer's sentences of the best cosine with a retrieved passage or a sentence of one.

    Closeness in meaning, not entailment: a wrong figure in a right sentence scores high (see `figures_supported`).
    Greetings of one or two words are left out.
    """

    embedder: str | Mapping[str, Json] | None = None

    def __post_init__(self) -> None:
        plugins.embedder_spec(self.embedder)

    def score(self, trial: Trial) -> ScoreResult | Dialogue[ScoreResult]:
        """Ask for embeddings of the sentences and of the passages."""
        passages = retrieved_passages(trial)
        if isinstance(passages, NotSeen):
            return ScoreFailure(f"no trace: {passages.reason}")
        if not passages:
            return NotApplicable("nothing was retrieved")
        sentences = split_sentences(trial.text)
        long_enough = tuple(sentence for sentence in sentences if len(sentence.split()) >= _MIN_WORDS)
        if not sentences:
            return NotApplicable("the answer has no sentence")
        return self._ask(long_enough or sentences, passages)

    def _ask(self, sentences: Sequence[str], passages: Sequence[str]) -> Dialogue[ScoreResult]:
        parts = tuple(dict.fromkeys([*passages, *(part for passage in passages for part in split_sentences(passage))]))
        replies = yield (Embed((*sentences, *parts), self.embedder),)
        reply, count = replies[0], len(sentences)
        if reply.error or len(reply.vectors) != count + len(parts):
            return ScoreFailure(f"no embedding: {reply.error or 'one vector for each text is needed'}")
        table = cosines(reply.vectors[:count], reply.vectors[count:]).clip(0.0)
        best = table.max(axis=1)
        weakest = int(best.argmin())
        nearest = parts[int(table[weakest].argmax())]
        reason = (
            f"the weakest of {count} has {best[weakest]:.2f}: {quote(sentences[weakest])}, nearest {quote(nearest)}"
        )
        return Score(float(best.mean()), reason, (sentences[weakest], nearest))
