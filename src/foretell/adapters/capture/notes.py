"""Log records that tell of spans: messages that instrumentation sends apart from them, and results of evaluations.

What is said of one span in one request goes together, in the order in which it stands there: the messages of a call
are records of their own.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from foretell.adapters.capture import conventions as names
from foretell.adapters.capture.raw import MOST_EVENTS, RawEvent, RawSpan
from foretell.core.domain.arrivals import RUN_MARK, Losses
from foretell.core.domain.values import Json

_KNOWN: Final = frozenset((*names.MESSAGE_EVENTS, *names.CONTENT_EVENTS, names.CHOICE_EVENT, names.EVALUATION_EVENT))


@dataclass(frozen=True, slots=True)
class Record:
    """A log record: ids in hex, empty where it has none. `event` has its attributes, and the fields of its body."""

    trace_id: str
    span_id: str
    event: RawEvent
    resource: Mapping[str, Json]


@dataclass(slots=True)
class Note:
    """The port `Parcel` over the records of one span; without a span's id they are about its trace."""

    trace_id: str
    span_id: str
    resource: Mapping[str, Json]
    losses: Losses
    events: list[RawEvent] = field(default_factory=list[RawEvent])
    state: str = ""

    def find(self, names: frozenset[str]) -> str | None:
        """See the port."""
        places = (*(event.attributes for event in self.events), self.resource)
        values = (place.get(name) for place in places for name in sorted(names))
        return next((value for value in values if isinstance(value, str) and value), None)

    def open(self) -> RawSpan:
        """A span that consists of events."""
        self.losses.cut += max(0, len(self.events) - MOST_EVENTS)
        events = self.events[:MOST_EVENTS]
        run = self.find(frozenset((RUN_MARK,)))
        attributes: dict[str, Json] = {} if run is None else {RUN_MARK: run}
        return RawSpan(
            self.trace_id, self.span_id, "", attributes=attributes, events=events, resource=self.resource, is_note=True
        )


def is_known(event: str) -> bool:
    """Whether an event is one that is read here: nothing of any other is."""
    return event in _KNOWN


def by_span(records: Iterable[Record], losses: Losses) -> Iterator[Note]:
    """The records by the span that they tell of; those that tell of none are counted as lost."""
    found: dict[tuple[str, str], Note] = {}
    for one in records:
        if not one.trace_id:
            losses.reject("the trace id is missing, or not 16 bytes of which one is not 0")
        elif not one.span_id and one.event.name != names.EVALUATION_EVENT:
            losses.reject("the span id is missing, or not 8 bytes of which one is not 0")
        else:
            key = one.trace_id, one.span_id
            found.setdefault(key, Note(*key, one.resource, losses)).events.append(one.event)
    yield from found.values()
