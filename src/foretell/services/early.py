"""A gate that may stop early: its verdict on the units that it drew, as it stood when it stopped."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foretell.core.analysis.aggregate import Units
from foretell.core.analysis.decide import Judged
from foretell.core.analysis.early import Design, Drawn, JointTest, in_seeded_order, judge_early
from foretell.core.analysis.rules import Evidence
from foretell.core.analysis.weights import unit_of
from foretell.core.domain.policy import GatePolicy, RuleFinding, Stop
from foretell.core.domain.runs import SuitePlan
from foretell.core.ports.findings import Ints
from foretell.services.evidence import slices_of


@dataclass(frozen=True, slots=True)
class Part:
    """One suite of such a gate: its plan, and what is known; the candidate has no unit before it ran.

    `has_base` says that the baseline is run beside the candidate: then a unit is whole when it is so on both sides.
    """

    plan: SuitePlan
    evidence: Evidence
    has_base: bool = False

    @property
    def planned(self) -> Counter[int]:
        """How many trials each unit has, by its key."""
        count = Counter(unit_of(case) for case in self.plan.evalset.cases)
        return Counter({key: cases * self.plan.repeats for key, cases in count.items()})

    def design(self, seed: str) -> Design:
        """The suite before anything is seen. Conversations that only the recording knew replace the planned units."""
        keys = np.array(list(self.planned), np.int64)
        known = self.evidence.candidate.key
        evidence, candidate = self.evidence, self.evidence.candidate
        if self.has_base:
            evidence = replace(evidence, baseline=candidate.pick(candidate.key[:0]))
        sizes = {f"slice {name}": len(cases) for name, cases in slices_of(self.plan.evalset.cases).items()}
        return Design(evidence, in_seeded_order(keys if np.isin(known, keys).all() else known, seed), sizes)

    def drawn(self, order: Ints) -> Drawn:
        """The finished units, up to the first that is not."""
        base = self.evidence.baseline if self.has_base else None
        sides = [self.evidence.candidate] if base is None else [self.evidence.candidate, base]
        whole = [self._is_whole(side, order) for side in sides]
        missing = np.flatnonzero(~np.logical_and.reduce(whole))
        return Drawn(sides[0], order[: missing[0]] if len(missing) else order, base)

    def _is_whole(self, units: Units, order: Ints) -> NDArray[np.bool_]:
        """Which units have all of their trials; of a recording's own conversations none has before all have."""
        planned, trials = self.planned, dict(zip(units.key.tolist(), units.trials.tolist(), strict=True))
        if not trials.keys() <= planned.keys():
            return np.full(len(order), sum(trials.values()) == planned.total())
        return np.array([trials.get(key) == planned[key] for key in order.tolist()], np.bool_)


def judge_parts(
    policy: GatePolicy, parts: Sequence[Part], seed: str, unseen: Sequence[RuleFinding] = ()
) -> tuple[Judged, tuple[Stop, ...]]:
    """The verdict as it stood when nothing more had to be seen, and where that was.

    `unseen` are the rules of suites that are not among the parts.
    """
    designs = [part.design(seed) for part in parts]
    drawn = {
        part.plan.suite: part.drawn(design.order)
        for part, design in zip(parts, designs, strict=True)
        if len(part.evidence.candidate)
    }
    test = JointTest(policy, designs, unseen)
    judged = judge_early(test, drawn)
    stops = [
        Stop(suite, seen, len(design.order), len(part.evidence.candidate) - seen)
        for (suite, seen), part, design in zip(test.seen.items(), parts, designs, strict=True)
    ]
    return judged, tuple(stops)
