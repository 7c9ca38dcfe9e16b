"""What would turn a rule: the smallest change of what was seen with which the same test decides otherwise.

Found by asking that test again, not by a formula: with one more success, one fewer, and so on, or with every case a
little better. How many more cases of the same kind it would take is a forecast, and said so.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, log

import numpy as np

from foretell.core.analysis.claims import Sample, Standard, pair_counts
from foretell.core.analysis.decide import Judged, conclude
from foretell.core.analysis.rules import Claim, Evidence, rules_of
from foretell.core.domain.policy import GatePolicy, RuleFinding, Ruling
from foretell.core.stats import bounded, paired_exact, rates
from foretell.core.stats.correction import holm_adjusted
from foretell.core.stats.intervals import normal_quantile
from foretell.core.stats.paired import PairCounts
from foretell.core.stats.power import floor_ship_probability
from foretell.core.stats.power_bounded import clear_probability

POWER = 0.9
MOST_CASES = 20_000
_POINT = 0.001
_NOUNS = {"latency": ("answer in time", "answers in time"), "step": ("good run of it", "good runs of it")}


def judge_and_tell(policy: GatePolicy, evidence: Sequence[Evidence], standard: Standard) -> Judged:
    """Apply a policy to the evidence of its suites, and say of every rule what would turn it."""
    tested = [rule for part in evidence for rule in rules_of(policy, part, standard)]
    judged = conclude(policy, tested, {part.suite: part.environment_share for part in evidence})
    p_holds = [one.finding.p_hold for one in tested]
    rules = list(judged.rules)
    for number, (rule, one) in enumerate(zip(judged.rules, tested, strict=True)):
        if one.claim is not None and not rule.note.startswith("environment"):
            told = _Question(rule, one.claim, standard, policy.alpha, (tuple(p_holds), number)).answer()
            rules[number] = replace(rule, turned_by=told)
    return replace(judged, rules=tuple(rules))


@dataclass(frozen=True, slots=True)
class _Question:
    """One rule with all that its ruling hangs on: its claim, and the hold sides of all rules with its place in them."""

    rule: RuleFinding
    claim: Claim
    standard: Standard
    alpha: float
    holds: tuple[tuple[float, ...], int]

    def answer(self) -> str:
        """What would turn the rule, in words; empty where nothing can be said."""
        ruling = self.rule.ruling
        changed = self._by_counts() if self.claim.against_ship.is_counted else self._by_points()
        if ruling != "not-enough-evidence":
            return changed
        return "; ".join(filter(None, (changed, self._by_more_cases())))

    def _is_turned(self, p_ship: float, p_hold: float) -> bool:
        """Whether these p-values would give another ruling, and for an open one whether it would ship."""
        ruling = self.rule.ruling
        if ruling == "hold":
            p_values, place = list(self.holds[0]), self.holds[1]
            p_values[place] = p_hold
            return float(holm_adjusted(p_values)[place]) > self.alpha + 1e-12
        ships = p_ship <= self.alpha + 1e-12
        return ships if ruling == "not-enough-evidence" else not ships

    def _by_counts(self) -> str:
        """The fewest cases that would have to come out otherwise."""
        n, claim = len(self.claim.against_ship), self.claim
        better = self.rule.ruling != "ship"
        if claim.is_comparison:
            ship, hold = (pair_counts(side.values) for side in (claim.against_ship, claim.against_hold))
            return self._by_pairs(ship, hold, better=better)
        good = [round(float(side.values.sum())) for side in (claim.against_ship, claim.against_hold)]

        def turns(number: int) -> bool:
            ship, hold = (count + number if better else count - number for count in good)
            return self._is_turned(
                rates.check_above(max(0, min(n, ship)), n, claim.limit, self.standard.confidence).p_value,
                rates.check_below(max(0, min(n, hold)), n, claim.limit, self.standard.confidence).p_value,
            )

        found = _fewest(turns, n - good[0] if better else good[0])
        if found is None:
            return ""
        kind = self.rule.rule.split()[0]
        if kind == "failure":
            return f"{found} {'fewer' if better else 'more'} of the {n} {self._units} with it {self._outcome}"
        one, many = _NOUNS.get(kind, ("success", "successes"))
        noun = one if found == 1 else many
        return f"{found} {'more' if better else 'fewer'} {noun} among the {n} {self._units} {self._outcome}"

    def _by_pairs(self, ship: PairCounts, hold: PairCounts, *, better: bool) -> str:
        def turns(number: int) -> bool:
            return self._is_turned(
                paired_exact.p_above(_moved(ship, number if better else -number), self.claim.limit),
                paired_exact.p_below(_moved(hold, number if better else -number), self.claim.limit),
            )

        found = _fewest(turns, ship.pairs)
        if found is None:
            return ""
        if not better:
            return f"{found} more lost of the {ship.pairs} pairs {self._outcome}"
        lost = min(found, ship.lost)
        parts = [f"{lost} fewer lost"] if lost else []
        parts += [f"{found - lost} more gained"] if found > lost else []
        return f"{' and '.join(parts)} of the {ship.pairs} pairs {self._outcome}"

    def _by_points(self) -> str:
        """The smallest shift of every case, cut off at what a value can be, with which the test decides otherwise."""
        low, limit = self.claim.low, self.claim.limit
        sign = -1.0 if self.rule.ruling == "ship" else 1.0
        sides = [side.bounded(low, self.standard) for side in (self.claim.against_ship, self.claim.against_hold)]

        def turns(shift: float) -> bool:
            (ship, given), (hold, _) = sides
            moved = [np.clip(values + sign * shift, low, 1.0) for values in (ship, hold)]
            return self._is_turned(bounded.p_above(moved[0], limit, given), bounded.p_below(moved[1], limit, given))

        found = _fewest(lambda number: turns(number * _POINT), round((1.0 - low) / _POINT))
        if found is None:
            return ""
        is_up = (sign > 0) == self.rule.higher_is_better
        return f"{self._shown(found * _POINT)} {'up' if is_up else 'down'} in every {self.rule.unit} {self._outcome}"

    def _shown(self, shift: float) -> str:
        if self.rule.is_score:
            return f"{shift * self.claim.span:.3g}"
        return f"{shift * 100:.1f} points"

    @property
    def _units(self) -> str:
        return f"{self.rule.unit}s"

    @property
    def _outcome(self) -> str:
        outcomes: dict[Ruling, str] = {
            "ship": "would not ship",
            "hold": "would no longer hold",
            "not-enough-evidence": "would ship",
        }
        return outcomes[self.rule.ruling]

    def _by_more_cases(self) -> str:
        """How many cases of the same kind it takes to decide, nine times of ten."""
        sample = self.claim.against_ship
        gap = sample.mean - self.claim.limit
        if gap < 0:
            sample = self.claim.against_hold
            gap = sample.mean - self.claim.limit
            ends = "hold" if gap < 0 else ""
        else:
            ends = "ship" if gap > 0 else ""
        if not ends:
            return ""
        n = len(sample)
        start = n + 1 if sample.is_counted else max(n + 1, int(0.8 * self._by_spread(sample, gap)))
        needed = next((size for size in _sizes(start) if self._suffices(size, sample, gap, ends)), None)
        if needed is None:
            return f"more than {MOST_CASES:,} {self._units} like these to {ends}"
        more = max(1, _rounded(needed - n))
        units = self.rule.unit if more == 1 else self._units
        return f"about {more:,} more {units} like these would {ends} nine times of ten"

    def _by_spread(self, sample: Sample, gap: float) -> float:
        """The cases of a test that knows the variance; the betting test takes about as many, or more."""
        return (normal_quantile(self.standard.confidence) + normal_quantile(POWER)) ** 2 * sample.variance / gap**2

    def _suffices(self, size: int, sample: Sample, gap: float, ends: str) -> bool:
        claim, confidence = self.claim, self.standard.confidence
        if not sample.is_counted:
            return self._wins(size, sample, ends)
        if not claim.is_comparison:
            limit, rate = (claim.limit, sample.mean) if ends == "ship" else (1 - claim.limit, 1 - sample.mean)
            return floor_ship_probability(size, limit, rate, confidence) >= POWER
        without_discordance = log(self.alpha) / log(max(1e-9, 1 - min(abs(gap), 0.999)))
        return size >= max(self._by_spread(sample, gap), without_discordance)

    def _wins(self, size: int, sample: Sample, ends: str) -> bool:
        """Whether the betting test would have the power, by simulation with the values that were seen."""
        low = self.claim.low
        unit, null = (sample.values - low) / (1 - low), (self.claim.limit - low) / (1 - low)
        if ends == "hold":
            unit, null = 1 - unit, 1 - null
        shares = None if sample.weights is None else sample.weights / sample.weights.max()
        return clear_probability(unit, shares, (null, self.alpha), size) >= POWER


def _sizes(start: int) -> Iterator[int]:
    size = float(start)
    while size <= MOST_CASES:
        yield ceil(size)
        size *= 1.05


def _moved(counts: PairCounts, number: int) -> PairCounts:
    """So many pairs better: first lost ones that are lost no more, then gained ones. Below 0 so many more lost."""
    if number < 0:
        lost = min(counts.pairs - counts.gained, counts.lost - number)
        gained = min(counts.gained, counts.pairs - lost)
    else:
        saved = min(number, counts.lost)
        lost, gained = counts.lost - saved, min(counts.pairs - counts.lost + saved, counts.gained + number - saved)
    return PairCounts(counts.pairs - gained - lost, gained, lost, 0)


def _fewest(turns: Callable[[int], bool], most: int) -> int | None:
    """The least number from 1 to `most` that turns it, None when none does; more of it turns it too."""
    if most < 1 or not turns(most):
        return None
    low, high, step = 0, most, 1
    while low + step < high:
        if turns(low + step):
            high = low + step
            break
        low, step = low + step, step * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if turns(middle) else (middle, high)
    return high


def _rounded(number: int) -> int:
    """To two digits, upwards."""
    unit = 10 ** max(0, len(str(number)) - 2)
    return ceil(number / unit) * unit
