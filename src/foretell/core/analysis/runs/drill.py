"""Is a run with a fault apart from the reference, by what, from which step on, and how many cases does it take?

Each thing that can differ (the success, every failure mode, every check, the cost) is tested on the pairs of cases with
the tests of the gate (`claims`), against no difference at all. The p-values of one run are adjusted by Holm, so that a
run in which nothing changed raises an alarm with a chance of at most 1 - confidence. Faults are not corrected for each
other: each row of a drill is a question of its own.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foretell.core.analysis.claims import FEWEST_PAIRS, Sample, Side, Standard, claim_difference
from foretell.core.analysis.runs.aggregate import Units, divide
from foretell.core.domain.drills import Signal
from foretell.core.errors import NotEnoughEvidence
from foretell.core.ports.findings import Floats, Ints
from foretell.core.stats.correction import holm_adjusted
from foretell.core.stats.ratio_change import METHOD as COST_METHOD
from foretell.core.stats.ratio_change import Arm
from foretell.core.stats.ratio_change import check_above as above_ratio

SUCCESS = "success"
COST = "cost per success"
CHECK = "check "
"""Before the name of a scorer: it said no."""
_REPLICAS = (2, 3, 4, 5, 8, 10)
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Need:
    """How many cases a signal takes; `is_extrapolated` when that is more than there were."""

    cases: int
    is_extrapolated: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A run beside the reference, on the cases of both, in one order; `may_rise` is None where no cost is looked at."""

    old: Units
    new: Units
    standard: Standard
    may_rise: float | None = None

    @classmethod
    def of(cls, reference: Units, run: Units, standard: Standard, may_rise: float | None = None) -> "Pair":
        """Pair two runs by case.

        Raises:
            NotEnoughEvidence: fewer than 10 cases are in both.
        """
        both = np.intersect1d(reference.key, run.key)
        if len(both) < FEWEST_PAIRS:
            what = f"{len(both)} cases are in both runs; fewer than {FEWEST_PAIRS} are never enough."
            raise NotEnoughEvidence.of("the drill", what, "Drill on more cases.")
        return cls(reference.pick(both), run.pick(both), standard, may_rise)

    def names(self) -> list[str]:
        """All that can be looked at."""
        costs = [COST] if self.may_rise is not None else []
        return [SUCCESS, *sorted({*self.old.fired, *self.new.fired}), *costs]

    def signals(self) -> tuple[Signal, ...]:
        """Everything that was looked at, the most striking first, p-values adjusted."""
        found = [self._signal(name) for name in self.names()]
        adjusted = holm_adjusted([signal.p_value for signal in found])
        told = [replace(signal, p_value=float(p)) for signal, p in zip(found, adjusted, strict=True)]
        return tuple(sorted(told, key=lambda signal: signal.p_value))

    def is_alarm(self, signal: Signal) -> bool:
        """True for what nothing but a change explains."""
        return signal.p_value <= 1 - self.standard.confidence + _ROUNDING

    def need(self, signals: Sequence[Signal]) -> Need | None:
        """The fewest cases, in a seeded order, from which on the most striking signal stands alone.

        What no part of the cases shows is looked for among several times as many of the same kind. None: not even then.
        """
        name, tests = signals[0].name, len(signals)
        level = (1 - self.standard.confidence + _ROUNDING) / tests
        order = np.random.default_rng(self.standard.seed).permutation(len(self.old))
        if self._p_value(name, order) > level:
            for times in _REPLICAS:
                if self._p_value(name, np.tile(order, times)) <= level:
                    return Need(times * len(order), is_extrapolated=True)
            return None
        fewest = len(order)
        while fewest > FEWEST_PAIRS and self._p_value(name, order[: fewest - 1]) <= level:
            fewest -= 1
        return Need(fewest)

    def _signal(self, name: str) -> Signal:
        everything = np.arange(len(self.old))
        if name == COST:
            old, new = (float(units.cost.sum() / max(1, units.priced.sum())) for units in (self.old, self.new))
            return Signal(name, old, new, len(self.old), self._p_value(name, everything), COST_METHOD)
        before, after, side = self._rates(name)
        claim = claim_difference(Sample(after - before, self._is_single), side, 0.0, self.standard)
        return Signal(name, float(before.mean()), float(after.mean()), len(before), claim.p_value, claim.method)

    def _p_value(self, name: str, rows: Ints) -> float:
        if name == COST:
            return self._p_of_cost(rows)
        before, after, side = self._rates(name)
        differences = Sample((after - before)[rows], self._is_single)
        return claim_difference(differences, side, 0.0, self.standard).p_value

    def _rates(self, name: str) -> tuple[Floats, Floats, Side]:
        """Before, after, and the side on which a change for the worse lies. The unscored speak against an alarm."""
        if name == SUCCESS:
            return self.old.rate("as-failure"), self.new.rate("as-success"), "below"
        nothing = np.zeros(len(self.old), np.int64)
        before = divide(self.old.fired.get(name, nothing) + self.old.unscored, self.old.trials)
        return before, divide(self.new.fired.get(name, nothing), self.new.trials), "above"

    def _p_of_cost(self, rows: Ints) -> float:
        assert self.may_rise is not None
        arms: list[Arm] = []
        for units, successes in ((self.new, self.new.rate("as-success")), (self.old, self.old.rate("as-failure"))):
            costs = units.mean_cost(unknown_as_zero=False)[rows]
            if np.isnan(costs).any():
                return 1.0
            arms.append(Arm(costs, successes[rows]))
        try:
            return above_ratio(arms[0], arms[1], 1 + self.may_rise, self.standard.confidence).p_value
        except NotEnoughEvidence:
            return 1.0

    @property
    def _is_single(self) -> bool:
        return self.old.is_single and self.new.is_single


def newly_named(reference: Mapping[tuple[int, int], str], run: Mapping[tuple[int, int], str]) -> str | None:
    """What a run names in more trials than the reference does, by the largest gain; None when nothing gained."""
    then = Counter(reference.values())
    gained = Counter({name: count - then[name] for name, count in Counter(run.values()).items()})
    best = max(sorted(gained), key=lambda name: gained[name], default=None)
    return best if best is not None and gained[best] > 0 else None


def places(trials: Sequence[tuple[int, int]]) -> tuple[Ints, NDArray[np.int32]]:
    """Trials by (case, repeat) as two columns."""
    cases = np.array([case for case, _ in trials], np.int64)
    return cases, np.array([repeat for _, repeat in trials], np.int32)
