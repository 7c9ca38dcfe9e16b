"""Traffic as it comes in: sampled, covered, kept durably, put together to interactions.

Nothing raw is ever written. A request is acknowledged when the covered spans that are kept of it are durable. A trace
is put together when its root has ended and it was quiet for a while; later spans are added to its interaction.
"""

import asyncio
import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from foretell.core.analysis.traffic.personal import Anonymiser
from foretell.core.analysis.traffic.sampling import Draw, Sampler
from foretell.core.domain.arrivals import Remark, run_of
from foretell.core.errors import ForetellError
from foretell.core.ports.capture import Coverer, Export, Parcel, Piece
from foretell.core.ports.intake import Intake
from foretell.services.feedback import say
from foretell.services.growing import Growth

QUIET_SECONDS = 2.0
"""How long nothing may have come of a trace whose root has ended."""
LONGEST_AHEAD = 5.0
"""Seconds of work that may be queued before no more is admitted."""
REMEMBERED = 200_000
"""Traces whose decision is remembered, so that all of its spans share it."""
TICK_SECONDS = 0.25
_UNDRAWN = Draw(is_kept=True, probability=None)
_EVALUATION = Draw(is_kept=False, probability=0.0)


class Busy(Exception):
    """More is queued than can be worked off soon. `seconds` is when to come again."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"more than {LONGEST_AHEAD:g} s of anonymising are queued")


@dataclass(frozen=True, slots=True)
class Rules:
    """How traffic is taken in.

    `conversation` and `marks` are attributes that matter before a span is opened: those that name its conversation, and
    those that mark an evaluation. `trace_wait` is the longest that a trace without a root is waited for, in seconds.
    """

    sampler: Sampler
    anonymiser: Anonymiser
    conversation: frozenset[str]
    marks: frozenset[str]
    trace_wait: float = 10.0


@dataclass(slots=True)
class OpenTrace:
    """A trace that may still grow: its pieces, the numbers under which they wait, when the last one came."""

    last: float
    is_root_ended: bool = False
    has_spans: bool = False
    pieces: list[Piece] = field(default_factory=list[Piece])
    numbers: set[int] = field(default_factory=set[int])

    def is_due(self, now: float, longest: float) -> bool:
        """Whether nothing more is expected of it."""
        return now - self.last >= (min(QUIET_SECONDS, longest) if self.is_root_ended else longest)


@dataclass(slots=True)
class Ingest:
    """Takes requests in: `start` before the first, `drain` after the last. `now` is RFC 3339, `clock` only grows.

    `counts` tells what became of spans: `kept`, `left` by sampling, of an `evaluation`, `rejected`; values `cut`;
    `feedback` and `notes`, and those on nothing that is kept.
    """

    intake: Intake
    coverer: Coverer
    rules: Rules
    clock: Callable[[], float]
    now: Callable[[], str]
    counts: Counter[str] = field(default_factory=Counter[str])
    _draws: OrderedDict[str, Draw] = field(default_factory=OrderedDict[str, Draw], init=False)
    _open: dict[str, OpenTrace] = field(default_factory=dict[str, OpenTrace], init=False)
    _shares: Counter[int] = field(default_factory=Counter[int], init=False)
    _settling: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _sweeper: "asyncio.Task[None] | None" = field(default=None, init=False)

    async def start(self) -> int:
        """Take up what an earlier process left; returns how many traces that were."""
        async for left in self.intake.waiting():
            self._take(left.no, left.pieces)
        self._sweeper = asyncio.create_task(self._sweep())
        return len(self._open)

    async def accept(self, export: Export) -> None:
        """Keep what is wanted of a request; returns once that is durable.

        Raises:
            Busy: too much is queued already.
            ForetellError: it could not be covered or kept.
        """
        if (ahead := self.coverer.seconds_ahead()) > LONGEST_AHEAD:
            raise Busy(math.ceil(ahead - LONGEST_AHEAD) + 1)
        kept, chances = self._wanted(export)
        self.counts["rejected"] += export.losses.rejected
        if not kept:
            return
        covered = await self.coverer.cover(export, kept)
        pieces = [replace(piece, probability=chances.get(piece.trace)) for piece in covered.pieces]
        self._take(await self.intake.keep(pieces), pieces)
        self.counts["notes" if export.is_notes else "kept"] += len(kept)
        self.counts["cut"] += covered.cut

    async def say(self, remark: Remark) -> bool:
        """Add feedback to the interaction of a trace, or to those of a conversation so far, durably.

        False when nothing of it is kept, which is counted.
        """
        anonymiser = self.rules.anonymiser
        if remark.about == "trace":
            waiting = [anonymiser.identity("interaction", remark.id)]
        else:
            talk = anonymiser.identity("conversation", remark.id)
            waiting = [
                name for name, one in self._open.items() if any(part.conversation == talk for part in one.pieces)
            ]
        await self._settle(self._with_spans(waiting))
        is_heard = await say(self.intake, anonymiser, [remark]) > 0
        self.counts["feedback" if is_heard else "feedback on nothing kept"] += 1
        return is_heard

    async def drain(self) -> None:
        """Put together all that is open, and end. Notes whose spans have not come go on waiting in the journal."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._sweeper
        await self._settle(self._with_spans(self._open))

    def _with_spans(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if (trace := self._open.get(name)) is not None and trace.has_spans]

    def _identity(self, trace_id: str) -> str:
        return self.rules.anonymiser.identity("interaction", trace_id)

    def _wanted(self, export: Export) -> tuple[list[int], dict[str, float | None]]:
        """Places of the spans to keep, and each trace's chance to be kept, by its keyed hash."""
        parcels: Iterable[Parcel] = export.parcels()
        talks: dict[str, str] = {}
        if export.mentions(self.rules.conversation):  # any span of the request may name it for its trace
            parcels = list(parcels)
            for parcel in parcels:
                if parcel.trace_id not in talks and (found := parcel.find(self.rules.conversation)):
                    talks[parcel.trace_id] = found
        marks = self.rules.marks if export.mentions(self.rules.marks) else frozenset[str]()
        kept: list[int] = []
        chances: dict[str, float | None] = {}
        seen = "", _EVALUATION
        for place, parcel in enumerate(parcels):
            if run_of(parcel.state) is not None or (marks and parcel.find(marks)):
                self._remember(parcel.trace_id, _EVALUATION)
                seen = "", _EVALUATION
            if seen[0] != parcel.trace_id:  # spans of one trace mostly come together
                draw = self._known(parcel) if export.is_notes else self._draw(parcel, talks.get(parcel.trace_id))
                seen = parcel.trace_id, draw
                if draw.is_kept:
                    chances[self._identity(parcel.trace_id)] = seen[1].probability
            if seen[1].is_kept:
                kept.append(place)
            else:
                self.counts["evaluation" if seen[1] is _EVALUATION else "left"] += 1
        return kept, chances

    def _known(self, parcel: Parcel) -> Draw:
        """The decision about a trace of which a note came. It may come first: then it waits for the trace's spans."""
        return self._draws.get(parcel.trace_id, _UNDRAWN)

    def _draw(self, parcel: Parcel, conversation: str | None) -> Draw:
        """The decision about a trace, made once: a conversation that is named later does not change it."""
        known = self._draws.get(parcel.trace_id)
        if known is None:
            known = self.rules.sampler.draw(parcel.trace_id, parcel.state, conversation)
            self._remember(parcel.trace_id, known)
        return known

    def _remember(self, trace_id: str, draw: Draw) -> None:
        self._draws[trace_id] = draw
        if len(self._draws) > REMEMBERED:
            self._draws.popitem(last=False)

    def _take(self, number: int, pieces: Sequence[Piece]) -> None:
        """Add what is durable to the traces it is of."""
        now = self.clock()
        for piece in pieces:
            trace = self._open.setdefault(piece.trace, OpenTrace(now))
            trace.last = now
            trace.is_root_ended |= piece.is_root
            trace.has_spans |= not piece.is_notes
            trace.pieces.append(piece)
            if number not in trace.numbers:
                trace.numbers.add(number)
                self._shares[number] += 1

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = self.clock()
            due = [name for name, trace in self._open.items() if trace.is_due(now, self.rules.trace_wait)]
            try:
                await self._settle(due)
            except ForetellError:  # the store is not to be had now: all of it waits there, and is tried again
                self.counts["delayed"] += len(due)

    async def _settle(self, names: Sequence[str]) -> None:
        """Put traces together, and let go of what waited for none but them."""
        async with self._settling:
            taken = {name: trace for name in names if (trace := self._open.pop(name, None)) is not None}
            if not taken:
                return
            try:
                changes = [(name, self._change(name, trace)) for name, trace in taken.items()]
                leaving = Counter(number for trace in taken.values() for number in trace.numbers)
                done = [number for number, shares in leaving.items() if self._shares[number] == shares]
                await self.intake.settle(changes, done)
                self.counts["notes on nothing kept"] += sum(change.unheard for _, change in changes)
                self.counts["cut"] += sum(change.cut for _, change in changes)
            except BaseException:
                for name, trace in taken.items():
                    self._reopen(name, trace)
                raise
            self._shares -= leaving

    def _reopen(self, name: str, trace: OpenTrace) -> None:
        """Put a trace back, together with what came of it meanwhile."""
        newer = self._open.get(name)
        if newer is not None:
            trace.pieces += newer.pieces
            self._shares -= Counter(trace.numbers & newer.numbers)
            trace.numbers |= newer.numbers
        self._open[name] = trace

    def _change(self, identity: str, trace: OpenTrace) -> Growth:
        arrivals = [arrival for piece in trace.pieces for arrival in self.coverer.unpack(piece)]
        probability = next((one.probability for one in trace.pieces if one.probability is not None), None)
        return Growth(identity, arrivals, self.now(), probability, self.rules.anonymiser.names_covered)
