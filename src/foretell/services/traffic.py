"""The behavioural layer, first form: traffic from a file, sampled, anonymised before anything is kept, frozen."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from foretell.core.analysis.personal import Anonymiser
from foretell.core.analysis.recognise import own_rule
from foretell.core.analysis.sampling import rank_of
from foretell.core.domain.cases import Case, EvalSetVersion
from foretell.core.domain.project import Suite, TrafficSlice
from foretell.core.domain.traffic import Interaction, answer_of
from foretell.core.domain.values import Json, content_hash
from foretell.core.domain.wording import percent
from foretell.core.errors import BadInput, ConfigurationError, NotEnoughEvidence, Problem
from foretell.core.ports.traffic import TrafficSample
from foretell.services.covering import covered, covered_all
from foretell.services.house import House
from foretell.services.replay import recorded


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
    every = await _every(house, part)
    recent = _in_window(every, part.window_days, where)
    kept = _sampled(recent, part)
    if not kept:
        what = f"a share of {percent(part.share, digits=2)} keeps none of {len(recent)} interactions."
        raise NotEnoughEvidence(Problem(where, what, "Raise the share or widen the window."))
    history = histories_of(every)

    def cover(one: Interaction) -> Interaction:
        return one if anonymiser is None else covered(anonymiser, one)

    chance = len(kept) / len(recent)
    cases = tuple(_case(cover(one), [cover(before) for before in history[one.id]], chance) for one in kept)
    hash_ = content_hash([case.as_json() for case in cases])
    method = (
        f"{len(cases)} of {len(recent)} interactions, {percent(part.share, digits=2)} of conversations by hash, "
        f"at most {part.at_most}"
    )
    if anonymiser is not None:
        await house.store.traffic.add(covered_all(anonymiser, kept))
    await house.store.traffic.freeze(TrafficSample(hash_, tuple(case.id for case in cases), method, house.now()))
    return EvalSetVersion(f"traffic-{suite.name}", f"sample-{hash_[:12]}", hash_, cases)


async def _every(house: House, part: TrafficSlice) -> list[Interaction]:
    """Interactions with an input: all of a file, raw, or those of the store's window, which are anonymous."""
    if part.source is not None:
        return [one for one in house.archives.interactions(part.source) if one.input is not None]
    ends = await house.store.traffic.span()
    if ends is None:
        return []
    start = (datetime.fromisoformat(ends[1]) - timedelta(days=part.window_days)).isoformat()
    return [one async for one in house.store.traffic.window(start, "9999-01-01T00:00:00Z") if one.input is not None]


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


def histories_of(every: Sequence[Interaction]) -> dict[str, list[Interaction]]:
    """For each interaction, what its conversation held before it."""
    conversations: dict[str, list[Interaction]] = {}
    before: dict[str, list[Interaction]] = {}
    for one in sorted(every, key=lambda one: (one.at, one.id)):
        talk = conversations.setdefault(one.conversation_id or one.id, [])
        before[one.id] = list(talk)
        talk.append(one)
    return before


def weight_of(one: Interaction, chance: float, folded: int = 1) -> dict[str, Json]:
    """How many interactions of production a case stands for, or of what is stored where nobody knows more.

    `chance` is that of being drawn from what is kept, `folded` how many drawn interactions the case is.
    """
    found: dict[str, Json] = {"weight": round(folded / (chance * (one.probability or 1.0)), 6)}
    return found if one.probability is not None else {**found, "upstream": "unknown"}


def _case(one: Interaction, before: Sequence[Interaction], chance: float) -> Case:
    """A case of an anonymous interaction, without expected answer: what production answered is never the gold."""
    metadata: dict[str, Json] = {
        "conversation_id": one.conversation_id or one.id,
        "at": one.at,
        "names": one.metadata.get("names", "not covered"),
        **weight_of(one, chance),
    }
    slices = {"release": one.release} if one.release else {}
    return Case(one.id, conversation_of(one, before), slices=slices, metadata={**metadata, **recorded(one)})


def conversation_of(one: Interaction, before: Sequence[Interaction]) -> Json:
    """What the target is asked: the input alone, or the conversation so far when there is one.

    An input that is a list of chat messages holds its conversation already.
    """
    asked: Json = one.input
    if hasattr(asked, "append") or not before:
        return asked
    said: list[Json] = []
    for earlier in before:
        question: Json = earlier.input
        said += question[-1:] if hasattr(question, "append") else [{"role": "user", "content": question}]
        if earlier.output is not None:
            said.append({"role": "assistant", "content": answer_of(earlier.output)})
    return [*said, {"role": "user", "content": asked}]
