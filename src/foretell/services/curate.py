"""Eval sets made of stored traffic: a representative sample, near-duplicates folded, never an expected answer."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from foretell.core.analysis.traffic.draw import draw
from foretell.core.analysis.traffic.topics import Topics, find_topics, fold_duplicates, vectors_of
from foretell.core.domain.cases import Case
from foretell.core.domain.files.lines import Decoded
from foretell.core.domain.traffic import Interaction, question_of
from foretell.core.errors import ConfigurationError, NotEnoughEvidence, Problem, suggest
from foretell.services.evalsets import import_cases
from foretell.services.fixtures import case_of, histories_of, stands_for, weight_of, window_of
from foretell.services.house import House
from foretell.services.retention import feedback_of

STRATA = ("topic", "release", "feedback")


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """What to draw: `size` interactions of the last `window_days`, spread over the strata `by`.

    `each` takes that many of every stratum instead of its share. `max_cost` keeps what the sample cost in production
    below an amount, so that a replay will cost about as much. `into` names the eval set that the cases go to.
    """

    size: int = 100
    window_days: float = 7.0
    by: tuple[str, ...] = ("topic",)
    each: int | None = None
    max_cost: float | None = None
    seed: int = 0
    into: str | None = None


@dataclass(frozen=True, slots=True)
class Stratum:
    """One stratum: what it is, how many interactions are in it, and how many of the sample."""

    name: str
    interactions: int
    drawn: int


@dataclass(frozen=True, slots=True)
class Curated:
    """The cases that were made, of how many drawn of how many interactions, by stratum."""

    cases: tuple[Case, ...]
    drawn: int
    interactions: int
    strata: tuple[Stratum, ...]


async def curate(house: House, request: SampleRequest) -> Curated:
    """Draw a sample of the store's traffic as cases; add them to an eval set's working file where one is named.

    Raises:
        ConfigurationError: an unknown stratum or eval set.
        NotEnoughEvidence: no traffic in the window.
    """
    _check(house, request)
    found = await window_of(house, request.window_days)
    if not found:
        raise NotEnoughEvidence(Problem("traffic sample", "the window holds no interaction with an input."))
    texts = [question_of(one.input) for one in found]
    vectors = vectors_of(texts)
    topics = find_topics(vectors, request.seed)
    strata = [_stratum(one, topics, row, request.by) for row, one in enumerate(found)]
    sample = draw(strata, _affordable(found, request), request.seed, request.each)
    drawn, chances = [int(row) for row in sample.rows], [float(chance) for chance in sample.chance]
    same = [int(row) for row in fold_duplicates([texts[row] for row in drawn], vectors.pick(drawn))]
    folded, history = Counter(same), histories_of(found)
    stands = [stands_for(found[row], chance) for row, chance in zip(drawn, chances, strict=True)]
    weight = np.bincount(same, weights=stands).tolist()
    cases = tuple(
        case_of(
            found[row],
            history[found[row].id],
            {**weight_of(found[row], weight[place]), "folded": folded[place]},
            {"topic": topics.names[int(topics.group[row])]},
        )
        for place, row in enumerate(drawn)
        if same[place] == place
    )
    if request.into is not None:
        import_cases(house.evalsets, request.into, Decoded(cases), is_skipping_bad=True)
    whole, part = Counter(strata), Counter(strata[row] for row in drawn)
    table = tuple(Stratum(" · ".join(one), number, part[one]) for one, number in whole.most_common())
    return Curated(cases, len(drawn), len(found), table)


def _check(house: House, request: SampleRequest) -> None:
    for name in request.by:
        if name not in STRATA:
            raise ConfigurationError(Problem("--by", f"'{name}' is not known.", suggest(name, STRATA)))
    if request.into is not None and request.into not in house.project.evalsets:
        known = suggest(request.into, house.project.evalsets)
        raise ConfigurationError(Problem("--into", f"eval set '{request.into}' is not known.", known))


def _stratum(one: Interaction, topics: Topics, row: int, by: Sequence[str]) -> tuple[str, ...]:
    said = {
        "topic": topics.names[int(topics.group[row])],
        "release": one.release or "release not said",
        "feedback": f"feedback {feedback_of(one)}",
    }
    return tuple(said[name] for name in by)


def _affordable(found: Sequence[Interaction], request: SampleRequest) -> int:
    """The size of the sample, cut so that at the mean known cost of an interaction it costs no more than it may."""
    known = [one.cost_usd for one in found if one.cost_usd is not None]
    if request.max_cost is None:
        return request.size
    if not known:
        what = "no interaction of the window has a known cost, which --max-cost needs."
        raise NotEnoughEvidence(Problem("traffic sample", what, "Leave it out, and limit the number of interactions."))
    mean = float(np.mean(known))
    return request.size if mean <= 0 else min(request.size, int(request.max_cost / mean))
