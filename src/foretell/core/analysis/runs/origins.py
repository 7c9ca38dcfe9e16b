"""Where failures start: the step that failed first, trial by trial, and what that costs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from foretell.core.analysis.runs.rates import share_estimate
from foretell.core.analysis.runs.step_table import StepName
from foretell.core.analysis.trials.executed import Executed, first_failed
from foretell.core.domain.estimates import Estimate
from foretell.core.domain.modes import BUILT_IN, UNNAMED, FailureMode
from foretell.core.ports.findings import Ints

MOST_MODES = 3


@dataclass(frozen=True, slots=True)
class Origin:
    """The trials that failed from one step on; `step` None: those in which no step is seen to fail.

    `failures` counts them, `rate` is their share of all scored trials, `consequences` how many later steps failed with
    it. `modes` are the commonest primary modes with their counts. `cost_per_1000` is what they cost per 1,000
    trials, None when none of their modes has a cost; `uncosted` of them have a mode without one. `example` is the
    first of them.
    """

    step: StepName | None
    failures: int
    rate: Estimate
    consequences: int
    modes: tuple[tuple[str, int], ...]
    cost_per_1000: Estimate | None
    uncosted: int
    example: tuple[str, int]


@dataclass
class _Start:
    example: tuple[str, int]
    by_cluster: Counter[int] = field(default_factory=Counter[int])
    consequences: int = 0
    modes: Counter[str] = field(default_factory=Counter[str])


@dataclass
class OriginTally:
    """Takes failed trials one by one."""

    _starts: dict[StepName | None, _Start] = field(default_factory=dict[StepName | None, _Start])

    def add(self, steps: Sequence[Executed], mode: str | None, cluster: int, trial: tuple[str, int]) -> None:
        """A failed trial with the steps that were seen in it; `trial` is its case's id and its repeat."""
        first = first_failed(steps)
        start = self._starts.setdefault(None if first is None else StepName(first.name, first.kind), _Start(trial))
        start.by_cluster[cluster] += 1
        start.consequences += sum(step.part == "consequence" for step in steps)
        start.modes[mode or UNNAMED] += 1

    def origins(self, modes: Iterable[FailureMode], scored: Ints) -> tuple[Origin, ...]:
        """The steps at which failures start, the dearest first; `scored` holds the cluster of each scored trial."""
        costs = {mode.name: mode.cost for mode in (*BUILT_IN, *modes)}
        clusters, sizes = np.unique(scored, return_counts=True)
        found = [self._origin(step, start, costs, (clusters, sizes)) for step, start in self._starts.items()]
        return tuple(sorted(found, key=_dearest_first))

    def _origin(
        self, step: StepName | None, start: _Start, costs: Mapping[str, float | None], units: tuple[Ints, Ints]
    ) -> Origin:
        clusters, sizes = units
        failed = np.zeros(len(clusters))
        failed[np.searchsorted(clusters, list(start.by_cluster))] = list(start.by_cluster.values())
        rate = share_estimate(failed / sizes, is_single=bool((sizes == 1).all()))
        failures = sum(start.modes.values())
        uncosted = sum(count for mode, count in start.modes.items() if costs.get(mode) is None)
        spent = sum(count * (costs.get(mode) or 0.0) for mode, count in start.modes.items())
        cost = None if uncosted == failures else _scaled(rate, 1000 * spent / failures)
        named = tuple(start.modes.most_common(MOST_MODES))
        return Origin(step, failures, rate, start.consequences, named, cost, uncosted, start.example)


def _scaled(rate: Estimate, scale: float) -> Estimate:
    """The rate times what one failure costs on average; the interval is the rate's."""
    value, low, high = (None if end is None else end * scale for end in (rate.value, rate.low, rate.high))
    return Estimate(value, low, high, rate.n, rate.unit, f"{rate.method} × the mean cost of its failures")


def _dearest_first(origin: Origin) -> tuple[float, int, bool]:
    cost = origin.cost_per_1000.value if origin.cost_per_1000 is not None else None
    return (-(cost or 0.0), -origin.failures, origin.step is None)
