"""What a behavioural suite replays: traffic of a file or the store, sampled, anonymous before it is kept, frozen."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from foretell.core.analysis.traffic.personal import Anonymiser
from foretell.core.analysis.traffic.recognise import own_rule
from foretell.core.analysis.traffic.sampling import rank_of
from foretell.core.domain.cases import EvalSetVersion
from foretell.core.domain.project import Suite, TrafficSlice
from foretell.core.domain.traffic import Interaction
from foretell.core.domain.values import content_hash
from foretell.core.domain.wording import percent
from foretell.core.errors import BadInput, ConfigurationError, NotEnoughEvidence, Problem
from foretell.core.ports.traffic import TrafficSample
from foretell.services.covering import covered, covered_all
from foretell.services.fixtures import case_of, histories_of, stands_for, weight_of, window_of
from foretell.services.house import House


def anonymiser_of(house: House, where: str) -> Anonymiser:
    """The project's anonymiser.

    Raises:
        ConfigurationError: there is no key, so that pseudonyms would not outlive the process; or no such names model.
    """
    if house.pseudonym_key is None:
        hint = "Set FORETELL_PSEUDONYM_KEY to a long random text, or pass --ephemeral-key for this run alone."
        raise ConfigurationError(Problem(where, "reads traffic, and there is no key for its pseudonyms.", hint))
    asked = house.project.anonymise
    return Anonymiser(
        house.pseudonym_key,
        own=tuple(own_rule(kind, pattern) for kind, pattern in asked.patterns.items()),
        allow=frozenset(text.lower() for text in asked.allow),
        names=None if asked.names is None or house.names is None else house.names(asked.names),
    )


async def freeze_sample(house: House, suite: Suite, part: TrafficSlice) -> EvalSetVersion:
    """Draw, anonymise and freeze a suite's sample of traffic. The cases have no expected answer.

    Raises:
        BadInput: the file cannot be read.
        NotEnoughEvidence: nothing lies in the window, or the share keeps nothing.
    """
    where = f"suite '{suite.name}'"
    anonymiser = anonymiser_of(house, where) if part.source is not None else None
    every = await window_of(house, part.window_days) if part.source is None else _asked_in(house, part.source)
    recent = _in_window(every, part.window_days, where)
    kept = _sampled(recent, part)
    if not kept:
        what = f"a share of {percent(part.share, digits=2)} keeps none of {len(recent)} interactions."
        raise NotEnoughEvidence(Problem(where, what, "Raise the share or widen the window."))
    history = histories_of(every)

    def cover(one: Interaction) -> Interaction:
        return one if anonymiser is None else covered(anonymiser, one)

    chance = len(kept) / len(recent)
    cases = tuple(
        case_of(cover(one), [cover(before) for before in history[one.id]], weight_of(one, stands_for(one, chance)))
        for one in kept
    )
    hash_ = content_hash([case.as_json() for case in cases])
    method = (
        f"{len(cases)} of {len(recent)} interactions, {percent(part.share, digits=2)} of conversations by hash, "
        f"at most {part.at_most}"
    )
    if anonymiser is not None:
        await house.store.traffic.add(covered_all(anonymiser, kept))
    await house.store.traffic.freeze(TrafficSample(hash_, tuple(case.id for case in cases), method, house.now()))
    return EvalSetVersion(f"traffic-{suite.name}", f"sample-{hash_[:12]}", hash_, cases)


def _asked_in(house: House, source: str) -> list[Interaction]:
    return [one for one in house.archives.interactions(source) if one.input is not None]


def _in_window(every: Sequence[Interaction], days: float, where: str) -> list[Interaction]:
    if not every:
        raise NotEnoughEvidence(Problem(where, "its traffic holds no interaction with an input."))
    newest = max(_moment(one) for one in every)
    return [one for one in every if _moment(one) > newest - timedelta(days=days)]


def _moment(one: Interaction) -> datetime:
    try:
        return datetime.fromisoformat(one.at)
    except ValueError:
        raise BadInput(Problem(f"interaction '{one.id}'", f"its time '{one.at}' cannot be read.")) from None


def _sampled(recent: Sequence[Interaction], part: TrafficSlice) -> list[Interaction]:
    """Whole conversations whose hash lies below the share, so that 1 % lies inside 5 % on every machine.

    Beyond `at_most` the conversations with the highest hashes go first.
    """
    ranks = [(rank_of(one.conversation_id or one.id), one) for one in recent]
    ranked = sorted(((rank, one.at, one.id), one) for rank, one in ranks if rank < part.share)
    return sorted((one for _, one in ranked[: part.at_most]), key=lambda one: (one.at, one.id))
