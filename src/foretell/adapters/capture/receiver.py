"""The receiver of a run: spans of the applications under test, each to the trial that caused it."""

import asyncio
import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context, attach, detach
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from foretell.adapters.capture.otlp import Refused, read_export, refusal
from foretell.adapters.capture.reading import arrival_of
from foretell.core.analysis.traffic.assembling import once_each
from foretell.core.domain.trace import NotSeen, Span, Trace
from foretell.core.ports.links import Link, exporting_to
from foretell.core.ports.listener import Answer, Heard, Listener

QUIET_SECONDS: Final = 2.0
TRACE_WAIT: Final = 10.0
"""Seconds after the answer that a trace may take to be whole: exporters send in batches, some every 5 s."""
MOST_SPANS: Final = 10_000
"""Spans that are kept of one trace."""


@dataclass(slots=True)
class _Expected:
    """What has come of one trace."""

    caused_by: str
    spans: list[Span] = field(default_factory=list[Span])
    has_root: bool = False
    has_news: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, span: Span) -> None:
        if span.parent_id == self.caused_by:
            self.has_root = True
            span = replace(span, parent_id=None)
        if len(self.spans) < MOST_SPANS:
            self.spans.append(span)
        self.has_news.set()


class OtlpReceiver:
    """The port `SpanReceiver`. Spans of traces that nobody expects are dropped, and counted until they are claimed."""

    def __init__(self, listener: Listener, quiet: float = QUIET_SECONDS, longest: float = TRACE_WAIT) -> None:
        self._listener = listener
        self._quiet = quiet
        self._longest = longest
        self._endpoint = ""
        self._expected: dict[str, _Expected] = {}
        self._strays = 0

    async def open(self, port: int) -> None:
        """See the port."""
        self._endpoint = f"http://127.0.0.1:{await self._listener.open(port, self.take)}"

    def link(self, run: str) -> Link:
        """See the port."""
        link = Link(secrets.token_hex(16), secrets.token_hex(8), run, self._endpoint)
        self._expected[link.trace_id] = _Expected(link.span_id)
        return link

    def environment(self) -> Mapping[str, str]:
        """See the port. Exporters that send in batches do so at once instead of every 5 s."""
        return {**exporting_to(self._endpoint), "OTEL_BSP_SCHEDULE_DELAY": "200", "OTEL_SDK_DISABLED": "false"}

    @contextmanager
    def current(self, link: Link) -> Generator[None]:
        """See the port."""
        there = Context()
        for propagator in (TraceContextTextMapPropagator(), W3CBaggagePropagator()):
            there = propagator.extract(link.headers(), there)
        token = attach(there)
        try:
            yield
        finally:
            detach(token)

    async def trace(self, link: Link) -> Trace | NotSeen:
        """See the port."""
        expected = self._expected[link.trace_id]
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._longest
        try:
            while (left := deadline - loop.time()) > 0:
                expected.has_news.clear()
                try:
                    async with asyncio.timeout(min(self._quiet, left) if expected.has_root else left):
                        await expected.has_news.wait()
                except TimeoutError:
                    if expected.has_root:
                        break
        finally:
            del self._expected[link.trace_id]
        if expected.has_root:
            return Trace(once_each(expected.spans))
        return NotSeen(self._why(expected))

    def take(self, heard: Heard) -> Answer:
        """Answer a request to export."""
        if heard.path != "/v1/traces":  # metrics and logs, which nobody here reads
            return Answer(404, "text/plain", b"only /v1/traces is here\n")
        media = heard.headers.get("content-type", "")
        try:
            export = read_export(heard.body, media, heard.headers.get("content-encoding", ""))
        except Refused as refused:
            kind, body = refusal(refused.status, refused.reason, media)
            return Answer(refused.status, kind, body)
        for parcel in export.parcels():
            expected = self._expected.get(parcel.trace_id)
            if expected is None:
                self._strays += 1
            else:
                expected.add(arrival_of(parcel.open()).span)
        return Answer(200, export.media, export.answer())

    def claim(self) -> int:
        """See the port."""
        strays, self._strays = self._strays, 0
        return strays

    async def aclose(self) -> None:
        """See the port."""
        await self._listener.aclose()

    def _why(self, expected: _Expected) -> str:
        came = "some of its spans came, its root did not," if expected.spans else "no span of it came"
        return f"{came} to {self._endpoint} within {self._longest:g} s of the answer"
