"""Models that are not what they were: another one behind the same name, refusing, verbose, cut off, slow, busy."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

from foretell.adapters.faults.model_fault import QuietModelFault, with_answer
from foretell.core.domain.values import Json
from foretell.core.ports.faults import Answered, Moment

_REFUSAL = "I'm sorry, but I can't help with that."
_FILLER = (
    "That is a very good question, and I am happy that you asked it.",
    "There are many things to consider here, and each of them deserves some attention.",
    "As always, it depends on the circumstances, which can differ from one person to another.",
    "I hope that this explanation is helpful to you, and please do not hesitate to ask again.",
)
_GERMAN = (
    "Vielen Dank für Ihre Frage, wir helfen Ihnen gerne weiter.",
    "Bitte beachten Sie dazu die Angaben auf unserer Seite oder wenden Sie sich an unseren Kundendienst.",
    "Für weitere Auskünfte stehen wir Ihnen jederzeit zur Verfügung.",
)
_PERSON = "For more, write to Hannah Marlow at hannah.marlow@example.com or call +44 20 7946 0958."


@dataclass(frozen=True, slots=True)
class ModelDowngraded(QuietModelFault):
    """Another model answers under the same name: `to`; without one, the same one that no longer sees all it is given.

    Without `to` the model reads the first `reads` of each message at temperature `temperature`, as a smaller model that
    attends badly would answer.
    """

    to: str | None = None
    reads: float = 0.5
    temperature: float = 1.5
    causes: ClassVar[tuple[str, ...]] = ("contains_expected", "unsupported_figures", "grounded", "unnamed")

    def asked(self, body: Mapping[str, Json], moment: Moment) -> Mapping[str, Json] | Answered:
        """The request as the lesser model gets it."""
        if self.to is not None:
            return {**body, "model": self.to}
        messages = cast("list[Mapping[str, Json]]", body.get("messages") or [])
        read = [self._read(message) for message in messages]
        return {**body, "messages": read, "temperature": self.temperature, "seed": moment.rng.randrange(2**31)}

    def answered(self, body: Mapping[str, Json], moment: Moment) -> Mapping[str, Json]:
        """Nothing in the reply tells."""
        return {name: value for name, value in body.items() if name != "system_fingerprint"}

    def _read(self, message: Mapping[str, Json]) -> Mapping[str, Json]:
        text = message.get("content")
        return {**message, "content": text[: int(len(text) * self.reads)]} if isinstance(text, str) else message


@dataclass(frozen=True, slots=True)
class ModelRefuses(QuietModelFault):
    """The model declines to answer."""

    text: str = _REFUSAL
    causes: ClassVar[tuple[str, ...]] = ("refusal",)

    def answered(self, body: Mapping[str, Json], moment: Moment) -> Mapping[str, Json]:
        """A polite refusal."""
        return with_answer(body, lambda _: self.text)


@dataclass(frozen=True, slots=True)
class ModelVerbose(QuietModelFault):
    """The model wraps each answer in talk, and each token of it is paid."""

    times: int = 3
    causes: ClassVar[tuple[str, ...]] = ("cost",)

    def answered(self, body: Mapping[str, Json], moment: Moment) -> Mapping[str, Json]:
        """The answer behind and before several sentences that say nothing."""
        filler = " ".join(_FILLER * self.times)
        return with_answer(body, lambda text: f"{filler} {text} {filler}")


@dataclass(frozen=True, slots=True)
class ModelTruncated(QuietModelFault):
    """The model stops in the middle: only the first `keep` of the answer's characters come."""

    keep: float = 0.35
    causes: ClassVar[tuple[str, ...]] = ("truncation",)

    def answered(self, body: Mapping[str, Json], moment: Moment) -> Mapping[str, Json]:
        """The beginning, with `finish_reason` `length`."""
        return with_answer(body, lambda text: text[: max(1, int(len(text) * self.keep))], "length")


@dataclass(frozen=True, slots=True)
class ModelOtherLanguage(QuietModelFault):
    """The model answers in German, with the figures of its answer."""

    causes: ClassVar[tuple[str, ...]] = ("language",)

    def answered(self, body: Mapping[str, Json], moment: Moment) -> Mapping[str, Json]:
        """German sentences that say nothing, and the figures of the answer in brackets."""

        def german(text: str) -> str:
            figures = " ".join(re.findall(r"\S*\d\S*", text))
            return " ".join(_GERMAN) + (f" ({figures})" if figures else "")

        return with_answer(body, german)


@dataclass(frozen=True, slots=True)
class ModelSlow(QuietModelFault):
    """Every reply comes late."""

    seconds: float = 5.0
    causes: ClassVar[tuple[str, ...]] = ("latency", "timeout")

    @property
    def delay_s(self) -> float:
        """As told."""
        return self.seconds


@dataclass(frozen=True, slots=True)
class ModelBusy(QuietModelFault):
    """A storm of 429: a share of the requests is turned away."""

    share: float = 0.5
    causes: ClassVar[tuple[str, ...]] = ("unavailable", "error", "timeout")

    def asked(self, body: Mapping[str, Json], moment: Moment) -> Mapping[str, Json] | Answered:
        """A rate limit, or the request as it is."""
        if moment.rng.random() >= self.share:
            return body
        said = {"error": {"message": "Rate limit reached.", "type": "requests", "code": "rate_limit_exceeded"}}
        return Answered(429, said, {"Retry-After": "1"})


@dataclass(frozen=True, slots=True)
class ModelRetried(QuietModelFault):
    """A retry loop before the model: each answer is asked for, and paid, `times` times."""

    times: int = 2
    causes: ClassVar[tuple[str, ...]] = ("cost",)

    @property
    def calls(self) -> int:
        """As told."""
        return self.times


@dataclass(frozen=True, slots=True)
class PersonalData(QuietModelFault):
    """Every answer names a person, with an address and a number."""

    causes: ClassVar[tuple[str, ...]] = ("personal_data",)

    def answered(self, body: Mapping[str, Json], moment: Moment) -> Mapping[str, Json]:
        """The answer behind somebody's particulars."""
        return with_answer(body, lambda text: f"{_PERSON} {text}")
