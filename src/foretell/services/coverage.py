"""Which questions of production an eval set covers, which it does not, and which of its cases nobody asks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foretell.core.analysis.runs.rates import estimate_of
from foretell.core.analysis.traffic.topics import Vectors, find_topics, nearest, vectors_of
from foretell.core.domain.estimates import Estimate
from foretell.core.domain.traffic import Interaction, question_of
from foretell.core.errors import NotEnoughEvidence, Problem
from foretell.core.ports.findings import Floats, Ints
from foretell.core.stats.clusters import SampledTotals, weighted_mean
from foretell.services.fixtures import window_of
from foretell.services.house import House
from foretell.services.plan import read_evalset

REACH = 0.35
"""The cosine from which a question is within reach of a case. Measured: see docs/coverage.md."""
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Region:
    """Questions that no case reaches: what they are about, the share of all traffic, how many, and some of them."""

    name: str
    share: float
    interactions: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The share of traffic within reach of a case, the largest regions without one, and cases that nobody asks."""

    evalset: str
    covered: Estimate
    interactions: int
    regions: tuple[Region, ...]
    unasked: tuple[str, ...]
    reach: float
    is_weighted: bool


async def coverage(house: House, reference: str, days: float = 7.0, reach: float = REACH, most: int = 10) -> Coverage:
    """Hold a set against the stored traffic of a window.

    Raises:
        ConfigurationError: an unknown set.
        NotEnoughEvidence: no traffic, or fewer than two conversations.
    """
    version = read_evalset(house, reference, "evalset coverage")
    found = await window_of(house, days)
    if not found or not version.cases:
        what = "the window holds no interaction with an input." if version.cases else "the set holds no case."
        raise NotEnoughEvidence(Problem("evalset coverage", what, "Take traffic in with 'foretell traffic import'."))
    asked = [question_of(one.input) for one in found]
    cases = [question_of(case.input) for case in version.cases]
    vectors = vectors_of([*asked, *cases])
    traffic, known = vectors.pick(range(len(asked))), vectors.pick(range(len(asked), len(asked) + len(cases)))
    near = nearest(traffic.rows, known.rows)[1] >= reach
    weights = np.array([1 / (one.probability or 1.0) for one in found])
    unasked = nearest(known.rows, traffic.rows)[1] < reach
    return Coverage(
        version.label,
        _share(found, near, weights),
        len(found),
        _regions(asked, np.flatnonzero(~near), traffic, weights)[:most],
        tuple(case.id for case, is_unasked in zip(version.cases, unasked, strict=True) if is_unasked),
        reach,
        is_weighted=any(one.probability is not None for one in found),
    )


def _share(found: Sequence[Interaction], near: NDArray[np.bool_], weights: Floats) -> Estimate:
    """The covered share of interactions, conversations as clusters, weighted by what each stands for."""
    _, cluster = np.unique([one.conversation_id or one.id for one in found], return_inverse=True)
    sizes = np.bincount(cluster)
    if len(sizes) < 2:
        raise NotEnoughEvidence(Problem("evalset coverage", "the window holds a single conversation."))
    mean_weight = np.bincount(cluster, weights=weights) / sizes
    totals = np.bincount(cluster, weights=near.astype(np.float64))
    return estimate_of(weighted_mean(SampledTotals(totals, sizes, mean_weight)), "interaction")


def _regions(asked: Sequence[str], rows: Ints, traffic: Vectors, weights: Floats) -> tuple[Region, ...]:
    picked = [int(row) for row in rows]
    part = traffic.pick(picked)
    topics = find_topics(part)
    found: list[Region] = []
    for number, name in enumerate(topics.names):
        inside = np.flatnonzero(topics.group == number)
        middle = part.rows[inside].mean(axis=0)
        likeness = np.asarray(part.rows[inside] @ np.asarray(middle).ravel()).ravel()
        examples = dict.fromkeys(asked[picked[int(inside[at])]] for at in np.argsort(-likeness)[: EXAMPLES * 3])
        share = float(weights[rows[inside]].sum() / weights.sum())
        found.append(Region(name, share, len(inside), tuple(examples)[:EXAMPLES]))
    return tuple(sorted(found, key=lambda region: -region.share))
