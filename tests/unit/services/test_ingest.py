"""Taking traffic in: what is kept, when a trace is whole, and that nothing is let go before it is stored."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from foretell.core.analysis.traffic.personal import Anonymiser
from foretell.core.analysis.traffic.sampling import Sampler
from foretell.core.domain.arrivals import Arrival, Losses, Remark
from foretell.core.domain.trace import Span
from foretell.core.domain.traffic import Interaction
from foretell.core.errors import RunFailed
from foretell.core.ports.capture import Covered, Piece
from foretell.core.ports.intake import Change, Waiting
from foretell.services.covering import covered_arrival
from foretell.services.ingest import Busy, Ingest, Rules

ANONYMISER = Anonymiser(b"key")


@dataclass
class Sent:
    """A parcel and an export of spans, written down."""

    spans: list[Arrival]
    losses: Losses = field(default_factory=Losses)
    is_notes: bool = False

    def parcels(self) -> Iterator["SentSpan"]:
        return (SentSpan(arrival) for arrival in self.spans)

    def mentions(self, names: frozenset[str]) -> bool:
        return True


@dataclass
class SentSpan:
    arrival: Arrival

    @property
    def trace_id(self) -> str:
        return self.arrival.trace_id

    @property
    def state(self) -> str:
        return self.arrival.state

    def find(self, names: frozenset[str]) -> str | None:
        return self.arrival.conversation_id if "session.id" in names else self.arrival.run


@dataclass
class Here:
    """A coverer in this process, and a store in memory."""

    ahead: float = 0.0
    is_broken: bool = False
    bodies: dict[bytes, list[Arrival]] = field(default_factory=dict)
    rows: dict[int, Sequence[Piece]] = field(default_factory=dict)
    found: dict[str, Interaction] = field(default_factory=dict)

    def seconds_ahead(self) -> float:
        return self.ahead

    async def cover(self, export: Sent, kept: Sequence[int]) -> Covered:
        covered = [covered_arrival(ANONYMISER, export.spans[place]) for place in kept]
        pieces = []
        for trace in dict.fromkeys(one.trace_id for one in covered):
            own = [one for one in covered if one.trace_id == trace]
            body = str(len(self.bodies)).encode()
            self.bodies[body] = own
            is_root = any(one.span.parent_id is None and not one.is_note for one in own)
            pieces.append(Piece(trace, len(own), is_root, body, None, own[0].conversation_id, export.is_notes))
        return Covered(tuple(pieces))

    def unpack(self, piece: Piece) -> list[Arrival]:
        return self.bodies[piece.body]

    async def keep(self, pieces: Sequence[Piece]) -> int:
        self.rows[len(self.bodies)] = pieces
        return len(self.bodies)

    async def waiting(self) -> AsyncIterator[Waiting]:
        for number, pieces in self.rows.items():
            yield Waiting(number, tuple(pieces))

    async def of_conversation(self, conversation: str) -> list[str]:
        return [name for name, one in self.found.items() if one.conversation_id == conversation]

    async def settle(self, changes: Sequence[tuple[str, Change]], done: Sequence[int]) -> int:
        if self.is_broken:
            raise RunFailed.of("store", "is broken.")
        after = {name: change(self.found.get(name)) for name, change in changes}
        self.found |= {name: one for name, one in after.items() if one is not None}
        for number in done:
            self.rows.pop(number, None)
        return sum(one is not None for one in after.values())


def ingest_of(here: Here, share: float = 1.0) -> tuple[Ingest, list[float]]:
    time = [0.0]
    rules = Rules(Sampler(share, 1.0), ANONYMISER, frozenset({"session.id"}), frozenset({"foretell.run"}))
    return Ingest(here, here, rules, lambda: time[0], lambda: "2026-01-01T00:00:00Z"), time


def arrival(trace: int, number: int = 1, parent: str | None = None, **fields: str) -> Arrival:
    return Arrival(f"{trace:032x}", Span("s", span_id=str(number), parent_id=parent, input="hi"), **fields)


async def settle_due(ingest: Ingest) -> None:
    now = ingest.clock()
    await ingest._settle([name for name, one in ingest._open.items() if one.is_due(now, ingest.rules.trace_wait)])


async def test_a_trace_is_whole_when_its_root_ended_and_it_was_quiet() -> None:
    here = Here()
    ingest, time = ingest_of(here)
    await ingest.accept(Sent([arrival(1, 2, "1"), arrival(2, 2, "1")]))
    time[0] = 1.0
    await ingest.accept(Sent([arrival(1, 1)]))
    for now, whole in ((2.9, 0), (3.0, 1), (9.9, 1), (10.0, 2)):
        time[0] = now
        await settle_due(ingest)
        assert len(here.found) == whole
    assert here.rows == {}
    assert sorted(len(one.spans) for one in here.found.values()) == [1, 2]


async def test_a_row_is_let_go_with_the_last_trace_in_it_and_nothing_when_the_store_fails() -> None:
    here = Here()
    ingest, time = ingest_of(here)
    await ingest.accept(Sent([arrival(1, 1), arrival(2, 2, "1")]))
    time[0] = 2.0
    here.is_broken = True
    with pytest.raises(RunFailed):
        await settle_due(ingest)
    await ingest.accept(Sent([arrival(1, 5, "1")]))
    here.is_broken = False
    time[0] = 4.0
    await settle_due(ingest)
    assert ([len(one.spans) for one in here.found.values()], len(here.rows)) == ([2], 1)
    await ingest.drain()
    assert (len(here.found), here.rows) == (2, {})


async def test_what_an_earlier_process_left_is_taken_up_once() -> None:
    here = Here()
    before, _ = ingest_of(here)
    await before.accept(Sent([arrival(1, 1), arrival(1, 2, "1")]))
    await before._settle([])
    after, _ = ingest_of(here)
    assert await after.start() == 1
    await after.drain()
    await before.drain()
    assert ([len(one.spans) for one in here.found.values()], here.rows) == ([2], {})


async def test_spans_of_evaluations_are_dropped_with_their_whole_trace() -> None:
    here = Here()
    ingest, _ = ingest_of(here)
    await ingest.accept(Sent([arrival(1, state="foretell=r"), arrival(1, 2), arrival(2, run="r"), arrival(3)]))
    await ingest.accept(Sent([arrival(1, 3), arrival(2, 3)]))
    await ingest.drain()
    assert (len(here.found), dict(+ingest.counts)) == (1, {"kept": 1, "evaluation": 5})


async def test_a_conversation_is_kept_or_left_as_a_whole_and_a_decision_stays() -> None:
    here = Here()
    ingest, _ = ingest_of(here, share=0.5)
    talks = [f"c-{number}" for number in range(8)]
    sent = [arrival(number + 1, conversation_id=talks[number // 4]) for number in range(32)]
    await ingest.accept(Sent(sent))
    late = [arrival(number + 1, 2, "1", conversation_id="another") for number in range(32)]
    await ingest.accept(Sent(late))
    await ingest.drain()
    by_talk = {one.conversation_id: 0 for one in here.found.values()}
    for one in here.found.values():
        by_talk[one.conversation_id] += 1
        assert (len(one.spans), one.probability) == (2, 0.5)
    assert set(by_talk.values()) == {4}
    assert 0 < len(by_talk) < 8


async def test_too_much_ahead_is_not_admitted() -> None:
    ingest, _ = ingest_of(Here(ahead=9.5))
    with pytest.raises(Busy) as caught:
        await ingest.accept(Sent([arrival(1)]))
    assert caught.value.seconds == 6


async def test_feedback_grows_an_interaction_and_is_covered() -> None:
    here = Here()
    ingest, _ = ingest_of(here)
    assert not await ingest.say(Remark("trace", f"{1:032x}", {"resolved": True}))
    await ingest.accept(Sent([arrival(1)]))
    assert await ingest.say(Remark("trace", f"{1:032x}", {"note": "I am jo@example.com"}))
    assert await ingest.say(Remark("trace", f"{1:032x}", {"resolved": True}))
    assert await ingest.say(Remark("trace", f"{1:032x}", {"resolved": True}))  # said twice is no mistake
    (found,) = here.found.values()
    assert found.feedback == {"note": f"I am {ANONYMISER.pseudonym('email', 'jo@example.com')}", "resolved": True}


async def test_feedback_on_a_conversation_is_on_all_that_is_kept_of_it_so_far() -> None:
    here = Here()
    ingest, _ = ingest_of(here)
    await ingest.accept(Sent([arrival(1, conversation_id="s-1"), arrival(2, conversation_id="s-2")]))
    await ingest.accept(Sent([arrival(3, conversation_id="s-1")]))
    assert await ingest.say(Remark("conversation", "s-1", {"resolved": False}))
    assert not await ingest.say(Remark("conversation", "s-3", {"resolved": False}))
    await ingest.accept(Sent([arrival(4, conversation_id="s-1")]))
    await ingest.drain()
    said = [(one.conversation_id, dict(one.feedback)) for one in here.found.values()]
    first, second = (ANONYMISER.identity("conversation", name) for name in ("s-1", "s-2"))
    assert sorted(said, key=str) == sorted(
        [(first, {"resolved": False}), (first, {"resolved": False}), (first, {}), (second, {})], key=str
    )
    assert (ingest.counts["feedback"], ingest.counts["feedback on nothing kept"]) == (1, 1)


def note(trace: int, number: int = 1, **fields: Any) -> Arrival:
    feedback = fields.pop("feedback", {})
    return Arrival(f"{trace:032x}", Span("", span_id=str(number), **fields), feedback=feedback, is_note=True)


async def test_notes_are_added_to_the_spans_that_they_tell_of_before_and_after_these_came() -> None:
    here = Here()
    ingest, time = ingest_of(here)
    asked = note(1, 2, input=[{"role": "user", "content": "hi"}])
    await ingest.accept(Sent([asked, note(2, output="lost")], is_notes=True))
    await ingest.accept(Sent([asked, note(1, 2, output="ho")], is_notes=True))  # one of them was sent twice
    call = Arrival(f"{1:032x}", Span("chat", "llm", span_id="2", parent_id="1"))
    await ingest.accept(Sent([Arrival(f"{1:032x}", Span("answer", span_id="1")), call]))
    time[0] = 2.5
    await settle_due(ingest)
    (found,) = here.found.values()
    assert (found.input, found.output, len(found.spans)) == ("hi", "ho", 2)
    await ingest.accept(Sent([note(1, 2, output="too late"), note(1, 9, output="of no span")], is_notes=True))
    await ingest.accept(Sent([note(1, 2, feedback={"note": "by jo@example.com"})], is_notes=True))
    time[0] = 20.0
    await settle_due(ingest)
    (found,) = here.found.values()
    assert (found.output, found.probability) == ("ho", 1.0)
    assert found.feedback == {"note": f"by {ANONYMISER.pseudonym('email', 'jo@example.com')}"}
    assert here.rows == {}
    assert (ingest.counts["notes"], ingest.counts["notes on nothing kept"], ingest.counts["kept"]) == (7, 2, 2)


async def test_notes_wait_for_their_spans_whatever_happens_meanwhile() -> None:
    here = Here()
    first, _ = ingest_of(here)
    await first.accept(Sent([note(1, output="ho")], is_notes=True))
    assert not await first.say(Remark("trace", f"{1:032x}", {"rating": 1}))
    await first.drain()
    assert len(here.rows) == 1
    second, _ = ingest_of(here)
    assert await second.start() == 1
    await second.accept(Sent([arrival(1)]))
    await second.drain()
    assert [(one.input, one.output) for one in here.found.values()] == [("hi", "ho")]
    assert here.rows == {}


async def test_notes_follow_the_decision_about_their_trace_and_make_none() -> None:
    here = Here()
    ingest, time = ingest_of(here, share=0.5)
    left, kept = 1, 0xFF << 48
    await ingest.accept(Sent([note(left, output="first"), note(kept, output="first")], is_notes=True))
    await ingest.accept(Sent([arrival(left), arrival(kept)]))
    await ingest.accept(Sent([note(left, feedback={"rating": 1}), note(kept, feedback={"rating": 2})], is_notes=True))
    await ingest.accept(Sent([arrival(3, run="run-1")]))
    await ingest.accept(Sent([note(3, output="of an evaluation")], is_notes=True))
    time[0] = 20.0
    await settle_due(ingest)
    (found,) = here.found.values()
    assert (found.output, found.feedback, found.probability) == ("first", {"rating": 2}, 0.5)
    assert here.rows == {}
