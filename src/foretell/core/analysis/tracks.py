"""What every rule of a gate bets on: one value per unit and claim, from the worst case of what was not scored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from foretell.core.analysis.rules import ENVIRONMENT_MODES, Contest, Evidence, Rule, contests_of
from foretell.core.analysis.runs.measure import Measure
from foretell.core.analysis.runs.weights import Weights
from foretell.core.domain.policy import GatePolicy
from foretell.core.ports.findings import Floats, Ints
from foretell.core.stats.betting import Wager

BETS = 3
"""Bets on each rule: to ship, to hold, and to hold with what the environment did forgiven."""

_MOST_EXPECTED = 0.05  # of a level: how far beyond a floor or a ceiling a system is thought to lie
_BAD_BY = 1.5  # a bad system is thought to lie so much further beyond the limit than a good one lies within it


@dataclass(frozen=True, slots=True)
class Track:
    """One rule's values of some units, in the order of `key`, the more the better: a level, or a difference of two.

    `ship` reads what was not scored against shipping, `hold` against holding, `fair` forgives the environment too;
    `scored` leaves it out (NaN where nothing is left). `others` are the units of the run that it compares with.
    `weights` say for how much units stand, None when all stand for as much.
    """

    rule: Rule
    key: Ints
    ship: Floats
    hold: Floats
    fair: Floats
    scored: Floats
    unscored: Ints
    others: Ints | None = None
    weights: Weights | None = None

    @property
    def shares(self) -> Floats:
        """The units' weights as shares of the largest that there is."""
        return np.ones(len(self.key)) if self.weights is None else self.weights.shares(self.key)

    @property
    def balanced(self) -> "Track":
        """A comparison on the same differences, moved so that there is none on average."""
        mean = np.average(self.ship, weights=self.shares) if len(self.key) else 0.0
        return replace(self, ship=np.clip(self.ship - mean, self.low, 1.0))

    @property
    def low(self) -> float:
        """The least that a value can be; 1 is the most."""
        return -1.0 if self.rule.is_comparison else 0.0

    def in_units(self, values: Floats | float) -> Floats:
        """Values from 0 to 1."""
        return (np.asarray(values, np.float64) - self.low) / (1 - self.low)

    def shown(self, unit: float) -> float:
        """Such a value in the rule's own unit."""
        return self.rule.shown(self.low + (1 - self.low) * unit)

    @property
    def thought(self) -> float:
        """How far within the limit a good system is thought to lie, from 0 to 1; it steers stakes, not validity."""
        limit = self.rule.limit_of_good
        if self.rule.is_comparison:
            return abs(limit) / 2
        return min(_MOST_EXPECTED, min(limit, 1 - limit) / 2)

    def columns(self) -> tuple[Floats, Floats, Floats]:
        """What the three bets see: large values speak for the claim, and light units lie near to its limit.

        See `stats.bounded` for why that makes them tests of the weighted mean.
        """
        null = self.in_units(self.rule.limit_of_good)
        ship, hold, fair = (self.in_units(values) for values in (self.ship, self.hold, self.fair))
        if self.weights is not None:
            ship, hold, fair = (null + self.shares * (values - null) for values in (ship, hold, fair))
        return ship, 1 - hold, 1 - fair


def tracks_of(policy: GatePolicy, evidence: Evidence) -> Iterator[Track]:
    """The tracks of all rules of a policy on one suite; always the same rules in the same order."""
    for contest in contests_of(policy, evidence):
        yield _change(contest) if contest.rule.is_comparison else _level(contest)


def _level(contest: Contest) -> Track:
    new = contest.new if contest.new.stray is None else Measure.none()  # a value out of its range says nothing
    best = new.mean(missing_as=1.0)
    fair = np.ones(len(new)) if contest.rule.name in ENVIRONMENT_MODES else new.fair
    worst, weights = new.mean(missing_as=0.0), contest.weights
    return Track(contest.rule, new.key, worst, best, fair, new.scored, new.missing, weights=weights)


def _change(contest: Contest) -> Track:
    old = contest.old if contest.old is not None else Measure.none()
    is_strange = contest.new.stray is not None or old.stray is not None
    both = contest.new.key[:0] if is_strange else contest.new.key[is_among(contest.new.key, old.key)]
    new, then = contest.new.pick(both), old.pick(both)
    worst = then.mean(missing_as=0.0)
    return Track(
        contest.rule,
        both,
        new.mean(missing_as=0.0) - then.mean(missing_as=1.0),
        new.mean(missing_as=1.0) - worst,
        new.fair - worst,
        new.scored - then.scored,
        new.missing + then.missing,
        old.key,
        contest.weights,
    )


def is_among(keys: Ints, sorted_keys: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which keys are among sorted ones."""
    if not len(sorted_keys):
        return np.zeros(len(keys), np.bool_)
    at = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    return sorted_keys[at] == keys


def values_of(tracks: Sequence[Track], order: Ints) -> Floats:
    """What all bets of all rules see of the units in `order`: (units, 3 × rules), NaN where a rule has no value."""
    rank = np.argsort(order)
    sorted_keys = order[rank]
    table = np.full((len(order), BETS * len(tracks)), np.nan)
    for number, track in enumerate(tracks):
        kept = is_among(track.key, sorted_keys)
        rows = rank[np.searchsorted(sorted_keys, track.key[kept])]
        for bet, values in enumerate(track.columns()):
            table[rows, BETS * number + bet] = values[kept]
    return table


def wager_of(tracks: Sequence[Track], planned: Sequence[int], alpha: float, rules: int) -> Wager:
    """All bets of a suite: `planned` is how many units each rule has, `rules` how many are tested together in all."""
    nulls = [float(track.in_units(track.rule.limit_of_good)) for track in tracks]
    thought = np.array([track.thought for track in tracks], np.float64)
    return Wager(
        nulls=np.array([null for ship in nulls for null in (ship, 1 - ship, 1 - ship)], np.float64),
        target=np.tile(np.array([1.0, rules, rules]) / alpha, len(tracks)),
        horizon=np.repeat(np.array(planned, np.float64), BETS),
        expected=(thought[:, None] * np.array([1.0, _BAD_BY, _BAD_BY])).ravel(),
    )
