"""One binary answer per case from each of two systems: how far apart are they?

For reading. The decision against a margin is `paired_exact`.
"""

import math
from dataclasses import dataclass

from scipy import special

from foretell.core.errors import BadInput
from foretell.core.stats.intervals import Estimated, Interval
from foretell.core.stats.rates import wilson_interval


@dataclass(frozen=True, slots=True)
class PairCounts:
    """The same cases answered by a candidate and a baseline, counted by who succeeded.

    `both` and `neither` agree; `gained` only the candidate got right, `lost` only the baseline.
    """

    both: int
    gained: int
    lost: int
    neither: int

    def __post_init__(self) -> None:
        counts = (self.both, self.gained, self.lost, self.neither)
        if min(counts) < 0 or sum(counts) == 0:
            raise BadInput.of("pairs", f"{counts} are not counts of pairs.", "Give four counts >= 0, not all 0.")

    @property
    def pairs(self) -> int:
        """The number of cases."""
        return self.both + self.gained + self.lost + self.neither

    @property
    def difference(self) -> float:
        """Success rate of the candidate minus that of the baseline."""
        return (self.gained - self.lost) / self.pairs

    @property
    def discordance(self) -> float:
        """The share of cases on which the two differ."""
        return (self.gained + self.lost) / self.pairs


def newcombe_difference(counts: PairCounts, confidence: float = 0.95) -> Estimated:
    """Candidate minus baseline with Newcombe's paired score interval (Statistics in Medicine 1998, method 10).

    Wilson limits of both rates, joined with their correlation, which is corrected towards 0. Keeps a width when no
    pair differs. Assumes one independent answer per case and side: not for repeats or weights.
    """
    n = counts.pairs
    candidate, baseline = counts.both + counts.gained, counts.both + counts.lost
    of_candidate, of_baseline = wilson_interval(candidate, n, confidence), wilson_interval(baseline, n, confidence)
    correlation = _corrected_correlation(counts)

    def joined(first: float, second: float) -> float:
        return math.sqrt(max(0.0, first * first - 2 * correlation * first * second + second * second))

    below = joined(candidate / n - of_candidate.low, of_baseline.high - baseline / n)
    above = joined(of_candidate.high - candidate / n, baseline / n - of_baseline.low)
    difference = counts.difference
    return Estimated(difference, Interval(difference - below, difference + above, "Newcombe paired score"), n)


def _corrected_correlation(counts: PairCounts) -> float:
    candidate, baseline = counts.both + counts.gained, counts.both + counts.lost
    product = candidate * (counts.pairs - candidate) * baseline * (counts.pairs - baseline)
    if product == 0:
        return 0.0
    excess = counts.both * counts.neither - counts.gained * counts.lost
    if excess > 0:
        excess = max(0.0, excess - counts.pairs / 2)
    return excess / math.sqrt(product)


def mcnemar_p(counts: PairCounts) -> float:
    """The exact two-sided McNemar p-value (1947): are `gained` and `lost` equally likely?

    Shown, never decided on: it tests "no difference at all", and a large one says nothing about a margin.
    """
    discordant = counts.gained + counts.lost
    return min(1.0, 2 * float(special.bdtr(min(counts.gained, counts.lost), discordant, 0.5)))
