"""Interactions that grow: by spans that came, whenever they came, and by what was said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from foretell.core.analysis.traffic.assembling import Told, interaction_of, with_notes
from foretell.core.domain.arrivals import Arrival
from foretell.core.domain.traffic import Interaction
from foretell.core.domain.values import Json

MOST_SPANS: Final = 10_000
"""Spans that are kept of one interaction: each part of a trace that comes reads and writes all of them again."""


@dataclass(slots=True)
class Growth:
    """The change of an interaction by covered arrivals of its trace; the same ones again change nothing.

    Once it was made, `is_new` tells whether there was an interaction before, `added` how many spans are new in it, and
    `cut` how many were too many, `unheard` how many notes are on nothing that is kept.
    """

    identity: str
    arrivals: Sequence[Arrival]
    at: str
    probability: float | None
    names: str
    is_new: bool = field(default=False, init=False)
    added: int = field(default=0, init=False)
    cut: int = field(default=0, init=False)
    unheard: int = field(default=0, init=False)

    def __call__(self, before: Interaction | None) -> Interaction | None:
        """The interaction with what came since; notes alone make none."""
        spans = () if before is None else before.spans
        known = {span.span_id for span in spans}
        fresh = {one.span.span_id: one for one in reversed(self.arrivals) if not one.is_note}
        fresh = [one for one in reversed(fresh.values()) if one.span.span_id not in known]
        kept = fresh[: max(0, MOST_SPANS - len(spans))]
        self.is_new, self.added, self.cut = before is None and bool(kept), len(kept), len(fresh) - len(kept)
        notes = [one for one in self.arrivals if one.is_note]
        known |= {one.span.span_id for one in kept}
        self.unheard = sum(not known or (one.span.span_id not in known and not one.feedback) for one in notes)
        if not kept and (before is None or not notes):
            return before
        after = with_notes([*spans, *(one.span for one in kept)], [one.span for one in notes])
        return interaction_of(self.identity, after, self._told(before, [*kept, *notes]))

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
