"""The prompt has the parts that it always has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.prompts import flat, prompts
from foretell.core.analysis.trials.retrieved import leaves, read_texts, user_texts
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial
from foretell.core.domain.values import content_hash
from foretell.core.errors import ConfigurationError

_DIGITS = 12


@dataclass(frozen=True, slots=True)
class PromptIntact:
    """True when every prompt holds each of the `markers`: instructions, headings, words that close a context.

    The digest of the template is recorded as evidence: of the attribute `prompt.template` or
    `llm.prompt_template.template` of a span, else of the prompt without what the user, documents and tools wrote. With
    `digest` it must be that one.
    """

    markers: Sequence[str] = ()
    digest: str | None = None
    step: str | None = None
    mode: ClassVar[str] = "prompt_changed"
    needs_output: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not self.markers and self.digest is None:
            raise ConfigurationError.of("", "names no markers and no digest.", 'Write markers = ["Answer briefly"].')

    def score(self, trial: Trial) -> ScoreResult:
        """Look for the markers, and compare the digest."""
        found = prompts(trial, self.step)
        if isinstance(found, NotSeen):
            return ScoreFailure(f"no trace: {found.reason}")
        if not found:
            return NotApplicable("no prompt was seen")
        seen: list[str] = []
        for step, text in found:
            digest = content_hash(_template(trial, text))[:_DIGITS]
            seen.append(f"template {digest}")
            missing = [marker for marker in self.markers if flat(marker) not in text]
            if missing:
                return Score(False, f"missing: {'; '.join(missing)}", tuple(seen), step)
            if self.digest is not None and self.digest != digest:
                return Score(False, f"the template is {digest}, not {self.digest}", tuple(seen), step)
        return Score(True, "; ".join(dict.fromkeys(seen)), tuple(dict.fromkeys(seen)))


def _template(trial: Trial, text: str) -> str:
    """The template as a span names it, else what is left of a prompt without the words of others."""
    trace = trial.outcome.trace
    spans = () if isinstance(trace, NotSeen) else trace.spans
    for span in spans:
        for name in ("prompt.template", "llm.prompt_template.template"):
            if isinstance(span.attributes.get(name), str):
                return str(span.attributes[name])
    read = read_texts(trial)
    inputs = (part for span in spans if span.kind == "prompt" for part in leaves(span.input))
    others = {flat(other) for other in (*user_texts(trial), *(() if isinstance(read, NotSeen) else read), *inputs)}
    for other in sorted(filter(None, others), key=len, reverse=True):
        text = text.replace(other, "\0")
    return flat(text)
