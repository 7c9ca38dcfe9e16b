"""What the steps of one trial did: collected per trial, though trials run at the same time in one process."""

import functools
import itertools
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import time
from typing import cast

import msgspec

from foretell.adapters.targets.effects import Acting, Effects
from foretell.core.domain.effects import FAULT_ATTRIBUTE, SUBSTITUTED_ATTRIBUTE
from foretell.core.domain.trace import Span, SpanKind
from foretell.core.domain.values import Json

LARGEST = 64 * 1024
"""Bytes of JSON that one input or output of a step may take in a trace."""


@dataclass(slots=True)
class OpenSpan:
    """A step that is under way. Without an `end` it never came back.

    `acting` is what acts on the call. `again` opens a span for the same call made once more; None: this is the last.
    """

    name: str
    kind: SpanKind
    span_id: str
    parent_id: str | None
    input: Json
    start: float = field(default_factory=time)
    end: float | None = None
    output: Json = None
    error: str | None = None
    acting: Acting | None = None
    again: "Callable[[], OpenSpan] | None" = None
    attributes: dict[str, Json] = field(default_factory=dict[str, Json])

    def mark(self, fault: str | None) -> None:
        """A fault changed this call; None: its output was put in place of its own."""
        if fault is None:
            self.attributes[SUBSTITUTED_ATTRIBUTE] = True
        else:
            self.attributes[FAULT_ATTRIBUTE] = fault

    def current(self) -> AbstractContextManager[object]:
        """For the time that its own code runs."""
        return nullcontext()

    def close(self, output: object = None, error: BaseException | None = None) -> None:
        """The step returned, or raised."""
        self.end = time()
        if error is not None:
            self.error = f"{type(error).__name__}: {error}"
        else:
            self.output = as_json(output)

    def frozen(self) -> Span:
        """The step as a value."""
        return Span(
            self.name,
            self.kind,
            self.span_id,
            self.parent_id,
            self.start,
            self.end,
            self.input,
            self.output,
            self.error,
            dict(self.attributes),
        )


@dataclass(slots=True)
class Recording:
    """The steps of one trial in the order in which they started. Safe to append to from many threads.

    `owner` is whose trial it is: of two targets that watch the same function, only the one that answers records it.
    """

    owner: object = None
    effects: Effects = field(default_factory=Effects)
    is_closed: bool = False
    _opened: list[OpenSpan] = field(default_factory=list[OpenSpan])
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def begin(self, name: str, kind: SpanKind, given: object) -> OpenSpan:
        """A step starts, inside the step that the present context is in, under the effects that the trial has on it."""
        acting = self.effects.on(name)
        return self._open(name, kind, given, (acting, acting.calls - 1 if acting else 0))

    def _open(self, name: str, kind: SpanKind, given: object, under: tuple[Acting | None, int]) -> OpenSpan:
        acting, further = under
        span = OpenSpan(name, kind, str(next(self._numbers)), _inside.get(), as_json(given), acting=acting)
        if further:
            span.again = functools.partial(self._open, name, kind, given, (acting, further - 1))
        self._opened.append(span)
        return span

    def spans(self) -> tuple[Span, ...]:
        """All steps so far, as values."""
        return tuple(span.frozen() for span in tuple(self._opened))


_recording: ContextVar[Recording | None] = ContextVar("foretell_recording", default=None)
_inside: ContextVar[str | None] = ContextVar("foretell_inside_step", default=None)


def present() -> Recording | None:
    """The recording of the trial that this code runs for, None outside of trials and in what outlives its trial."""
    recording = _recording.get()
    return None if recording is None or recording.is_closed else recording


@contextmanager
def trial(owner: object = None, effects: Effects | None = None) -> Generator[Recording]:
    """A trial: what runs inside, with what it starts, is recorded here and nowhere else, and has these effects."""
    recording = Recording(owner, effects or Effects())
    token, inside = _recording.set(recording), _inside.set(None)
    try:
        yield recording
    finally:
        recording.is_closed = True
        _recording.reset(token)
        _inside.reset(inside)


@contextmanager
def within(span: OpenSpan) -> Generator[None]:
    """Steps that start inside have this one as their parent."""
    token = _inside.set(span.span_id)
    try:
        with span.current():
            yield
    finally:
        _inside.reset(token)


def as_json(value: object) -> Json:
    """A copy of a value as plain JSON: what has no JSON form becomes its `repr`, what is too large its beginning.

    A copy, since a step may change afterwards what it was given.
    """
    if value is None or isinstance(value, bool | int | float):
        return value if value == value else None  # noqa: PLR0124 # NaN differs from itself, and JSON has none
    try:
        encoded = msgspec.json.encode(value, enc_hook=_plain)
    except Exception:  # noqa: BLE001 # keys that are no text, cycles, a property that raises: still worth a look
        return _shown(value)
    if len(encoded) > LARGEST:
        return f"{encoded[:LARGEST].decode(errors='ignore')}… ({len(encoded)} bytes)"
    return msgspec.json.decode(encoded)


def json_or_raise(value: object) -> Json:
    """A value as plain JSON, for an answer, where a `repr` would be a lie.

    Raises:
        Exception: it has none; a number too large and text that is not Unicode count as such.
    """
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=_converted))


def _plain(value: object) -> object:
    try:
        return _converted(value)
    except TypeError:
        return _shown(value)


def _converted(value: object) -> object:
    """One step towards JSON, asked for by msgspec for each thing that it does not know.

    Raises:
        TypeError: there is none.
    """
    for method in ("model_dump", "to_dict", "tolist", "_asdict"):  # pydantic, pandas, numpy, named tuples
        convert = getattr(type(value), method, None)
        if callable(convert):
            return convert(value)
    if isinstance(value, Mapping):
        return dict(cast("Mapping[object, object]", value))
    what = f"'{type(value).__name__}' has no JSON form: return text, numbers, lists or objects"
    raise TypeError(what)


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 # a broken __repr__ must not break the step that it is an argument of
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 2000 else f"{text[:2000]}…"
