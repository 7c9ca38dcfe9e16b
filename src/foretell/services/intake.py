"""Archives of traffic taken into the store: sampled, anonymised before the first write, twice is as good as once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from foretell.core.analysis.traffic.sampling import Sampler
from foretell.core.domain.arrivals import Arrival, Losses, Remark
from foretell.core.domain.files.lines import PRINTED, bad_input
from foretell.core.domain.traffic import Interaction
from foretell.core.errors import ConfigurationError, Problem
from foretell.core.ports.archives import Archive, Found
from foretell.services.covering import covered_all
from foretell.services.feedback import SpanRemarks, say
from foretell.services.house import House
from foretell.services.intake_spans import SpanIntake, SpanTaker, TraceDraws
from foretell.services.traffic import anonymiser_of

AT_ONCE = 500
"""Interactions or spans that are anonymised and written together: what a run that is killed may have to do again."""


@dataclass(frozen=True, slots=True)
class IntakeRequest:
    """What to take in.

    `share` of the conversations is kept, by the hash of their ids. `upstream` is the chance with which the archive
    itself came to hold an interaction, None when nobody knows. `source` names where the ids come from.
    """

    archive: Archive
    share: float = 1.0
    upstream: float | None = None
    source: str | None = None
    is_skipping_bad: bool = False
    is_dry: bool = False


@dataclass(frozen=True, slots=True)
class Intake:
    """What came of it: interactions read, left out by the share, new to the store, known to it, and bad rows.

    Where the rows are spans, `new` alone counts interactions, and `spans` tells of the spans. `passed_over` are rows
    of metrics and records of logs. `feedback` came by itself, as what logs tell of spans; `unheard` is what of it is on
    nothing that is kept.
    """

    read: int = 0
    left_out: int = 0
    new: int = 0
    known: int = 0
    bad: int = 0
    passed_over: int = 0
    spans: SpanIntake = field(default_factory=SpanIntake)
    feedback: int = 0
    unheard: int = 0
    problems: tuple[Problem, ...] = ()
    names: str = "not covered"


async def take_in(house: House, request: IntakeRequest, told: Callable[[Intake], None] | None = None) -> Intake:
    """Read an archive into the store; all of it is read once before anything is kept.

    Raises:
        ConfigurationError: no key for pseudonyms, a share or chance that is none.
        BadInput: a file that cannot be read, or bad rows that are not to be skipped: nothing was taken in.
    """
    _check(request)
    anonymiser = anonymiser_of(house, "traffic import")
    draws = TraceDraws(Sampler(request.share, request.upstream))
    has_feedback = _look(house, request, draws)
    spans = SpanTaker(house, anonymiser, draws, request.is_dry)
    found = Intake(names=anonymiser.names_covered)
    rows = house.archives.stream(request.archive)
    while part := list(islice(rows, AT_ONCE)):
        found = _noted(found, part)
        if good := [one for one in part if isinstance(one, Interaction)]:
            kept = [one for one in (_drawn(one, request) for one in good) if one is not None]
            new = await house.store.traffic.add(covered_all(anonymiser, kept)) if kept and not request.is_dry else 0
            found = replace(
                found,
                read=found.read + len(good),
                left_out=found.left_out + len(good) - len(kept),
                new=found.new + new,
                known=found.known + (0 if request.is_dry else len(kept) - new),
            )
        if arrivals := [one for one in part if isinstance(one, Arrival) and not one.is_note]:
            taken, new = await spans.take(arrivals)
            found = replace(found, new=found.new + new, spans=found.spans.plus(taken))
        if told is not None:
            told(found)
    return await _with_feedback(house, request, spans, found) if has_feedback else found


async def _with_feedback(house: House, request: IntakeRequest, spans: SpanTaker, found: Intake) -> Intake:
    """Once more through the archive, for the feedback in it: what that is about is in the store by now."""
    number = heard = 0
    later = SpanRemarks(house.store.intake, house.store.traffic, spans.anonymiser)
    told = (one for one in house.archives.stream(request.archive) if _is_feedback(one))
    while part := list(islice(told, AT_ONCE)):
        number += len(part)
        if not request.is_dry:
            remarks = [one for one in part if isinstance(one, Remark)]
            heard += await say(house.store.intake, spans.anonymiser, [one for one in remarks if one.about != "span"])
            heard += await later.add(one for one in remarks if one.about == "span")
            heard += await spans.take_notes([one for one in part if isinstance(one, Arrival)])
    heard += await later.say()
    return replace(found, feedback=number, unheard=0 if request.is_dry else number - heard)


def _is_feedback(one: Found | Problem) -> bool:
    return isinstance(one, Remark) or (isinstance(one, Arrival) and one.is_note)


def _noted(found: Intake, part: Sequence[Found | Problem]) -> Intake:
    """With what is no traffic among some rows."""
    problems = [one for one in part if isinstance(one, Problem)]
    losses = [one for one in part if isinstance(one, Losses)]
    return replace(
        found,
        bad=found.bad + len(problems),
        problems=(*found.problems, *problems)[:PRINTED],
        passed_over=found.passed_over + sum(one.rejected for one in losses),
        spans=found.spans.plus(SpanIntake(cut=sum(one.cut for one in losses))),
    )


def _look(house: House, request: IntakeRequest, draws: TraceDraws) -> bool:
    """Read all of an archive, for what is bad in it and what its spans say of their traces; whether it has feedback."""
    problems: list[Problem] = []
    has_feedback = False
    for one in house.archives.stream(request.archive):
        if isinstance(one, Problem):
            problems.append(one)
        elif isinstance(one, Arrival):
            draws.look(one)
        has_feedback |= _is_feedback(one)
    if problems and not request.is_skipping_bad:
        raise bad_input(problems)
    return has_feedback


def _check(request: IntakeRequest) -> None:
    for name, value in (("--share", request.share), ("--upstream", request.upstream)):
        if value is not None and not 0 < value <= 1:
            what = f"{value:g} is not a share of the traffic."
            raise ConfigurationError(Problem(name, what, "Give a number above 0 and at most 1: 0.01 is one per cent."))


def _drawn(one: Interaction, request: IntakeRequest) -> Interaction | None:
    """The interaction with the chance of its being here, and an id that says where it comes from; None is left out."""
    upstream = one.probability if one.probability is not None else request.upstream
    drawn = Sampler(request.share, upstream).draw("", "", one.conversation_id or one.id)
    source = request.source or request.archive.path.rpartition("/")[2]
    return replace(one, id=f"{source}\x1f{one.id}", probability=drawn.probability) if drawn.is_kept else None
