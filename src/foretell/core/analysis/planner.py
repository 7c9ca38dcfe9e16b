"""Before a gate runs: what a set can see, how likely it ships when nothing changed, and what it takes to see more."""

from dataclasses import dataclass, replace
from math import ceil, inf

import numpy as np

from foretell.core.analysis.claims import Standard, smallest_visible_drop
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

    @property
    def is_single(self) -> bool:
        """True for one binary answer per case, which has an exact test."""
        return self.is_binary and self.repeats == 1


@dataclass(frozen=True, slots=True)
class Prospect:
    """At one discordance: P(ship | no change) today, and what `POWER` takes (None: beyond what can be planned).

    `margin_seen` is the smallest margin that today's cases ship at with that power; None with repeats, or when none
    does. `trials` and `money` are for the candidate alone: the baseline is a file.
    """

    discordance: float
    is_seen: bool
    p_ship: float
    margin_seen: float | None
    cases_needed: int | None
    trials: int | None
    money: float | None


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
    standard = Standard(question.confidence, seed=0)
    best = smallest_visible_drop(np.zeros(question.cases), standard, is_single=question.is_single)
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
        best,
        question.cost_per_trial,
        prospects,
    )


def _made_up(share: float) -> Floats:
    """Differences of which a share is whole: the worst that repeats of that discordance can do."""
    return (np.arange(100) < round(share * 100)).astype(np.float64)


def _prospect(question: Question, differences: Floats, *, is_seen: bool) -> Prospect:
    if question.is_single:
        return _exact(question, differences, is_seen=is_seen)
    plan = BoundedPlan(question.cases, question.margin, question.confidence)
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
