"""How an application under test is told which trace it works for, and how its spans come back."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from foretell.core.domain.arrivals import RUN_MARK, STATE_MARK
from foretell.core.domain.effects import FAULT_ENTRY
from foretell.core.domain.trace import NotSeen, Trace


@dataclass(frozen=True, slots=True)
class Link:
    """One turn's trace: its id and the span that caused it (hex), the run, and where spans are to be sent.

    Without an endpoint nobody waits for its spans; it says all the same that an evaluation asks.
    """

    trace_id: str
    span_id: str
    run: str
    endpoint: str = ""

    def headers(self, fault: str = "") -> dict[str, str]:
        """For a request: W3C trace context, the run and a drill's fault as baggage. Sampled where spans are awaited."""
        run = "".join(char if char.isalnum() or char in "-_." else "_" for char in self.run) or "_"
        return {
            "traceparent": f"00-{self.trace_id}-{self.span_id}-{'01' if self.endpoint else '00'}",
            "tracestate": f"{STATE_MARK}={run}",
            "baggage": f"{RUN_MARK}={run}" + (f",{FAULT_ENTRY}={fault}" if fault else ""),
        }

    def environment(self, fault: str = "") -> dict[str, str]:
        """For a program: the same as variables, and OpenTelemetry's own that send its spans here and nowhere else."""
        return {
            **{name.upper(): value for name, value in self.headers(fault).items()},
            **exporting_to(self.endpoint),
        }


def exporting_to(endpoint: str) -> dict[str, str]:
    """OpenTelemetry's own variables that have a process send its spans to an endpoint and nowhere else."""
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{endpoint}/v1/traces",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_TRACES_SAMPLER": "parentbased_always_on",
    }


class SpanReceiver(Protocol):
    """Receives the spans of trials."""

    async def open(self, port: int) -> None:
        """Listen on this machine; port 0 takes a free one.

        Raises:
            Unreachable: the port is taken.
        """
        ...

    def link(self, run: str) -> Link:
        """A new trace that is expected."""
        ...

    def environment(self) -> Mapping[str, str]:
        """Variables that have this process, when it makes its exporters later, send its spans here."""
        ...

    def current(self, link: Link) -> AbstractContextManager[None]:
        """While it is open, what this process does belongs to the trace, in threads and tasks started inside too."""
        ...

    async def trace(self, link: Link) -> Trace | NotSeen:
        """What came of it, once it is whole; asked when the answer is there, it waits for a while."""
        ...

    def claim(self) -> int:
        """The spans of traces that nobody expects which came since this was asked last."""
        ...

    async def aclose(self) -> None:
        """Listen no longer."""
        ...
