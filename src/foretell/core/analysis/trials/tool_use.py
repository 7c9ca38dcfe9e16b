"""Tool calls as scorers compare them."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from foretell.core.domain.conversation import ToolCall
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial
from foretell.core.domain.values import Json, JsonObject, canonical, text_of

_ERROR = re.compile(r"[\w.]*(?:error|exception)\s*(?::|$)|traceback \(most recent", re.IGNORECASE)
_ERROR_TEXTS = ("error", "message", "detail", "content", "reason")


@dataclass(frozen=True, slots=True)
class ExpectedCall:
    """A call that should happen. `arguments` None leaves them open."""

    name: str
    arguments: Json = None

    def __str__(self) -> str:
        return self.name if self.arguments is None else f"{self.name}({canonical(self.arguments)})"


@dataclass(frozen=True, slots=True)
class Likeness:
    """When two arguments are equal: numbers within a relative tolerance, texts with or without case."""

    rel_tolerance: float = 1e-9
    ignore_case: bool = True

    def is_call(self, wanted: ExpectedCall, call: ToolCall) -> bool:
        """Whether a call is the expected one."""
        if wanted.name != call.name:
            return False
        return wanted.arguments is None or self.is_equal(wanted.arguments, call.decoded)

    def is_equal(self, one: Json, other: Json) -> bool:
        """Whether two JSON values are equal; a null argument is one that was left out."""
        if _is_text(one) and _is_text(other):
            return self._fold(one) == self._fold(other)
        if _is_number(one) and _is_number(other):
            return math.isclose(one, other, rel_tol=self.rel_tolerance, abs_tol=1e-12)
        if _is_object(one) and _is_object(other):
            return self._are_equal_objects(one, other)
        if _is_list(one) and _is_list(other):
            return len(one) == len(other) and all(map(self.is_equal, one, other))
        return one is other

    def _are_equal_objects(self, one: JsonObject, other: JsonObject) -> bool:
        left = {key: value for key, value in one.items() if value is not None}
        right = {key: value for key, value in other.items() if value is not None}
        return left.keys() == right.keys() and all(self.is_equal(left[key], right[key]) for key in left)

    def _fold(self, text: str) -> str:
        plain = " ".join(text.split())
        return plain.casefold() if self.ignore_case else plain


def seen_calls(trial: Trial) -> tuple[ToolCall, ...] | NotSeen:
    """The tool calls of a trial; or why none could be seen, when there are none and no trace that says so."""
    calls = tuple(trial.tool_calls())
    trace = trial.outcome.trace
    return trace if not calls and isinstance(trace, NotSeen) else calls


def error_in(result: Json) -> str | None:
    """What a tool's result says of its failure; None when it says of none.

    A text that begins with "Error:", "SomeError:" or a traceback; an object (or a text that holds one) whose `error` is
    something, whose `isError` or `is_error` is true, or whose `status` is "error".

    >>> error_in("Error: payment not found"), error_in({"isError": True, "content": "no seat"}), error_in("no errors")
    ('Error: payment not found', 'no seat', None)
    """
    if _is_text(result):
        text = result.strip()
        if _ERROR.match(text):
            return text
        return error_in(_json_of(text)) if text.startswith("{") else None
    if not _is_object(result):
        return None
    said = result.get("error") or result.get("isError") or result.get("is_error")
    if not said and str(result.get("status", "")).lower() != "error":
        return None
    told = next((result[key] for key in _ERROR_TEXTS if result.get(key) not in (None, "", True)), said)
    return text_of(told) or "it says that it failed"


def _json_of(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_expected_calls(items: Json) -> tuple[ExpectedCall, ...]:
    """Expected calls from JSON: names, or objects with `name` and perhaps `arguments`.

    Raises:
        ValueError: for anything else, with the item shown.
    """
    if not _is_list(items):
        raise ValueError(f"tool_calls must be a list, not {items!r}")
    return tuple(map(_read_call, items))


def _read_call(item: Json) -> ExpectedCall:
    if _is_text(item) and item:
        return ExpectedCall(item)
    if _is_object(item) and _is_text(name := item.get("name")) and name:
        return ExpectedCall(name, item.get("arguments"))
    raise ValueError(f"{item!r} is no tool call: it needs a name, and may have arguments")


def describe(calls: Iterable[ToolCall]) -> tuple[str, ...]:
    """Calls as text, for reasons."""
    return tuple(str(ExpectedCall(call.name, call.decoded)) for call in calls)


def pair_up(
    wanted: Sequence[ExpectedCall], calls: Sequence[ToolCall], likeness: Likeness
) -> tuple[tuple[ExpectedCall, ...], tuple[ToolCall, ...]]:
    """What is left of expected and given calls when each expected call has taken one like it, in whatever order.

    Those with arguments choose first, so that one without does not take a call that another needs.
    """
    left = list(calls)
    missing: list[ExpectedCall] = []
    for expected in sorted(wanted, key=lambda call: call.arguments is None):
        found = next((call for call in left if likeness.is_call(expected, call)), None)
        if found is None:
            missing.append(expected)
        else:
            left.remove(found)
    return tuple(missing), tuple(left)


# Guards and not `isinstance`, because what is left of a JSON value in the other branches must stay untyped.
def _is_text(value: Json) -> TypeGuard[str]:
    return isinstance(value, str)


def _is_number(value: Json) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_object(value: Json) -> TypeGuard[JsonObject]:
    return isinstance(value, Mapping)


def _is_list(value: Json) -> TypeGuard[Sequence[Json]]:
    return isinstance(value, list | tuple)
