"""One-sided claims about units against a limit: which test fits the data, and the bound that it stands on.

The test is chosen by how the data were collected, never by how they turned out: one trial per unit on either side
has exact tests (binomial; unconditional paired), several trials per unit are tested as bounded means by betting, and so
are units that stand for unequal shares of production.
"""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from foretell.core.ports.findings import Floats
from foretell.core.stats import bounded, paired_exact, rates
from foretell.core.stats.intervals import OneSided
from foretell.core.stats.paired import PairCounts

Side: TypeAlias = Literal["above", "below"]

FEWEST_PAIRS = 10
"""Fewer pairs than this are never enough evidence."""


@dataclass(frozen=True, slots=True)
class Standard:
    """How claims of one decision are tested: the confidence, and the seed of the order in which units are drawn."""

    confidence: float
    seed: int

    def shuffled(self, values: Floats) -> Floats:
        """The values in an order that does not depend on them."""
        return values[np.random.default_rng(self.seed).permutation(len(values))]


@dataclass(frozen=True, slots=True)
class Sample:
    """One value per unit: a share from 0 to 1, or a paired difference from -1 to 1.

    `is_single` says that each is one binary answer, or the difference of two. `weights` say for how much each unit
    stands; None is all for as much, and only then are the tests of counts exact.
    """

    values: Floats
    is_single: bool
    weights: Floats | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def is_counted(self) -> bool:
        """True when counts say all that there is to know."""
        return self.is_single and self.weights is None

    @property
    def mean(self) -> float:
        """The (weighted) mean."""
        return float(np.average(self.values, weights=self.weights))

    @property
    def variance(self) -> float:
        """So many times the variance of the mean as there are units: of the values, unless they are weighted."""
        if self.weights is None:
            return float(self.values.var())
        residuals: Floats = self.weights / self.weights.mean() * (self.values - self.mean)
        return float(residuals @ residuals) / len(residuals)

    def scored(self, values: Floats) -> "Sample":
        """The units that have a value, of other values that are NaN where there is none."""
        kept = ~np.isnan(values)
        return replace(self, values=values[kept], weights=None if self.weights is None else self.weights[kept])

    def bounded(self, low: float, standard: Standard) -> tuple[Floats, bounded.BoundedMean]:
        """The values in random order, and what is known of them before; `low` is the least that one can be."""
        weights = None if self.weights is None else standard.shuffled(self.weights)
        return standard.shuffled(self.values), bounded.BoundedMean(low, 1.0, standard.confidence, weights=weights)


def claim_rate(sample: Sample, side: Side, limit: float, standard: Standard) -> OneSided:
    """Is the mean of per-unit shares on `side` of the limit?"""
    if sample.is_counted:
        check = rates.check_above if side == "above" else rates.check_below
        return check(round(float(sample.values.sum())), len(sample), limit, standard.confidence)
    return _claim_mean(sample, side, (0.0, limit), standard)


def claim_difference(sample: Sample, side: Side, limit: float, standard: Standard) -> OneSided:
    """Is the mean of paired per-unit differences on `side` of the limit?"""
    if sample.is_counted:
        check = paired_exact.check_above if side == "above" else paired_exact.check_below
        return check(pair_counts(sample.values), limit, standard.confidence)
    return _claim_mean(sample, side, (-1.0, limit), standard)


def _claim_mean(sample: Sample, side: Side, lowest_and_limit: tuple[float, float], standard: Standard) -> OneSided:
    low, limit = lowest_and_limit
    values, given = sample.bounded(low, standard)
    return (bounded.check_above if side == "above" else bounded.check_below)(values, limit, given)


def pair_counts(differences: Floats) -> PairCounts:
    """Counts from differences of one binary answer per unit; agreement is counted as `both`."""
    gained, lost = int((differences > 0.5).sum()), int((differences < -0.5).sum())
    return PairCounts(len(differences) - gained - lost, gained, lost, 0)


def can_ever_ship(units: int, margin: float, standard: Standard, *, is_single: bool) -> bool:
    """Whether this many units that do not differ at all could show a drop smaller than the margin."""
    if units < FEWEST_PAIRS:
        return False
    return claim_difference(Sample(np.zeros(units), is_single), "above", -margin, standard).is_clear


def units_to_ship(margin: float, standard: Standard, *, is_single: bool) -> int:
    """The fewest units that could ship at this margin if none differed."""
    low, high = FEWEST_PAIRS - 1, FEWEST_PAIRS
    while not can_ever_ship(high, margin, standard, is_single=is_single):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if can_ever_ship(middle, margin, standard, is_single=is_single) else (middle, high)
    return high


def smallest_visible_drop(differences: Sample, standard: Standard) -> float:
    """The drop below which this set is blind: the margin that it would clear if it showed no difference on balance.

    The data are what they are, with their discordance, but centred: half of the discordant pairs each way, or the mean
    taken off.
    """
    if differences.is_counted:
        apart = int((np.abs(differences.values) > 0.5).sum())
        counts = PairCounts(len(differences) - apart, apart - apart // 2, apart // 2, 0)
        return -paired_exact.lower_bound(counts, standard.confidence)
    centred = replace(differences, values=np.clip(differences.values - differences.mean, -1.0, 1.0))
    return -claim_difference(replace(centred, is_single=False), "above", centred.mean, standard).bound
