"""Interactions of production traffic, as a file holds them."""

from collections.abc import Iterable
from dataclasses import replace
from operator import attrgetter

from foretell.core.domain.files.cases import keep_unknown
from foretell.core.domain.files.lines import Decoded, decode
from foretell.core.domain.files.rows import Row
from foretell.core.domain.files.spans import spans_of, usage_of
from foretell.core.domain.traffic import Interaction
from foretell.core.domain.values import Json


def decode_interactions(lines: Iterable[bytes], path: str) -> Decoded[Interaction]:
    """The interactions of a JSON Lines file, in its order. A file without a line is an hour without traffic."""
    return decode(lines, path, interaction_of, attrgetter("id"), "interaction '{}'".format)


def interaction_of(row: Row) -> Interaction:
    """One interaction. Its input must be there, and is null when only sizes are known.

    Fields that an interaction does not have are kept under its metadata.
    """
    if "input" not in row.value:
        row.wrong("input", "is missing.", "Give what the user asked, or null when only sizes are known.")
    found = Interaction(
        id=row.name("id"),
        at=_at(row),
        input=row.take("input"),
        conversation_id=row.text("conversation_id"),
        output=row.take("output"),
        spans=spans_of(row),
        model=row.text("model"),
        usage=usage_of(row),
        cost_usd=row.number("cost_usd"),
        feedback=_feedback(row),
        release=row.text("release"),
        probability=_probability(row),
    )
    metadata = keep_unknown(row.mapping("metadata"), row.rest("usage"))
    return replace(found, metadata=metadata) if metadata else found


def _at(row: Row) -> str:
    if not row.has("at"):
        row.wrong("at", "is missing.", "Give the time of the request, like 2026-03-01T09:30:00Z.")
    return row.time("at") or ""


def _probability(row: Row) -> float | None:
    chance = row.number("probability")
    if chance is not None and not 0 < chance <= 1:
        row.wrong("probability", "is not a probability above 0.", "Give the share of traffic that was kept: 0.01.")
    return chance


def _feedback(row: Row) -> dict[str, Json]:
    feedback = row.mapping("feedback")
    inner = row.child("feedback", feedback)
    inner.flag("resolved")
    inner.flag("escalated")
    inner.number("rating", is_signed=True)
    return feedback
