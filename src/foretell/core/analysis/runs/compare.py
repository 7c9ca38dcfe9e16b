"""Two runs on the same cases, paired."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foretell.core.analysis.claims import FEWEST_PAIRS, pair_counts
from foretell.core.analysis.runs.aggregate import Units
from foretell.core.analysis.runs.rates import WEIGHTED, estimate_of, success_rate
from foretell.core.domain.estimates import Estimate
from foretell.core.ports.findings import Floats, Ints
from foretell.core.stats.bounded import BoundedMean, mean_interval
from foretell.core.stats.clusters import SampledTotals, clustered_mean, weighted_mean
from foretell.core.stats.paired import PairCounts, mcnemar_p, newcombe_difference

MANY_UNITS = 5_000
"""From here on the t interval of the mean difference is as good as the one that holds at every n, and much faster."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """B against A on the cases that both have.

    `gained` and `lost` count cases that went up and down from A to B. `mcnemar_p` is shown, never decided on: it tests
    no difference at all, not a margin; None with repeats. `only_a` and `only_b` are keys of cases in one run only;
    `unscored` the pairs left out because a side has no score.
    """

    a: Estimate
    b: Estimate
    difference: Estimate
    gained: int
    lost: int
    mcnemar_p: float | None
    only_a: Ints
    only_b: Ints
    unscored: int
    up: Ints
    down: Ints


def compare(a: Units, b: Units) -> Comparison:
    """Pair two runs by case. Fewer than 10 pairs give no interval."""
    is_same = np.array_equal(a.key, b.key)  # most often, and a million keys are not looked up one by one then
    both = a.key if is_same else np.intersect1d(a.key, b.key, assume_unique=True)
    old, new = a.pick(both), b.pick(both)
    differences = new.rate("scored") - old.rate("scored")
    scored = ~np.isnan(differences)
    kept = differences[scored]
    single = old.is_single and new.is_single
    up, down = both[scored][kept > 0], both[scored][kept < 0]
    return Comparison(
        a=success_rate(old),
        b=success_rate(new),
        difference=_difference(kept, (old, new), scored),
        gained=len(up),
        lost=len(down),
        mcnemar_p=mcnemar_p(pair_counts(kept)) if single and len(kept) else None,
        only_a=a.key[:0] if is_same else np.setdiff1d(a.key, b.key, assume_unique=True),
        only_b=b.key[:0] if is_same else np.setdiff1d(b.key, a.key, assume_unique=True),
        unscored=int((~scored).sum()),
        up=up,
        down=down,
    )


def _difference(differences: Floats, sides: tuple[Units, Units], scored: NDArray[np.bool_]) -> Estimate:
    """The paired difference as both sides count: weighted where B's cases stand for different numbers."""
    old, new = sides
    weights = None if new.weights is None else new.weights.at(new.key[scored])
    if weights is None or len(differences) < FEWEST_PAIRS:
        is_counted = old.is_single and new.is_single and len(differences) > 0
        return difference_of(differences, _counts(old, new, scored) if is_counted else None, unit=new.unit)
    sample = SampledTotals(differences, np.ones_like(differences), weights)
    return estimate_of(weighted_mean(sample, bounds=(-1.0, 1.0)), new.unit, WEIGHTED)


def difference_of(differences: Floats, counts: PairCounts | None, unit: str = "case") -> Estimate:
    """The mean paired difference with its two-sided 95 % interval, for reading.

    `counts` are given where each unit is one binary answer on either side.
    """
    n = len(differences)
    if n < FEWEST_PAIRS:
        value = float(differences.mean()) if n else None
        return Estimate(value, None, None, n, unit, f"no interval: fewer than {FEWEST_PAIRS} pairs")
    if counts is not None:
        return estimate_of(newcombe_difference(counts), unit)
    if n >= MANY_UNITS:
        return estimate_of(clustered_mean(differences, bounds=(-1.0, 1.0)), unit)
    order = np.random.default_rng(0).permutation(n)
    return estimate_of(mean_interval(differences[order], BoundedMean(-1.0, 1.0)), unit)


def _counts(old: Units, new: Units, scored: NDArray[np.bool_]) -> PairCounts:
    before, after = old.successes[scored] > 0, new.successes[scored] > 0
    return PairCounts(
        int((before & after).sum()),
        int((~before & after).sum()),
        int((before & ~after).sum()),
        int((~before & ~after).sum()),
    )
