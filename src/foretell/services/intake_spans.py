"""Spans of archives, put together to interactions as those that the receiver hears.

An interaction grows with every part of its trace that is read, in the store: so a trace may lie in as many places of a
file as it likes, and no more than one part is ever held here.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace
from itertools import groupby

from foretell.core.analysis.traffic.personal import Anonymiser
from foretell.core.analysis.traffic.sampling import Draw, Sampler
from foretell.core.domain.arrivals import Arrival
from foretell.services.covering import covered_arrivals
from foretell.services.growing import Growth
from foretell.services.house import House

_EVALUATION = Draw(is_kept=False, probability=0.0)


@dataclass(frozen=True, slots=True)
class SpanIntake:
    """Spans read, left out by the share, of an evaluation, in the store already, new to it; values and spans cut."""

    read: int = 0
    left_out: int = 0
    evaluation: int = 0
    known: int = 0
    new: int = 0
    cut: int = 0

    def plus(self, other: "SpanIntake") -> "SpanIntake":
        """Both together."""
        return SpanIntake(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass(slots=True)
class TraceDraws:
    """Which traces of an archive are kept: `look` at all of its spans first, for any of them may decide.

    Held are those traces alone whose id and state do not decide by themselves: of an evaluation, or of a conversation
    that is kept or left against them.
    """

    sampler: Sampler
    _decided: dict[str, Draw] = field(default_factory=dict[str, Draw], init=False)

    def look(self, one: Arrival) -> None:
        """Take note of what a span says of its trace."""
        if one.run is not None:
            self._decided[one.trace_id] = _EVALUATION
        elif one.conversation_id is not None and one.trace_id not in self._decided:
            draw = self.sampler.draw(one.trace_id, one.state, one.conversation_id)
            if draw != self.sampler.draw(one.trace_id, one.state, None):
                self._decided[one.trace_id] = draw

    def draw(self, one: Arrival) -> Draw:
        """The decision about the trace of a span."""
        known = self._decided.get(one.trace_id)
        return self.sampler.draw(one.trace_id, one.state, None) if known is None else known


@dataclass(frozen=True, slots=True)
class SpanTaker:
    """Takes spans into the store; when `is_dry` it counts them only."""

    house: House
    anonymiser: Anonymiser
    draws: TraceDraws
    is_dry: bool

    async def take(self, arrivals: Sequence[Arrival]) -> tuple[SpanIntake, int]:
        """What came of some spans, and how many interactions are new by them."""
        found, growths = await self._grow(arrivals)
        new, cut = sum(one.added for one in growths), sum(one.cut for one in growths)
        known = sum(len(one.arrivals) for one in growths) - new - cut
        return replace(found, known=known, new=new, cut=cut), sum(one.is_new for one in growths)

    async def take_notes(self, notes: Sequence[Arrival]) -> int:
        """Add what is told of spans apart from them; how much of it is on something that is kept."""
        _, growths = await self._grow(notes)
        return sum(len(one.arrivals) - one.unheard for one in growths)

    async def _grow(self, arrivals: Sequence[Arrival]) -> tuple[SpanIntake, list[Growth]]:
        drawn = [(one, self.draws.draw(one)) for one in arrivals]
        kept = [(one, draw) for one, draw in drawn if draw.is_kept]
        evaluation = sum(draw is _EVALUATION for _, draw in drawn)
        found = SpanIntake(len(drawn), len(drawn) - len(kept) - evaluation, evaluation)
        if self.is_dry or not kept:
            return found, []
        chances = {self.anonymiser.identity("interaction", one.trace_id): draw.probability for one, draw in kept}
        covered = sorted(covered_arrivals(self.anonymiser, [one for one, _ in kept]), key=lambda one: one.trace_id)
        growths = [
            Growth(trace, list(part), self.house.now(), chances[trace], self.anonymiser.names_covered)
            for trace, part in groupby(covered, key=lambda one: one.trace_id)
        ]
        await self.house.store.intake.settle([(one.identity, one) for one in growths], ())
        return found, growths
