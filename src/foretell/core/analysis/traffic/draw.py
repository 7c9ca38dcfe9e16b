"""The second phase of sampling: of what is kept, a sample of known chances, spread evenly over strata and topics."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np

from foretell.core.ports.findings import Floats, Ints


@dataclass(frozen=True, slots=True)
class Drawn:
    """The rows that were drawn, and the chance that each had, in the same order."""

    rows: Ints
    chance: Floats


def draw(strata: Sequence[tuple[str, ...]], size: int, seed: int, each: int | None = None) -> Drawn:
    """Draw `size` rows at equal chances, systematically along the sorted strata: each gets its share, to within one.

    With `each`, that many of every stratum instead, whatever its size; the chances then differ, and rates must be
    weighted by them. Systematic sampling with a random start: Cochran 1977, Sampling Techniques, chapter 8.
    """
    random = np.random.default_rng(seed)
    order = sorted(range(len(strata)), key=lambda row: (strata[row], random.random()))
    if each is None:
        return _systematic(order, min(size, len(order)), random)
    parts: list[Drawn] = []
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or strata[order[end]] != strata[order[start]]:
            parts.append(_systematic(order[start:end], min(each, end - start), random))
            start = end
    if not parts:
        return Drawn(np.zeros(0, np.int64), np.zeros(0))
    return Drawn(np.concatenate([part.rows for part in parts]), np.concatenate([part.chance for part in parts]))


def _systematic(order: Sequence[int], size: int, random: np.random.Generator) -> Drawn:
    if size == 0:
        return Drawn(np.zeros(0, np.int64), np.zeros(0))
    step = len(order) / size
    start = random.random() * step
    rows = np.array([order[min(len(order) - 1, floor(start + step * place))] for place in range(size)], np.int64)
    return Drawn(rows, np.full(size, size / len(order)))
