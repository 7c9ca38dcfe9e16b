"""One-sided claims about units against a limit: which test fits the data, and the bound that it stands on.

The test is chosen by how the data were collected, never by how they turned out: one trial per unit on either side
has exact tests (binomial; unconditional paired), several trials per unit are tested as bounded means by betting.
"""

from dataclasses import dataclass
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


def claim_rate(values: Floats, side: Side, limit: float, standard: Standard, *, is_single: bool) -> OneSided:
    """Is the mean of per-unit shares (0 to 1) on `side` of the limit?"""
    if is_single:
        check = rates.check_above if side == "above" else rates.check_below
        return check(round(float(values.sum())), len(values), limit, standard.confidence)
    given = bounded.BoundedMean(0.0, 1.0, standard.confidence)
    check_mean = bounded.check_above if side == "above" else bounded.check_below
    return check_mean(standard.shuffled(values), limit, given)


def claim_difference(values: Floats, side: Side, limit: float, standard: Standard, *, is_single: bool) -> OneSided:
    """Is the mean of paired per-unit differences (-1 to 1) on `side` of the limit?"""
    if is_single:
        check = paired_exact.check_above if side == "above" else paired_exact.check_below
        return check(pair_counts(values), limit, standard.confidence)
    given = bounded.BoundedMean(-1.0, 1.0, standard.confidence)
    check_mean = bounded.check_above if side == "above" else bounded.check_below
    return check_mean(standard.shuffled(values), limit, given)


def pair_counts(differences: Floats) -> PairCounts:
    """Counts from differences of one binary answer per unit; agreement is counted as `both`."""
    gained, lost = int((differences > 0.5).sum()), int((differences < -0.5).sum())
    return PairCounts(len(differences) - gained - lost, gained, lost, 0)


def can_ever_ship(units: int, margin: float, standard: Standard, *, is_single: bool) -> bool:
    """Whether this many units that do not differ at all could show a drop smaller than the margin."""
    if units < FEWEST_PAIRS:
        return False
    same = np.zeros(units)
    return claim_difference(same, "above", -margin, standard, is_single=is_single).is_clear


def units_to_ship(margin: float, standard: Standard, *, is_single: bool) -> int:
    """The fewest units that could ship at this margin if none differed."""
    low, high = FEWEST_PAIRS - 1, FEWEST_PAIRS
    while not can_ever_ship(high, margin, standard, is_single=is_single):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if can_ever_ship(middle, margin, standard, is_single=is_single) else (middle, high)
    return high


def smallest_visible_drop(differences: Floats, standard: Standard, *, is_single: bool) -> float:
    """The drop below which this set is blind: the margin that it would clear if it showed no difference on balance.

    The data are what they are, with their discordance, but centred: half of the discordant pairs each way, or the mean
    taken off.
    """
    if is_single:
        apart = int((np.abs(differences) > 0.5).sum())
        counts = PairCounts(len(differences) - apart, apart - apart // 2, apart // 2, 0)
        return -paired_exact.lower_bound(counts, standard.confidence)
    centred = np.clip(differences - differences.mean(), -1.0, 1.0)
    given = bounded.BoundedMean(-1.0, 1.0, standard.confidence)
    return -bounded.check_above(standard.shuffled(centred), float(centred.mean()), given).bound
