"""What is kept of traffic, seen and let go: totals, a second look for personal data, pruning."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from foretell.core.domain.traffic import Interaction
from foretell.core.domain.values import Json
from foretell.core.errors import ConfigurationError, Problem
from foretell.core.ports.records import Record
from foretell.services.house import House
from foretell.services.traffic import anonymiser_of

KIND = "retention"
EVER = ("0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z")
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Totals:
    """What the store holds of traffic. `by` counts interactions by release, feedback, names covered, known chance."""

    interactions: int
    conversations: int
    first: str | None
    last: str | None
    by: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])


@dataclass(frozen=True, slots=True)
class Remains:
    """Personal data that a second look found: interactions seen, those with some left, and pieces by kind."""

    seen: int
    ids: tuple[str, ...]
    kinds: dict[str, int]
    names: str


async def total(house: House) -> Totals:
    """Count what is kept."""
    by: dict[str, Counter[str]] = {name: Counter() for name in ("release", "feedback", "names", "probability")}
    conversations: set[str] = set()
    number = 0
    async for one in house.store.traffic.window(*EVER):
        number += 1
        conversations.add(one.conversation_id or one.id)
        by["release"][one.release or "not said"] += 1
        by["feedback"][feedback_of(one)] += 1
        by["names"][str(one.metadata.get("names", "not covered"))] += 1
        by["probability"]["unknown" if one.probability is None else f"{one.probability:g}"] += 1
    first, last = await house.store.traffic.span() or (None, None)
    counted = {name: dict(counts.most_common(20)) for name, counts in by.items()}
    return Totals(number, len(conversations), first, last, counted)


def feedback_of(one: Interaction) -> str:
    """What a user's feedback comes to: good, bad or none."""
    said = one.feedback
    if said.get("resolved") is False or said.get("escalated") is True:
        return "bad"
    rating = said.get("rating")
    if isinstance(rating, int | float) and not isinstance(rating, bool):
        return "bad" if rating <= 0 else "good"
    return "good" if said.get("resolved") is True else "none"


async def verify(house: House) -> Remains:
    """Look through all that is kept again for personal data, with today's patterns, names model and fields.

    Raises:
        ConfigurationError: no key for pseudonyms: the same patterns must be at work.
    """
    anonymiser = anonymiser_of(house, "traffic verify")
    ids, kinds, seen = list[str](), Counter[str](), 0
    async for one in house.store.traffic.window(*EVER):
        seen += 1
        found = list(anonymiser.remains(content_of(one)))
        if found:
            ids.append(one.id)
            kinds.update(found)
    return Remains(seen, tuple(ids), dict(kinds.most_common()), anonymiser.names_covered)


def content_of(one: Interaction) -> Json:
    """All of an interaction that came from outside; ids are hashes of ours."""
    spans: list[Json] = [[span.name, span.input, span.output, span.error, dict(span.attributes)] for span in one.spans]
    return [one.input, one.output, dict(one.feedback), dict(one.metadata), one.model, one.release, spans]


async def prune(house: House, days: float, *, is_dry: bool = False) -> int:
    """Take away the interactions that are older than so many days. Returns how many; a record of it is kept."""
    if days <= 0:
        raise ConfigurationError(Problem("--older-than", f"{days:g} days is no age.", "Give one such as 90d."))
    until = (datetime.fromisoformat(house.now()) - timedelta(days=days)).isoformat()
    return await _remove(house, lambda _: True, {"older_than_days": days, "until": until}, until=until, is_dry=is_dry)


async def _remove(
    house: House, is_wanted: Callable[[Interaction], bool], why: dict[str, Json], *, until: str = EVER[1], is_dry: bool
) -> int:
    ids = [one.id async for one in _picked(house.store.traffic.window(EVER[0], until), is_wanted)]
    if is_dry or not ids:
        return len(ids)
    gone = sum([await house.store.traffic.remove(part) for part in parts_of(ids)])
    body: dict[str, Json] = {**why, "removed": gone}
    await house.store.records.append(Record(KIND, house.new_id(), house.now(), body))
    return gone


async def _picked(
    found: AsyncIterator[Interaction], is_wanted: Callable[[Interaction], bool]
) -> AsyncIterator[Interaction]:
    async for one in found:
        if is_wanted(one):
            yield one


def parts_of(ids: list[str]) -> Iterable[list[str]]:
    """Some hundred at a time."""
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def totals_json(totals: Totals) -> dict[str, Json]:
    """Totals as JSON."""
    return asdict(totals)
