"""The rules that a gate can hold a suite to, each tested on its evidence."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from foretell.core.analysis.claims import (
    FEWEST_PAIRS,
    Sample,
    Standard,
    claim_difference,
    claim_rate,
    smallest_visible_drop,
)
from foretell.core.analysis.runs.aggregate import Reading, Units
from foretell.core.analysis.runs.cost import COVERAGE_FLOOR, finite
from foretell.core.analysis.runs.measure import Measure
from foretell.core.analysis.runs.quantities import absence_of, goodness_of, success_of
from foretell.core.analysis.runs.weights import Weights
from foretell.core.domain.policy import (
    AGAINST_BASELINE,
    COST,
    SINCE_ANCHOR,
    Demand,
    GatePolicy,
    RuleFinding,
)
from foretell.core.domain.wording import percent
from foretell.core.errors import NotEnoughEvidence
from foretell.core.ports.findings import Floats
from foretell.core.stats.bounded import effective_size
from foretell.core.stats.intervals import OneSided
from foretell.core.stats.ratio_change import Arm, cost_per_success_ratio
from foretell.core.stats.ratio_change import check_above as above_ratio
from foretell.core.stats.ratio_change import check_below as below_ratio

ENVIRONMENT_MODES = ("failure mode timeout", "failure mode unavailable")
"""The environment's own modes: they explain nothing in a storm."""


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
class Claim:
    """What a rule on a measure is tested on: one value per unit, the more the better, as read against either side.

    For a level values lie between 0 and 1, for a comparison between -1 and 1; `limit` is in the same unit. `span` is
    what 1 of them is in the rule's own unit.
    """

    against_ship: Sample
    against_hold: Sample
    limit: float
    is_comparison: bool
    span: float = 1.0

    @property
    def low(self) -> float:
        """The least that a value can be; 1 is the most."""
        return -1.0 if self.is_comparison else 0.0

    def test_ship(self, standard: Standard) -> OneSided:
        """Is the mean shown to be above the limit?"""
        test = claim_difference if self.is_comparison else claim_rate
        return test(self.against_ship, "above", self.limit, standard)

    def test_hold(self, standard: Standard) -> OneSided:
        """Is the mean shown to be below the limit?"""
        test = claim_difference if self.is_comparison else claim_rate
        return test(self.against_hold, "below", self.limit, standard)

    def with_values(self, ship: Floats, hold: Floats) -> "Claim":
        """The same claim on other values of the same units."""
        return replace(
            self,
            against_ship=replace(self.against_ship, values=ship),
            against_hold=replace(self.against_hold, values=hold),
        )


@dataclass(frozen=True, slots=True)
class Tested:
    """A rule's row (its ruling not yet drawn), and its hold side when the environment's failures are forgiven.

    `claim` is what it was tested on; None for a rule without evidence and for the cost.
    """

    finding: RuleFinding
    p_hold_without_environment: float
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule on a measure: its name, suite and demand, and whether it compares."""

    name: str
    suite: str
    demand: Demand
    is_comparison: bool = False
    unit: str = "case"

    @property
    def limit(self) -> float:
        """The limit as the rule's row shows it."""
        demand = self.demand
        if not self.is_comparison:
            return demand.level or 0.0
        return -(demand.margin or 0.0) if demand.higher_is_better else demand.margin or 0.0

    @property
    def limit_of_good(self) -> float:
        """The limit in units of a measure."""
        if self.is_comparison:
            return -(self.demand.margin or 0.0) / (self.demand.high - self.demand.low)
        return float(goodness_of(np.array([self.limit]), self.demand)[0])

    def shown(self, good: float) -> float:
        """A mean of a measure, or a difference of two, in the rule's own unit."""
        demand = self.demand
        start, end = (demand.low, demand.high) if demand.higher_is_better else (demand.high, demand.low)
        return good * (end - start) if self.is_comparison else start + good * (end - start)


@dataclass(frozen=True, slots=True)
class Contest:
    """A rule with the measure that it is put to, of the candidate and for a comparison of what it is held against.

    `old` is None for a level, and for a comparison with what does not hold the measure. `weights` are those of the
    candidate's units.
    """

    rule: Rule
    new: Measure
    old: Measure | None = None
    weights: Weights | None = None

    def claim(self) -> Claim:
        """What the rule is tested on: the units that it is about, unscored trials read against either side."""
        rule, new, old = self.rule, self.new, self.old
        ship, hold, is_single = new.mean(missing_as=0.0), new.mean(missing_as=1.0), new.is_single
        if old is not None:
            ship, hold = ship - old.mean(missing_as=1.0), hold - old.mean(missing_as=0.0)
            is_single = is_single and old.is_single
        weights = None if self.weights is None else self.weights.at(new.key)
        against_ship, against_hold = (Sample(values, is_single, weights) for values in (ship, hold))
        span = rule.demand.high - rule.demand.low
        return Claim(against_ship, against_hold, rule.limit_of_good, old is not None, span)

    def shared(self) -> "Contest":
        """With the units alone that are on both sides."""
        if self.old is None:
            return self
        both = np.intersect1d(self.new.key, self.old.key)
        return replace(self, new=self.new.pick(both), old=self.old.pick(both))


def contests_of(policy: GatePolicy, evidence: Evidence) -> Iterator[Contest]:
    """Every rule of a policy on one suite but that on the cost, which no measure shows."""
    weights = evidence.candidate.weights
    for rule, new, old in _matches(policy, evidence):
        yield Contest(rule, new, old, weights)


def _matches(policy: GatePolicy, evidence: Evidence) -> Iterator[tuple[Rule, Measure, Measure | None]]:
    suite, new, unit = evidence.suite, evidence.candidate, evidence.candidate.unit
    success = success_of(new)
    yield Rule("success", suite, Demand(at_least=policy.at_least), unit=unit), success, None
    for other, margin, name in (
        (evidence.baseline, policy.may_drop, AGAINST_BASELINE),
        (evidence.anchor, policy.may_drop_since_anchor, SINCE_ANCHOR),
    ):
        if other is not None and margin is not None:
            rule = Rule(f"success{name}", suite, Demand(may_drop=margin), is_comparison=True, unit=unit)
            yield rule, success, success_of(other)
    for mode, ceiling in policy.modes.items():
        yield Rule(f"failure mode {mode}", suite, Demand(at_most=ceiling), unit=unit), absence_of(mode, new), None
    for name, demand in policy.demands.items():
        if name not in new.measures:
            continue
        if demand.level is not None:
            yield Rule(name, suite, demand, unit=unit), new.measures[name], None
        if demand.margin is not None and evidence.baseline is not None:
            rule = Rule(f"{name}{AGAINST_BASELINE}", suite, demand, is_comparison=True, unit=unit)
            yield rule, new.measures[name], evidence.baseline.measures.get(name)


def rules_of(policy: GatePolicy, evidence: Evidence, standard: Standard) -> Iterator[Tested]:
    """Every rule of a policy on one suite, tested."""
    for contest in contests_of(policy, evidence):
        tested = (_test_change if contest.rule.is_comparison else _test_level)(contest, standard)
        is_of_environment = contest.rule.name in ENVIRONMENT_MODES
        yield replace(tested, p_hold_without_environment=1.0) if is_of_environment else tested
    if policy.cost_may_rise is not None and evidence.baseline is not None:
        yield _cost(policy.cost_may_rise, evidence, evidence.baseline, standard)


def _test_level(contest: Contest, standard: Standard) -> Tested:
    rule, measure = contest.rule, contest.new
    if not len(measure):
        return _nothing(rule, 0, "no trace executed it" if rule.name.startswith("step ") else "nothing was measured")
    if measure.stray is not None:
        return _nothing(rule, len(measure), _of_stray(measure.stray, rule.demand))
    unscored = int(measure.missing.sum())
    fair = measure.fair if measure.environment.any() else None
    tested = _test(rule, contest.claim(), (measure.scored, unscored), standard, fair)
    finding = tested.finding
    if finding.estimate is not None:
        bound = finding.low if rule.demand.higher_is_better else finding.high
        finding = replace(finding, smallest_visible=None if bound is None else abs(finding.estimate - bound))
    elif unscored:
        finding = replace(finding, note=f"nothing was scored: all {unscored} trials are unscored")
    return replace(tested, finding=finding)


def _test_change(contest: Contest, standard: Standard) -> Tested:
    contest = contest.shared()
    rule, new, old = contest.rule, contest.new, contest.old
    if old is None:
        return _nothing(rule, 0, "the baseline does not hold it")
    if len(new) < FEWEST_PAIRS:
        return _nothing(rule, len(new), f"fewer than {FEWEST_PAIRS} {rule.unit}s are in both runs")
    stray = old.stray if new.stray is None else new.stray
    if stray is not None:
        return _nothing(rule, len(new), _of_stray(stray, rule.demand))
    claim = contest.claim()
    scored, unscored = new.scored - old.scored, int(new.missing.sum() + old.missing.sum())
    fair = new.fair - old.mean(missing_as=0.0) if new.environment.any() else None
    tested = _test(rule, claim, (scored, unscored), standard, fair)
    visible = smallest_visible_drop(claim.against_ship, standard)
    finding = replace(tested.finding, smallest_visible=abs(rule.shown(visible)))
    pairs = int((~np.isnan(scored)).sum())
    if unscored and pairs < FEWEST_PAIRS:
        finding = replace(finding, note=f"{unscored} unscored trials leave {pairs} pairs with both sides scored")
    return replace(tested, finding=finding)


def _test(rule: Rule, claim: Claim, seen: tuple[Floats, int], standard: Standard, fair: Floats | None) -> Tested:
    """Both sides of a rule, and what its unscored trials change. `seen` is what was scored, and how many were not."""
    ship, hold = claim.test_ship(standard), claim.test_hold(standard)
    scored, unscored = seen
    alone = claim.against_ship.scored(scored)
    finding = _finding(rule, (ship, hold), len(scored), alone.mean if len(alone) else None)
    if unscored and len(alone) >= (FEWEST_PAIRS if claim.is_comparison else 1):
        by_scored = replace(claim, against_ship=alone, against_hold=alone)
        clear = (by_scored.test_ship(standard).is_clear, by_scored.test_hold(standard).is_clear)
        finding = replace(finding, note=_of_unscored(unscored, clear, (ship, hold)))
    if fair is None:
        return Tested(finding, hold.p_value, claim)
    return Tested(finding, claim.with_values(fair, fair).test_hold(standard).p_value, claim)


def _of_unscored(unscored: int, scored_alone: tuple[bool, bool], worst: tuple[OneSided, OneSided]) -> str:
    """What the unscored trials change: the scored ones alone would ship or hold, the worst case does not."""
    for name, alone, in_the_worst in zip(("ship", "hold"), scored_alone, worst, strict=True):
        if alone and not in_the_worst.is_clear:
            return f"the scored trials alone would {name}; {unscored} unscored ones could turn that"
    return f"{unscored} unscored trials, read against the ruling"


def _of_stray(stray: float, demand: Demand) -> str:
    return f"a value of {stray:g} lies outside of {demand.low:g} to {demand.high:g}: give the rule its range"


def _cost(rise: float, evidence: Evidence, baseline: Units, standard: Standard) -> Tested:
    rule = Rule(COST, evidence.suite, Demand(at_most=1 + rise), unit=evidence.candidate.unit)
    both = np.intersect1d(evidence.candidate.key, baseline.key)
    if len(both) < FEWEST_PAIRS:
        return _nothing(rule, len(both), f"fewer than {FEWEST_PAIRS} {rule.unit}s are in both runs")
    new, old = evidence.candidate.pick(both), baseline.pick(both)
    zero = evidence.is_unknown_cost_zero
    known = float(min(new.priced.sum() / new.trials.sum(), old.priced.sum() / old.trials.sum()))
    if known < COVERAGE_FLOOR and not zero:
        return _nothing(rule, len(both), f"only {percent(known)} of the costs are known")
    kept = np.ones(len(both), np.bool_) if zero else (new.priced > 0) & (old.priced > 0)
    order = np.random.default_rng(standard.seed).permutation(int(kept.sum()))
    weights = None if new.weights is None else new.weights.at(both[kept])
    shares = np.ones(len(order)) if weights is None else (weights / weights.max())[order]

    def arm(units: Units, reading: Reading) -> Arm:
        # Both sums of a ratio are weighted by weighting what is added up.
        costs, successes = units.mean_cost(unknown_as_zero=zero), units.rate(reading)
        return Arm(shares * costs[kept][order], shares * successes[kept][order])

    try:
        ship = below_ratio(arm(new, "as-failure"), arm(old, "as-success"), rule.limit, standard.confidence)
        hold = above_ratio(arm(new, "as-success"), arm(old, "as-failure"), rule.limit, standard.confidence)
        estimate = cost_per_success_ratio(arm(new, "as-failure"), arm(old, "as-failure"))
    except NotEnoughEvidence as error:
        return _nothing(rule, len(both), error.problems[0].what)
    finding = _row(rule, (ship, hold), (hold.bound, ship.bound), len(order))
    if weights is not None:
        finding = replace(finding, method=f"{finding.method}; weighted (effective n = {effective_size(weights):.4g})")
    return Tested(replace(finding, estimate=finite(estimate)), 1.0 if new.environment.any() else hold.p_value)


def _finding(rule: Rule, tests: tuple[OneSided, OneSided], n: int, good: float | None) -> RuleFinding:
    ends = sorted(rule.shown(test.bound) for test in tests)
    finding = _row(rule, tests, (ends[0], ends[1]), n)
    return finding if good is None else replace(finding, estimate=rule.shown(good))


def _row(rule: Rule, tests: tuple[OneSided, OneSided], ends: tuple[float, float], n: int) -> RuleFinding:
    """A rule's row; `tests` are of its ship side and its hold side, `ends` its bounds."""
    ship, hold = tests
    return replace(
        unruled(rule, n),
        low=finite(ends[0]),
        high=finite(ends[1]),
        method=ship.method,
        p_ship=ship.p_value,
        p_hold=hold.p_value,
    )


def unruled(rule: Rule, n: int) -> RuleFinding:
    """A rule's row before anything is known of it but the number of its units."""
    return RuleFinding(
        rule=rule.name,
        suite=rule.suite,
        ruling="not-enough-evidence",
        estimate=None,
        low=None,
        high=None,
        limit=rule.limit,
        n=n,
        unit=rule.unit,
        method="none",
        higher_is_better=rule.demand.higher_is_better,
    )


def _nothing(rule: Rule, n: int, note: str = "nothing was measured") -> Tested:
    """A rule without evidence: it neither ships nor holds."""
    return Tested(replace(unruled(rule, n), note=note), 1.0)
