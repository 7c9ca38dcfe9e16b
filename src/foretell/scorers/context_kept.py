"""What was retrieved and asked reached the model whole."""

from dataclasses import dataclass
from typing import ClassVar

from foretell.core.analysis.trials.phrases import split_sentences
from foretell.core.analysis.trials.prompts import flat, prompts
from foretell.core.analysis.trials.retrieved import retrieved_passages
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial
from foretell.core.domain.values import Json


@dataclass(frozen=True, slots=True)
class ContextKept:
    """True when `at_least` of the retrieved text (by its sentences) and the last question stand in the prompt.

    With `window`, the model's context window in tokens, the input tokens of the trial must also stay below `fullest` of
    it: beyond, providers and libraries cut in silence. `question` = false for systems that rewrite it.
    """

    at_least: float = 0.9
    question: bool = True
    window: int | None = None
    fullest: float = 0.95
    step: str | None = None
    mode: ClassVar[str] = "context_cut"
    needs_output: ClassVar[bool] = False

    def score(self, trial: Trial) -> ScoreResult:
        """Look for each sentence."""
        found = prompts(trial, self.step)
        passages = retrieved_passages(trial)
        if isinstance(found, NotSeen) or isinstance(passages, NotSeen):
            reason = found.reason if isinstance(found, NotSeen) else "no retrieval was seen"
            return ScoreFailure(f"no trace: {reason}")
        if not found:
            return NotApplicable("no prompt was seen")
        step, prompt = found[-1][0], "\n".join(text for _, text in found)
        sentences = [flat(part) for passage in passages for part in split_sentences(passage)]
        lost = [sentence for sentence in sentences if sentence and sentence not in prompt]
        share = 1 - sum(map(len, lost)) / max(sum(map(len, sentences)), 1)
        if share < self.at_least:
            return Score(False, f"{share:.0%} of the retrieved text reached the prompt", tuple(lost[:3]), step)
        asked = flat(_question(trial.case.input))
        if self.question and asked and asked not in prompt:
            return Score(False, "the question did not reach the prompt", (asked,), step)
        used = trial.outcome.usage.input_tokens
        if self.window is not None and used is not None and used > self.fullest * self.window:
            return Score(False, f"{used} of {self.window} tokens of the window are used", (), step)
        return Score(True, f"{share:.0%} of the retrieved text reached the prompt")


def _question(given: Json) -> str:
    """The input when it is a text, or what the user of a conversation said last."""
    if isinstance(given, str):
        return given
    messages: Json = given if hasattr(given, "append") else ()
    said = [message.get("content") for message in messages if hasattr(message, "get") and message.get("role") == "user"]
    return next((text for text in reversed(said) if isinstance(text, str)), "")
