"""What a gate can show before it runs: the chance to ship or to hold, the margin a set can see, the pairs it needs.

Exact for one binary pair per case (the test of `paired_exact`) and for floors and ceilings (`rates`); `power_bounded`
simulates the rest. Power is "P(ship | no change)": what a team meets on most days.
"""

import math
from dataclasses import dataclass, replace

from scipy import special

from foretell.core.errors import BadInput, NotEnoughEvidence
from foretell.core.stats.intervals import alpha_of, crossing, normal_quantile
from foretell.core.stats.rates import check_above
from foretell.core.stats.rejection import rejection_region
from foretell.core.stats.trinomial import region_probability

_MOST_PAIRS = 20_000


@dataclass(frozen=True, slots=True)
class PairedPlan:
    """A comparison on `pairs` cases that may drop by `margin`; the two systems differ on a share `discordance`."""

    pairs: int
    margin: float
    discordance: float
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if not (self.pairs >= 1 and 0 <= self.margin < 1 and 0 <= self.discordance <= 1):
            raise BadInput.of("plan", f"{self} has a share outside [0, 1] or no pairs.")


def ship_probability(plan: PairedPlan, difference: float = 0.0) -> float:
    """P(the drop is shown to be below the margin) when the rates truly differ by `difference` (0: no change)."""
    _check_difference(plan, difference)
    region = rejection_region(plan.pairs, -plan.margin, alpha_of(plan.confidence), plan.discordance)
    return region_probability(region, plan.discordance, difference)


def hold_probability(plan: PairedPlan, difference: float) -> float:
    """P(the drop is shown to be beyond the margin) when the rates truly differ by `difference` (negative: worse)."""
    _check_difference(plan, difference)
    region = rejection_region(plan.pairs, plan.margin, alpha_of(plan.confidence), plan.discordance)
    return region_probability(region, plan.discordance, -difference)


def smallest_margin_seen(pairs: int, discordance: float, confidence: float = 0.95, power: float = 0.9) -> float:
    """The smallest margin at which P(ship | no change) reaches `power`; inf when none below 1 does.

    Rounded upwards by at most half a percent of itself, or 0.01 point where that is more.
    """
    plan = PairedPlan(pairs, 0.0, discordance, confidence)

    def excess(margin: float) -> float:
        return ship_probability(replace(plan, margin=margin)) - power

    guess = _z_sum(confidence, power) * math.sqrt(max(discordance, 1 / pairs) / pairs)
    low, high = 0.0, 1.0
    for probe in (guess * 0.9, guess * 1.2):
        if low < probe < high:
            low, high = (probe, high) if excess(probe) < 0 else (low, probe)
    if high == 1.0 and excess(1 - 1e-6) < 0:
        return math.inf
    tolerance = max(1e-4, guess / 200)
    return crossing(excess, low, high, tolerance) + tolerance / 2


def pairs_needed(margin: float, discordance: float, confidence: float = 0.95, power: float = 0.9) -> int:
    """Pairs with which P(ship | no change) reaches `power`.

    Exact power is a saw in n; this is the smallest n of a bisection at which it suffices, within a few teeth of the
    first one. Raises NotEnoughEvidence beyond 20,000 pairs.
    """
    if not 0 < margin < 1:
        raise BadInput.of("plan", f"a margin of {margin} cannot be shown.", "Give a share above 0 and below 1.")

    def suffices(pairs: int) -> bool:
        return ship_probability(PairedPlan(pairs, margin, discordance, confidence)) >= power

    low, high = 0, max(8, math.ceil(1.05 * _z_sum(confidence, power) ** 2 * max(discordance, 0.4 * margin) / margin**2))
    while not suffices(min(high, _MOST_PAIRS)):
        if high >= _MOST_PAIRS:
            hint = "Widen the margin, or lower the discordance."
            raise NotEnoughEvidence.of("plan", f"{_MOST_PAIRS} pairs do not reach a power of {power}.", hint)
        low, high = high, math.ceil(high * 1.3)
    high = min(high, _MOST_PAIRS)
    low = max(low, int(high * 0.8)) if not suffices(int(high * 0.8)) else 0
    while high - low > max(1, high // 500):
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle, high)
    return high


def floor_ship_probability(n: int, floor: float, rate: float, confidence: float = 0.95) -> float:
    """P(a rate is shown to be above `floor`) with n cases at the true `rate`; a ceiling is the floor of failures."""
    low, high = 0, n + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if check_above(middle, n, floor, confidence).is_clear else (middle + 1, high)
    if low > n:
        return 0.0
    return float(special.betainc(low, n - low + 1, rate)) if low else 1.0


def _check_difference(plan: PairedPlan, difference: float) -> None:
    if abs(difference) > plan.discordance:
        hint = "Two systems that differ on a share d of the cases have rates at most d apart."
        raise BadInput.of("plan", f"a difference of {difference} at a discordance of {plan.discordance}.", hint)


def _z_sum(confidence: float, power: float) -> float:
    return normal_quantile(confidence) + normal_quantile(power)
