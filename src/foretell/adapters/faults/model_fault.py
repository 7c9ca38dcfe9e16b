"""What every fault of a model does when it does nothing, and the parts of a chat completion."""

from collections.abc import Callable, Mapping
from typing import ClassVar, cast

from foretell.core.domain.trace import SpanKind
from foretell.core.domain.values import Json
from foretell.core.ports.faults import Answered, Moment


class QuietModelFault:
    """A defect that changes nothing. `causes` are the failure modes that name this defect rightly."""

    kinds: ClassVar[tuple[SpanKind, ...]] = ("llm",)
    causes: ClassVar[tuple[str, ...]] = ()

    @property
    def delay_s(self) -> float:
        """No delay."""
        return 0.0

    @property
    def calls(self) -> int:
        """Each request is sent on once."""
        return 1

    def asked(self, body: Mapping[str, Json], moment: Moment) -> Mapping[str, Json] | Answered:
        """The request as it is."""
        return body

    def answered(self, body: Mapping[str, Json], moment: Moment) -> Mapping[str, Json]:
        """The reply as it is."""
        return body


def with_answer(
    body: Mapping[str, Json], change: Callable[[str], str], finish_reason: str | None = None
) -> Mapping[str, Json]:
    """A chat completion with the text of each choice changed; the tokens written follow the text's length."""
    choices = cast("list[Mapping[str, Json]]", body.get("choices") or [])
    changed = [_changed(choice, change, finish_reason) for choice in choices]
    before, after = (sum(len(_text_of(choice)) for choice in some) for some in (choices, changed))
    usage = cast("Mapping[str, Json]", body.get("usage") or {})
    if before and isinstance(written := usage.get("completion_tokens"), int):
        now = max(1, round(written * after / before))
        usage = {**usage, "completion_tokens": now}
        if isinstance(total := usage.get("total_tokens"), int):
            usage["total_tokens"] = total + now - written
    return {**body, "choices": changed, **({"usage": usage} if usage else {})}


def _text_of(choice: Mapping[str, Json]) -> str:
    text = cast("Mapping[str, Json]", choice.get("message") or {}).get("content")
    return text if isinstance(text, str) else ""


def _changed(choice: Mapping[str, Json], change: Callable[[str], str], reason: str | None) -> Mapping[str, Json]:
    text = _text_of(choice)
    if not text:
        return choice
    message = {**cast("Mapping[str, Json]", choice["message"]), "content": change(text)}
    return {**choice, "message": message, "finish_reason": reason or choice.get("finish_reason")}
