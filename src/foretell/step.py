"""Steps that an application tells of itself: a decorator, or a block. For those whom seams do not reach.

A server or a program that foretell does not run inside its worker has no seams. It can name its steps itself:

    from foretell.step import step

    @step(kind="retrieval")
    def search(question): ...

    with step("tidy", kind="postprocess") as part:
        text = part.output(shorten(text))

In a worker of foretell such a step belongs to its trial, as a seam's does. Anywhere else it is a span of OpenTelemetry;
what it was given and what it gave are told in the traces of an evaluation only. It obeys the fault that a drill names
in the baggage of a request where the process was started with `FORETELL_DRILL=1`, and nowhere else.
"""

import functools
import inspect
import json
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar, cast, overload

from opentelemetry import baggage, context, propagate, trace

from foretell.adapters.targets.effects import Acting, Call, Effects
from foretell.adapters.targets.recording import OpenSpan, as_json, present, within
from foretell.adapters.targets.watched import watched
from foretell.core import plugins
from foretell.core.domain.arrivals import KIND_MARK, STATE_MARK
from foretell.core.domain.effects import DRILL_SWITCH, DRILLED_ATTRIBUTE, FAULT_ENTRY, heard
from foretell.core.domain.steps import kind_of
from foretell.core.domain.trace import SpanKind
from foretell.core.errors import ForetellError

_OBEYS = os.environ.get(DRILL_SWITCH) == "1"
_F = TypeVar("_F", bound=Callable[..., Any])
_T = TypeVar("_T")


@overload
def step(given: _F, /) -> _F: ...
@overload
def step(given: str | None = None, /, *, kind: SpanKind | None = None) -> "Marked": ...
def step(given: Any = None, /, *, kind: SpanKind | None = None) -> Any:
    """Tell of a step: `@step`, `@step("name", kind="tool")`, or `with step("name") as part`.

    The name is the function's without one, and the kind what the name speaks of (`retrieve…` retrieval, `tool…` tool).
    """
    return Marked(None, kind)(given) if callable(given) else Marked(given, kind)


@dataclass(slots=True)
class Marked:
    """A step that is told of: decorates functions of any nature, or holds for the time of one block."""

    name: str | None
    kind: SpanKind | None = None
    _span: OpenSpan | None = None
    _output: Any = None
    _opened: ExitStack = field(default_factory=ExitStack)

    def __call__(self, function: _F) -> _F:
        """The function, of the same nature, each call a step."""
        name = self.name or function.__name__
        kind = self.kind or kind_of(name, f"{function.__module__}:{name}")
        first = next(iter(inspect.signature(function).parameters), None)
        return cast("_F", watched(function, functools.partial(_start, name, kind), first in ("self", "cls")))

    def __enter__(self) -> Self:
        name = self.name or "step"
        self._span = _start(name, self.kind or kind_of(name, ""), None)
        if self._span is not None:
            self._opened.enter_context(within(self._span))
        return self

    def output(self, value: _T) -> _T:
        """Tell what the step gives. Returns what to go on with: `value`, or what a fault makes of it.

        What a block did cannot be done again, so that faults which call a step several times leave it alone.
        """
        span = self._span
        if span is not None and span.acting is not None:
            faults = tuple(one for one in span.acting.faults if one[1].calls == 1)
            value = Call(Acting(faults, span.acting.substituted), lambda: value, span.mark).made((), {})
        self._output = value
        return value

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._opened.close()
        if self._span is not None:
            self._span.close(self._output, error)


@contextmanager
def incoming(headers: Mapping[str, str]) -> Generator[None]:
    """What runs inside belongs to the trace that a request's headers, or a program's environment, speak of.

    Servers that OpenTelemetry instruments do that by themselves.
    """
    token = context.attach(propagate.extract({name.lower(): value for name, value in headers.items()}))
    try:
        yield
    finally:
        context.detach(token)


def _start(name: str, kind: SpanKind, given: object) -> OpenSpan | None:
    recording = present()
    if recording is not None:
        return recording.begin(name, kind, given)
    acting = _acting_on(name) if _OBEYS else None
    return _exported(name, kind, given, (acting, acting.calls - 1 if acting else 0))


def _acting_on(name: str) -> Acting | None:
    """The fault that the present request asks for on a step. Code that has only an address is never loaded for it."""
    text = baggage.get_baggage(FAULT_ENTRY)
    spec = heard(text) if isinstance(text, str) else None
    if spec is None or spec.use not in plugins.known("faults"):
        return None
    try:
        return Effects((spec,)).on(name)
    except ForetellError:  # of another version of foretell: no mark, so that the drill sees that nothing acted
        return None


@dataclass(slots=True)
class _ExportedSpan(OpenSpan):
    """A step that is a span of OpenTelemetry. `is_whole` says to tell also what went in and came out."""

    exported: trace.Span = trace.INVALID_SPAN
    is_whole: bool = False

    def current(self) -> AbstractContextManager[object]:
        return trace.use_span(self.exported, record_exception=False, set_status_on_exception=False)

    def close(self, output: object = None, error: BaseException | None = None) -> None:
        if error is not None:
            self.error = f"{type(error).__name__}: {error}"
        said: dict[str, Any] = dict(self.attributes)
        if self.is_whole:
            said["input.value"] = json.dumps(self.input)
            said["output.value"] = json.dumps(as_json(output))
        self.exported.set_attributes(said)
        if self.error is not None:
            self.exported.set_status(trace.StatusCode.ERROR, self.error)
        self.exported.end()


def _exported(name: str, kind: SpanKind, given: object, under: tuple[Acting | None, int]) -> OpenSpan | None:
    """A span inside the present one; None when nobody would see it and nothing acts on it."""
    acting, further = under
    is_whole = STATE_MARK in trace.get_current_span().get_span_context().trace_state
    exported = trace.get_tracer("foretell").start_span(name, attributes={KIND_MARK: kind})
    if acting is None and not exported.is_recording():
        return None
    number = f"{exported.get_span_context().span_id:016x}"
    told = as_json(given) if is_whole else None
    span = _ExportedSpan(name, kind, number, None, told, acting=acting, exported=exported, is_whole=is_whole)
    if _OBEYS and is_whole:
        span.attributes[DRILLED_ATTRIBUTE] = True
    if further:
        span.again = functools.partial(_again, name, kind, given, (acting, further - 1))
    return span


def _again(name: str, kind: SpanKind, given: object, under: tuple[Acting | None, int]) -> OpenSpan:
    span = _exported(name, kind, given, under)
    assert span is not None  # something acts on it
    return span
