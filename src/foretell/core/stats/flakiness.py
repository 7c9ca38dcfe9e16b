"""How much of the noise comes from asking the same case again, and what more repeats would buy."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from foretell.core.errors import BadInput, NotEnoughEvidence
from foretell.core.stats.intervals import checked


@dataclass(frozen=True, slots=True)
class Flakiness:
    """Variance inside cases (repeats of one case) and between cases (their true means), and the cases that flip.

    `flipping` counts cases whose repeats were not all alike, among the `repeated` cases that have two or more.
    """

    cases: int
    repeated: int
    flipping: int
    within: float
    between: float

    @property
    def flip_share(self) -> float:
        """The share of repeated cases that flip; grows with the repeats, so it is quoted together with them."""
        return self.flipping / self.repeated

    def standard_error(self, repeats: int, cases: int | None = None) -> float:
        """The standard error that the mean would have with `repeats` of each of `cases` cases (as many as now).

        sqrt((between + within / repeats) / cases): repeats shrink the second part only (Miller 2024, section 3).
        """
        if repeats < 1 or (cases is not None and cases < 1):
            raise BadInput.of("flakiness", "a plan needs at least one repeat of one case.")
        return math.sqrt((self.between + self.within / repeats) / (cases or self.cases))


def measure_flakiness(values: ArrayLike, labels: ArrayLike) -> Flakiness:
    """Split the variance of repeated answers by the law of total variance (Miller 2024, arXiv:2411.00640, section 3).

    `labels` are numbers that tell which case each value belongs to. The within part is the mean over repeated cases
    of their sample variance; the between part is the variance of the case means less the noise that repeats leave in
    them, and not below 0. Assumes repeats that are independent given the case: a cached answer is no repeat.
    """
    array, names = checked(values, "flakiness", least=2), checked(labels, "flakiness")
    if array.size != names.size:
        raise BadInput.of("flakiness", f"{array.size} values but {names.size} labels.")
    _, place = np.unique(names, return_inverse=True)
    sizes = np.bincount(place).astype(np.float64)
    means = np.bincount(place, weights=array) / sizes
    squares = np.bincount(place, weights=(array - means[place]) ** 2)
    is_repeated = sizes > 1
    if sizes.size < 2:
        raise NotEnoughEvidence.of("flakiness", "one case shows no variance between cases.", "Give two or more.")
    if not is_repeated.any():
        raise NotEnoughEvidence.of("flakiness", "no case was answered twice.", "Run with two or more repeats.")
    variances = squares[is_repeated] / (sizes[is_repeated] - 1)
    within = float(variances.mean())
    between = max(0.0, float(means.var(ddof=1)) - within * float((1 / sizes).mean()))
    return Flakiness(means.size, int(is_repeated.sum()), int((variances > 1e-18).sum()), within, between)
