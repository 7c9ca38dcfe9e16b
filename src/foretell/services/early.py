"""A gate that may stop early: its verdict on the units that it drew, as it stood when it stopped."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foretell.core.analysis.carry import carry, uncarry
from foretell.core.analysis.decide import Judged
from foretell.core.analysis.early import Design, Drawn, JointTest, in_seeded_order, judge_early
from foretell.core.analysis.rules import Evidence
from foretell.core.analysis.runs.aggregate import Units
from foretell.core.analysis.runs.weights import unit_of
from foretell.core.domain.policy import GatePolicy, RuleFinding, SeenSuite, Stop
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
        nothing = self.evidence.candidate.pick(known[:0])
        evidence = replace(self.evidence, candidate=nothing)
        if self.has_base:
            evidence = replace(evidence, baseline=nothing)
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


@dataclass(frozen=True, slots=True)
class EarlyVerdict:
    """The verdict as it stood when nothing more had to be seen, where that was, and on what."""

    judged: Judged
    stops: tuple[Stop, ...]
    seen: tuple[SeenSuite, ...]


def judge_parts(policy: GatePolicy, parts: Sequence[Part], seed: str) -> EarlyVerdict:
    """The verdict on what is known of a gate's suites, in the order that the seed gives."""
    designs = [part.design(seed) for part in parts]
    drawn = {
        part.plan.suite: part.drawn(design.order)
        for part, design in zip(parts, designs, strict=True)
        if len(part.evidence.candidate)
    }
    test = JointTest(policy, designs)
    judged = judge_early(test, drawn)
    stops = [
        Stop(suite, seen, len(design.order), len(part.evidence.candidate) - seen)
        for (suite, seen), part, design in zip(test.seen.items(), parts, designs, strict=True)
    ]
    seen = [
        carry(design, drawn[part.plan.suite])
        for part, design in zip(parts, designs, strict=True)
        if part.plan.suite in drawn
    ]
    return EarlyVerdict(judged, tuple(stops), tuple(seen))


def judge_seen(policy: GatePolicy, seen: Sequence[SeenSuite], unseen: Sequence[RuleFinding] = ()) -> Judged:
    """The same verdict from what a record carries. `unseen` are the rules of suites of which nothing was seen."""
    found = [uncarry(one) for one in seen]
    test = JointTest(policy, [design for design, _ in found], unseen)
    return judge_early(test, {design.evidence.suite: drawn for design, drawn in found})
