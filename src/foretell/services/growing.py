"""Interactions that grow: by spans that came, whenever they came, and by what was said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from foretell.core.analysis.assembling import Told, interaction_of
from foretell.core.domain.arrivals import Arrival
from foretell.core.domain.traffic import Interaction
from foretell.core.domain.values import Json

MOST_SPANS: Final = 10_000
"""Spans that are kept of one interaction: each part of a trace that comes reads and writes all of them again."""


@dataclass(slots=True)
class Growth:
    """The change of an interaction by covered arrivals of its trace; the same ones again change nothing.

    Once it was made, `is_new` tells whether there was an interaction before, `added` how many spans are new in it, and
    `cut` how many were too many.
    """

    identity: str
    arrivals: Sequence[Arrival]
    at: str
    probability: float | None
    names: str
    is_new: bool = field(default=False, init=False)
    added: int = field(default=0, init=False)
    cut: int = field(default=0, init=False)

    def __call__(self, before: Interaction | None) -> Interaction:
        """The interaction with the spans that came since."""
        spans = () if before is None else before.spans
        known = {span.span_id for span in spans}
        fresh = list({one.span.span_id: one for one in reversed(self.arrivals)}.values())[::-1]
        fresh = [one for one in fresh if one.span.span_id not in known]
        kept = fresh[: max(0, MOST_SPANS - len(spans))]
        self.is_new, self.added, self.cut = before is None, len(kept), len(fresh) - len(kept)
        if before is not None and not kept:
            return before
        return interaction_of(self.identity, [*spans, *(one.span for one in kept)], self._told(before, kept))

    def _told(self, before: Interaction | None, kept: Sequence[Arrival]) -> Told:
        found = Told(
            at=self.at,
            conversation_id=next((one.conversation_id for one in kept if one.conversation_id), None),
            release=next((one.release for one in kept if one.release), None),
            probability=self.probability,
            feedback={name: value for one in kept for name, value in one.feedback.items()},
            metadata={"names": self.names},
        )
        if before is None:
            return found
        return replace(
            found,
            at=before.at,
            conversation_id=before.conversation_id or found.conversation_id,
            release=before.release or found.release,
            probability=before.probability,
            feedback={**before.feedback, **found.feedback},
            metadata=before.metadata,
        )


@dataclass(slots=True)
class Saying:
    """The change of an interaction by feedback. Once it was made, `is_heard` tells whether there was one."""

    feedback: Mapping[str, Json]
    is_heard: bool = field(default=False, init=False)

    def __call__(self, before: Interaction | None) -> Interaction | None:
        """The interaction with what was said of it; nothing where there is none."""
        self.is_heard = before is not None
        return None if before is None else replace(before, feedback={**before.feedback, **self.feedback})
