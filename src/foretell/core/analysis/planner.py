"""Before a gate runs: what a set can see, how likely it ships when nothing changed, and what it takes to see more."""

from dataclasses import dataclass, replace
from math import ceil, inf

import numpy as np

from foretell.core.analysis.claims import Sample, Standard, smallest_visible_drop
from foretell.core.analysis.early_end import simulated_end, smallest_margin_early
from foretell.core.errors import NotEnoughEvidence
from foretell.core.ports.findings import Floats
from foretell.core.stats.power import PairedPlan, pairs_needed, ship_probability, smallest_margin_seen
from foretell.core.stats.power_bounded import BoundedPlan, simulated_ship_probability

ASSUMED = (0.05, 0.10, 0.20)
"""Discordances to plan with as long as none was seen: a share of cases on which two equal systems differ."""

POWER = 0.9
SIMULATIONS = 200
_MOST_PAIRS = 5_000
_GROWTH = 1.1


@dataclass(frozen=True, slots=True)
class Question:
    """One drop rule on one suite, its margin a share of what can differ.

    `seen` holds per-case differences of the suite's last two runs, None without two. `cost_per_trial` is the mean of
    the last run, in the project's currency, None where it is not known.
    """

    suite: str
    rule: str
    cases: int
    repeats: int
    margin: float
    confidence: float
    seen: Floats | None = None
    cost_per_trial: float | None = None
    is_binary: bool = True
    stop_early: bool = False

    @property
    def is_single(self) -> bool:
        """True for one binary answer per case, which has an exact test."""
        return self.is_binary and self.repeats == 1


@dataclass(frozen=True, slots=True)
class Prospect:
    """At one discordance: P(ship | no change) today, and what `POWER` takes (None: beyond what can be planned).

    `margin_seen` is the smallest margin that today's cases ship at with that power; None with repeats, or when none
    does. `trials` and `money` are for the candidate alone: the baseline is a file. `cases_expected` is how many of
    today's cases this rule looks at on average in a gate that may stop early, None in one that sees them all.
    """

    discordance: float
    is_seen: bool
    p_ship: float
    margin_seen: float | None
    cases_needed: int | None
    trials: int | None
    money: float | None
    cases_expected: float | None = None


@dataclass(frozen=True, slots=True)
class SuiteOutlook:
    """What one drop rule can see on one suite. `smallest_visible` is with not one case that differs."""

    suite: str
    rule: str
    cases: int
    repeats: int
    margin: float
    smallest_visible: float
    cost_per_trial: float | None
    prospects: tuple[Prospect, ...]


def look_ahead(question: Question) -> SuiteOutlook:
    """The outlook of one rule: at the discordance that was seen, else at those that are commonly met."""
    if question.seen is not None:
        prospects = (_prospect(question, question.seen, is_seen=True),)
    else:
        prospects = tuple(_prospect(question, _made_up(share), is_seen=False) for share in ASSUMED)
    return SuiteOutlook(
        question.suite,
        question.rule,
        question.cases,
        question.repeats,
        question.margin,
        _best(question),
        question.cost_per_trial,
        prospects,
    )


def _best(question: Question) -> float:
    if question.stop_early:
        return smallest_margin_early(_plan_of(question))
    standard = Standard(question.confidence, seed=0)
    return smallest_visible_drop(Sample(np.zeros(question.cases), question.is_single), standard)


def _plan_of(question: Question) -> BoundedPlan:
    return BoundedPlan(question.cases, question.margin, question.confidence)


def _made_up(share: float) -> Floats:
    """Differences of which a share is whole: the worst that repeats of that discordance can do."""
    return (np.arange(1000) < round(share * 1000)).astype(np.float64)


def _prospect(question: Question, differences: Floats, *, is_seen: bool) -> Prospect:
    known = (_exact if question.is_single else _simulated)(question, differences, is_seen=is_seen)
    if not question.stop_early:
        return known
    drawn = _made_up(known.discordance) if question.is_single else differences
    plan = _plan_of(question)
    end = simulated_end(drawn, plan, SIMULATIONS)
    needed = _early_need(drawn, plan, known.cases_needed)
    early = replace(known, p_ship=end.p_ship, margin_seen=None, cases_needed=needed, cases_expected=end.cases)
    return _priced(question, early)


def _early_need(differences: Floats, plan: BoundedPlan, pairs: int | None) -> int | None:
    """The cases at which a test that may stop early has the power, within a tenth; `pairs` are enough without that."""
    while pairs is not None and pairs <= _MOST_PAIRS:
        if simulated_end(differences, replace(plan, pairs=pairs), SIMULATIONS).p_ship >= POWER:
            return pairs
        pairs = ceil(pairs * _GROWTH)
    return None


def _simulated(question: Question, differences: Floats, *, is_seen: bool) -> Prospect:
    plan = _plan_of(question)
    p_ship = simulated_ship_probability(differences, plan, seed=0, simulations=SIMULATIONS).value
    needed = _simulated_need(differences, plan)
    discordance = float(np.abs(differences).mean())
    return _priced(question, Prospect(discordance, is_seen, p_ship, None, needed, None, None))


def _exact(question: Question, differences: Floats, *, is_seen: bool) -> Prospect:
    apart, pairs = float(np.abs(differences).sum()), len(differences)
    discordance = (apart + 1) / (pairs + 2) if is_seen else apart / pairs
    plan = PairedPlan(question.cases, question.margin, discordance, question.confidence)
    margin = smallest_margin_seen(question.cases, discordance, question.confidence, POWER)
    try:
        needed = pairs_needed(question.margin, discordance, question.confidence, POWER)
    except NotEnoughEvidence:
        needed = None
    prospect = Prospect(discordance, is_seen, ship_probability(plan), None if margin == inf else margin, needed, 0, 0)
    return _priced(question, prospect)


def _simulated_need(differences: Floats, plan: BoundedPlan) -> int | None:
    """The cases at which the simulated power suffices, within a tenth."""
    pairs = 20
    while pairs <= _MOST_PAIRS:
        power = simulated_ship_probability(differences, replace(plan, pairs=pairs), seed=0, simulations=SIMULATIONS)
        if power.value >= POWER:
            return pairs
        pairs = ceil(pairs * (_GROWTH if power.value > POWER / 3 else 2 * _GROWTH))
    return None


def _priced(question: Question, prospect: Prospect) -> Prospect:
    if prospect.cases_needed is None:
        return replace(prospect, trials=None, money=None)
    trials = prospect.cases_needed * question.repeats
    known = question.cost_per_trial
    return replace(prospect, trials=trials, money=None if known is None else trials * known)
