"""Feedback that comes by itself, on its way to the interactions that it is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from foretell.core.analysis.traffic.personal import Anonymiser
from foretell.core.domain.arrivals import Remark
from foretell.core.domain.values import Json
from foretell.core.ports.intake import Intake
from foretell.core.ports.traffic import Traffic
from foretell.services.growing import Saying
from foretell.services.retention import EVER

SPANS_AT_ONCE = 100_000
"""Spans that are looked for together: each time all that is kept is read."""


async def say(intake: Intake, anonymiser: Anonymiser, remarks: Sequence[Remark]) -> int:
    """Add what is said of traces and conversations to all that is kept of them; how many of it found something."""
    sayings: list[list[tuple[str, Saying]]] = []
    for one in remarks:
        feedback = anonymiser.value(dict(one.feedback))
        if one.about == "trace":
            places: Sequence[str] = (anonymiser.identity("interaction", one.id),)
        else:
            places = await intake.of_conversation(anonymiser.identity("conversation", one.id))
        sayings.append([(place, Saying(feedback)) for place in places])
    await intake.settle([pair for part in sayings for pair in part], ())
    return sum(any(saying.is_heard for _, saying in part) for part in sayings)


@dataclass(slots=True)
class SpanRemarks:
    """Feedback about spans, which waits until all that is kept is read for it at once."""

    intake: Intake
    traffic: Traffic
    anonymiser: Anonymiser
    _waiting: dict[str, list[dict[str, Json]]] = field(default_factory=dict[str, list[dict[str, Json]]], init=False)

    async def add(self, remarks: Iterable[Remark]) -> int:
        """Let it wait; how many of those that waited found something, when they were too many."""
        for one in remarks:
            self._waiting.setdefault(one.id, []).append(self.anonymiser.value(dict(one.feedback)))
        return await self.say() if len(self._waiting) >= SPANS_AT_ONCE else 0

    async def say(self) -> int:
        """Add what waits to the interactions that have these spans; how many of it found something."""
        heard: set[str] = set()
        if not self._waiting:
            return 0
        async for one in self.traffic.window(*EVER):
            spans = {span.span_id for span in one.spans if span.span_id is not None} & self._waiting.keys()
            if spans:
                await self.intake.settle([(one.id, Saying(told)) for span in spans for told in self._waiting[span]], ())
                heard |= spans
        number = sum(len(self._waiting[span]) for span in heard)
        self._waiting.clear()
        return number
