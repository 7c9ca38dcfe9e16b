"""The rules that a gate can hold a suite to, each tested on its evidence."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from foretell.core.analysis.aggregate import Reading, Units
from foretell.core.analysis.claims import (
    FEWEST_PAIRS,
    Side,
    Standard,
    claim_difference,
    claim_rate,
    smallest_visible_drop,
)
from foretell.core.analysis.cost import COVERAGE_FLOOR, finite
from foretell.core.domain.policy import GatePolicy, RuleFinding
from foretell.core.domain.wording import percent
from foretell.core.errors import NotEnoughEvidence
from foretell.core.ports.findings import Floats
from foretell.core.stats.intervals import OneSided
from foretell.core.stats.ratio_change import Arm, cost_per_success_ratio
from foretell.core.stats.ratio_change import check_above as above_ratio
from foretell.core.stats.ratio_change import check_below as below_ratio


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a gate knows of one suite: units of the candidate, and of baseline and anchor where there are any."""

    suite: str
    candidate: Units
    baseline: Units | None = None
    anchor: Units | None = None
    is_unknown_cost_zero: bool = False

    @property
    def environment_share(self) -> float:
        """The larger share of environment failures of candidate and baseline."""
        sides = [side for side in (self.candidate, self.baseline) if side is not None and len(side)]
        return max((float(side.environment.sum() / side.trials.sum()) for side in sides), default=0.0)


@dataclass(frozen=True, slots=True)
class Tested:
    """A rule's row (its ruling not yet drawn), and its hold side when the environment's failures are forgiven."""

    finding: RuleFinding
    p_hold_without_environment: float


@dataclass(frozen=True, slots=True)
class Limit:
    """A rule to test: its name, its limit, on which side of it shipping lies."""

    name: str
    suite: str
    value: float
    ships: Side

    @property
    def holds(self) -> Side:
        """The side of the limit on which the rule is broken."""
        return "below" if self.ships == "above" else "above"


@dataclass(frozen=True, slots=True)
class Readings:
    """One quantity per unit, read four ways: against shipping, against holding, as scored, and in fair weather."""

    against_ship: Floats
    against_hold: Floats
    scored: Floats
    fair: Floats


def rules_of(policy: GatePolicy, evidence: Evidence, standard: Standard) -> Iterator[Tested]:
    """Every rule of a policy on one suite."""
    yield _floor(policy, evidence, standard)
    for other, margin, name in (
        (evidence.baseline, policy.may_drop, "success against baseline"),
        (evidence.anchor, policy.may_drop_since_anchor, "success since anchor"),
    ):
        if other is not None and margin is not None:
            yield _drop(Limit(name, evidence.suite, -margin, "above"), evidence.candidate, other, standard)
    for mode, ceiling in policy.modes.items():
        yield _ceiling(
            Limit(f"failure mode {mode}", evidence.suite, ceiling, "below"), mode, evidence.candidate, standard
        )
    if policy.cost_may_rise is not None and evidence.baseline is not None:
        yield _cost(policy.cost_may_rise, evidence, evidence.baseline, standard)


def _floor(policy: GatePolicy, evidence: Evidence, standard: Standard) -> Tested:
    units = evidence.candidate
    limit = Limit("success", evidence.suite, policy.at_least, "above")
    readings = Readings(
        units.rate("as-failure"), units.rate("as-success"), units.rate("scored"), units.rate_without_environment()
    )
    return _test_rate(limit, units, readings, standard)


def _ceiling(limit: Limit, mode: str, units: Units, standard: Standard) -> Tested:
    spared = units.occurrence(mode, "as-success")
    readings = Readings(units.occurrence(mode, "as-failure"), spared, units.occurrence(mode, "scored"), spared)
    tested = _test_rate(limit, units, readings, standard)
    if mode in ("timeout", "unavailable"):  # the environment's own modes explain nothing in a storm
        return Tested(tested.finding, 1.0)
    return tested


def _test_rate(limit: Limit, units: Units, readings: Readings, standard: Standard) -> Tested:
    if not len(units):
        return _nothing(limit, 0)
    single = units.is_single

    def claim(values: Floats, side: Side) -> OneSided:
        return claim_rate(values, side, limit.value, standard, is_single=single)

    ship = claim(readings.against_ship, limit.ships)
    hold = claim(readings.against_hold, limit.holds)
    fair = claim(readings.fair, limit.holds) if units.environment.any() else hold
    kept = readings.scored[~np.isnan(readings.scored)]
    finding = _finding(limit, ship, hold, len(units), float(kept.mean()) if len(kept) else None)
    if finding.estimate is not None:
        finding = replace(finding, smallest_visible=abs(finding.estimate - ship.bound))
    unscored = int(units.unscored.sum())
    if unscored and len(kept):
        alone = (claim(kept, limit.ships).is_clear, claim(kept, limit.holds).is_clear)
        finding = replace(finding, note=_of_unscored(unscored, alone, (ship, hold)))
    elif unscored:
        finding = replace(finding, note=f"nothing was scored: all {unscored} trials are unscored")
    return Tested(finding, fair.p_value)


def _drop(limit: Limit, candidate: Units, other: Units, standard: Standard) -> Tested:
    both = np.intersect1d(candidate.key, other.key)
    if len(both) < FEWEST_PAIRS:
        return _nothing(limit, len(both), f"fewer than {FEWEST_PAIRS} cases are in both runs")
    new, old = candidate.pick(both), other.pick(both)
    single = new.is_single and old.is_single

    def claim(values: Floats, side: Side) -> OneSided:
        return claim_difference(values, side, limit.value, standard, is_single=single)

    against_ship = new.rate("as-failure") - old.rate("as-success")
    ship = claim(against_ship, "above")
    hold = claim(new.rate("as-success") - old.rate("as-failure"), "below")
    fair = claim(new.rate_without_environment() - old.rate("as-failure"), "below") if new.environment.any() else hold
    scored = new.rate("scored") - old.rate("scored")
    kept = scored[~np.isnan(scored)]
    finding = _finding(limit, ship, hold, len(both), float(kept.mean()) if len(kept) else None)
    finding = replace(finding, smallest_visible=smallest_visible_drop(against_ship, standard, is_single=single))
    unscored = int(new.unscored.sum() + old.unscored.sum())
    if unscored and len(kept) >= FEWEST_PAIRS:
        alone = (claim(kept, "above").is_clear, claim(kept, "below").is_clear)
        finding = replace(finding, note=_of_unscored(unscored, alone, (ship, hold)))
    elif unscored:
        finding = replace(finding, note=f"{unscored} unscored trials leave {len(kept)} pairs with both sides scored")
    return Tested(finding, fair.p_value)


def _of_unscored(unscored: int, scored_alone: tuple[bool, bool], worst: tuple[OneSided, OneSided]) -> str:
    """What the unscored trials change: the scored ones alone would ship or hold, the worst case does not."""
    for name, alone, in_the_worst in zip(("ship", "hold"), scored_alone, worst, strict=True):
        if alone and not in_the_worst.is_clear:
            return f"the scored trials alone would {name}; {unscored} unscored ones could turn that"
    return f"{unscored} unscored trials, read against the ruling"


def _cost(rise: float, evidence: Evidence, baseline: Units, standard: Standard) -> Tested:
    limit = Limit("cost per success", evidence.suite, 1 + rise, "below")
    both = np.intersect1d(evidence.candidate.key, baseline.key)
    if len(both) < FEWEST_PAIRS:
        return _nothing(limit, len(both), f"fewer than {FEWEST_PAIRS} cases are in both runs")
    new, old = evidence.candidate.pick(both), baseline.pick(both)
    zero = evidence.is_unknown_cost_zero
    known = float(min(new.priced.sum() / new.trials.sum(), old.priced.sum() / old.trials.sum()))
    if known < COVERAGE_FLOOR and not zero:
        return _nothing(limit, len(both), f"only {percent(known)} of the costs are known")
    kept = np.ones(len(both), np.bool_) if zero else (new.priced > 0) & (old.priced > 0)
    order = np.random.default_rng(standard.seed).permutation(int(kept.sum()))

    def arm(units: Units, reading: Reading) -> Arm:
        return Arm(units.mean_cost(unknown_as_zero=zero)[kept][order], units.rate(reading)[kept][order])

    try:
        ship = below_ratio(arm(new, "as-failure"), arm(old, "as-success"), limit.value, standard.confidence)
        hold = above_ratio(arm(new, "as-success"), arm(old, "as-failure"), limit.value, standard.confidence)
        estimate = cost_per_success_ratio(arm(new, "as-failure"), arm(old, "as-failure"))
    except NotEnoughEvidence as error:
        return _nothing(limit, len(both), error.problems[0].what)
    finding = _finding(limit, ship, hold, len(order), finite(estimate))
    return Tested(finding, 1.0 if new.environment.any() else hold.p_value)


def _finding(limit: Limit, ship: OneSided, hold: OneSided, n: int, estimate: float | None) -> RuleFinding:
    low, high = (ship.bound, hold.bound) if limit.ships == "above" else (hold.bound, ship.bound)
    return RuleFinding(
        rule=limit.name,
        suite=limit.suite,
        ruling="not-enough-evidence",
        estimate=estimate,
        low=finite(low),
        high=finite(high),
        limit=limit.value,
        n=n,
        unit="case",
        method=ship.method,
        p_ship=ship.p_value,
        p_hold=hold.p_value,
        higher_is_better=limit.ships == "above",
    )


def _nothing(limit: Limit, n: int, note: str = "nothing was measured") -> Tested:
    """A rule without evidence: it neither ships nor holds."""
    finding = RuleFinding(
        rule=limit.name,
        suite=limit.suite,
        ruling="not-enough-evidence",
        estimate=None,
        low=None,
        high=None,
        limit=limit.value,
        n=n,
        unit="case",
        method="none",
        higher_is_better=limit.ships == "above",
        note=note,
    )
    return Tested(finding, 1.0)
