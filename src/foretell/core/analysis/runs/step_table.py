"""Which steps each trace executed and which of them failed: one row a trace, one column a step."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from foretell.core.analysis.runs.weights import Weights
from foretell.core.analysis.trials.executed import Executed
from foretell.core.domain.trace import SpanKind
from foretell.core.ports.findings import Ints


@dataclass(frozen=True, slots=True)
class StepName:
    """A step: a kind of span and a name that recur across traces."""

    name: str
    kind: SpanKind


@dataclass(frozen=True, slots=True)
class StepTable:
    """Traces by steps. `went` is 1 where a step went well, 0 where it failed at least once, -1 where it did not run.

    `cluster` is the case or the conversation that a trace belongs to, `state` how it ended: 1 success, 0 failure, -1
    unscored. Steps are in the order in which they first run. `unseen` traces showed no step at all and have no row;
    `rare` counts names that occur in a single trace: a name that nothing shares makes no step. `weights` say for how
    many interactions of production each cluster stands, None when all stand for as many.
    """

    steps: tuple[StepName, ...]
    went: NDArray[np.int8]
    cluster: Ints
    state: NDArray[np.int8]
    unseen: int = 0
    rare: int = 0
    unit: str = "case"
    weights: Weights | None = None

    def position(self, name: str) -> int | None:
        """The column of a step by its name; of several with one name the first."""
        return next((place for place, step in enumerate(self.steps) if step.name == name), None)


@dataclass
class StepTally:
    """Takes traces one by one and makes the table: a million of them need about 50 bytes each and 10 a step."""

    unseen: int = 0
    _columns: dict[StepName, int] = field(default_factory=dict[StepName, int])
    _places: list[list[int]] = field(default_factory=list[list[int]])
    _rows: "array[int]" = field(default_factory=lambda: array("q"))
    _steps: "array[int]" = field(default_factory=lambda: array("i"))
    _went: "array[int]" = field(default_factory=lambda: array("b"))
    _clusters: "array[int]" = field(default_factory=lambda: array("q"))
    _states: "array[int]" = field(default_factory=lambda: array("b"))

    def add(self, steps: Sequence[Executed], cluster: int, state: int) -> None:
        """One trace. Nothing of it counts when no step was seen, but that it was there."""
        if not steps:
            self.unseen += 1
            return
        row = len(self._clusters)
        self._clusters.append(cluster)
        self._states.append(state)
        went: dict[StepName, bool] = {}
        for place, step in enumerate(steps):
            name = StepName(step.name, step.kind)
            if name not in went:
                self._met(name, place)
            went[name] = went.get(name, True) and not step.is_failed
        for name, is_good in went.items():
            self._rows.append(row)
            self._steps.append(self._columns[name])
            self._went.append(is_good)

    def _met(self, name: StepName, place: int) -> None:
        column = self._columns.setdefault(name, len(self._columns))
        if column == len(self._places):
            self._places.append([0, 0])
        self._places[column][0] += place
        self._places[column][1] += 1

    def table(self, unit: str = "case") -> StepTable:
        """All that was added."""
        traces = len(self._clusters)
        least = min(2, traces)
        kept = [(column, name) for name, column in self._columns.items() if self._places[column][1] >= least]
        kept.sort(key=lambda pair: self._places[pair[0]][0] / self._places[pair[0]][1])
        target = np.full(len(self._columns), -1, np.int64)
        target[[column for column, _ in kept]] = np.arange(len(kept))
        went = np.full((traces, len(kept)), -1, np.int8)
        columns = target[np.array(self._steps, np.int64)]
        shown = columns >= 0
        went[np.array(self._rows, np.int64)[shown], columns[shown]] = np.array(self._went, np.int8)[shown]
        return StepTable(
            tuple(name for _, name in kept),
            went,
            np.array(self._clusters, np.int64),
            np.array(self._states, np.int8),
            self.unseen,
            len(self._columns) - len(kept),
            unit,
        )
