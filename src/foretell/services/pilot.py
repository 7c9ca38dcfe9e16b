"""Which cases a gate that may stop early draws next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from foretell.core.analysis.early import Drawn, JointTest
from foretell.core.analysis.runs.rows import cluster_of
from foretell.core.analysis.runs.weights import unit_of, weights_of
from foretell.core.domain.policy import GatePolicy
from foretell.core.domain.runs import SuitePlan
from foretell.core.ports.facts import TrialRow
from foretell.core.ports.findings import Ints
from foretell.services.evidence import fold_rows


@dataclass
class SuitePilot:
    """Draws the units of one suite in seeded order, and shows them to the joint test whole and in that order.

    Answers come in the order in which they are ready: a unit is held back until all that were drawn before it are
    whole, or those that answer fast would be seen first. What an earlier attempt `carried` over is not run again.
    """

    test: JointTest
    plan: SuitePlan
    order: Ints
    policy: GatePolicy
    carried: Drawn | None = None
    has_enough: bool = False
    _is_strange: bool = False
    _next: int = 0
    _held: dict[int, list[tuple[TrialRow, int]]] = field(default_factory=dict[int, list[tuple[TrialRow, int]]])
    _cases: dict[int, list[int]] = field(default_factory=dict[int, list[int]])

    def __post_init__(self) -> None:
        self._units = [unit_of(case) for case in self.plan.evalset.cases]
        self._weights = weights_of(self.plan.evalset.cases)
        for number, key in enumerate(self._units):
            self._cases.setdefault(key, []).append(number)

    def unit(self, case_no: int) -> int:
        """The key of a case's unit."""
        return self._units[case_no]

    def units(self) -> Iterator[Sequence[int]]:
        """The numbers of the cases of the next unit, until the test needs no more."""
        known: set[int] = set() if self.carried is None else set(self.carried.order.tolist())
        for key in self.order.tolist():
            if self.test.is_over(self.plan.suite) and not self._is_strange:
                self.has_enough = True
                return
            if key not in known:
                yield self._cases[key]
        self.has_enough = bool(known)  # such a run lacks what was carried: it is no whole run of its set

    def recall(self, drawn: Drawn, rows: Sequence[tuple[TrialRow, int]]) -> None:
        """What finished before: the units up to the first gap, and the trials beyond it."""
        self.test.see(self.plan.suite, drawn)
        self._next = len(drawn.order)
        for row, arm in rows:
            self.see(row, arm)

    def see(self, row: TrialRow, arm: int) -> None:
        """Keep a trial; look at whatever is whole and next."""
        unit = self._units[row.record.case_no]
        # A recording may know conversations that the set does not: such a set is run to its end.
        self._is_strange = self._is_strange or cluster_of(row) != unit
        if self._is_strange:
            return
        self._held.setdefault(unit, []).append((row, arm))
        ready: list[int] = []
        while self._next < len(self.order) and self._is_whole(key := int(self.order[self._next])):
            ready.append(key)
            self._next += 1
        if ready:
            rows = [row for key in ready for row in self._held.pop(key)]
            arms = [[row for row, arm in rows if arm == side] for side in range(len(self.plan.arms))]
            sides = [replace(fold_rows(side, self.plan, self.policy), weights=self._weights) for side in arms]
            self.test.see(self.plan.suite, Drawn(sides[0], np.array(ready, np.int64), *sides[1:2]))

    def _is_whole(self, unit: int) -> bool:
        trials = len(self._cases[unit]) * self.plan.repeats * len(self.plan.arms)
        return len(self._held.get(unit, ())) == trials
