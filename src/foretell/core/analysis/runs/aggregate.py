"""Trials folded to independent units: one row per case, or per conversation where one holds several trials."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foretell.core.analysis.runs.measure import Measure
from foretell.core.analysis.runs.weights import Weights
from foretell.core.ports.findings import Floats, Ints, TrialColumns

Reading: TypeAlias = Literal["scored", "as-failure", "as-success"]
"""How an unscored trial is read: left out, or as the one or the other, for the worst case."""


@dataclass(frozen=True, slots=True)
class Units:
    """One row per unit, sorted by `key` (the cluster of its trials).

    `trials`, `successes`, `unscored`, `environment` are counts. `cost` is the summed cost of the trials whose cost is
    known, `priced` their number. `fired` holds, by failure mode, the number of trials in which it occurred, `measures`
    what a policy asks for beside these, by the name of its rule. `weights` say for how much each unit stands, those
    of other units among them; None when all stand for as much.
    """

    key: Ints
    trials: Ints
    successes: Ints
    unscored: Ints
    environment: Ints
    cost: Floats
    priced: Ints
    fired: Mapping[str, Ints]
    measures: Mapping[str, Measure] = field(default_factory=dict[str, Measure])
    unit: str = "case"
    weights: Weights | None = None

    def __len__(self) -> int:
        return len(self.key)

    @classmethod
    def none(cls) -> "Units":
        """No unit at all."""
        nothing = np.zeros(0, np.int64)
        return cls(nothing, nothing, nothing, nothing, nothing, np.zeros(0), nothing, {})

    @property
    def is_single(self) -> bool:
        """True when every unit is one trial: one binary answer per case."""
        return bool((self.trials == 1).all())

    def rate(self, reading: Reading) -> Floats:
        """The share of successes of each unit; NaN where nothing was scored and unscored trials are left out."""
        good = self.successes + (self.unscored if reading == "as-success" else 0)
        number = self.trials - self.unscored if reading == "scored" else self.trials
        return divide(good, number)

    def mean_cost(self, *, unknown_as_zero: bool) -> Floats:
        """The mean cost of a trial of each unit; NaN where no trial's cost is known."""
        return divide(self.cost, self.trials if unknown_as_zero else self.priced)

    def with_measures(self, measures: Mapping[str, Measure]) -> "Units":
        """The same units with what a policy asks for beside them."""
        return replace(self, measures=measures)

    def pick(self, keys: Ints) -> "Units":
        """The rows of some keys, all of which must be here, in their order."""
        if np.array_equal(self.key, keys):
            return self
        at = np.searchsorted(self.key, keys)
        return Units(
            self.key[at],
            self.trials[at],
            self.successes[at],
            self.unscored[at],
            self.environment[at],
            self.cost[at],
            self.priced[at],
            {mode: counts[at] for mode, counts in self.fired.items()},
            {name: measure.pick(keys) for name, measure in self.measures.items()},
            self.unit,
            self.weights,
        )


def fold(columns: TrialColumns, fired: Mapping[str, tuple[Ints, NDArray[np.int32]]] | None = None) -> Units:
    """The units of a run. `fired` gives, by mode, the (case, repeat) of the trials in which it occurred."""
    keys, row = np.unique(columns.cluster, return_inverse=True)
    size = len(keys)

    def count(mask: NDArray[np.bool_]) -> Ints:
        return np.bincount(row[mask], minlength=size).astype(np.int64)

    known = ~np.isnan(columns.cost)
    return Units(
        key=keys,
        trials=count(np.ones(len(columns), np.bool_)),
        successes=count(columns.state == 1),
        unscored=count(columns.state == -1),
        environment=count(columns.environment),
        cost=np.bincount(row[known], weights=columns.cost[known], minlength=size).astype(np.float64),
        priced=count(known),
        fired={mode: count(_where(columns, *place)) for mode, place in (fired or {}).items()},
        unit="case" if np.array_equal(columns.cluster, columns.case) else "conversation",
    )


def _where(columns: TrialColumns, case: Ints, repeat: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which trials are among the given ones."""
    return np.isin(trial_keys(columns.case, columns.repeat), trial_keys(case, repeat))


def trial_keys(case: Ints, repeat: NDArray[np.int32]) -> Ints:
    """One integer per (case, repeat); the multiplication wraps around, which keeps it one-to-one for each repeat."""
    return case * np.int64(1_000_003) + repeat


def divide(above: NDArray[Any], below: NDArray[Any]) -> Floats:
    """above / below, NaN where there is nothing to divide by."""
    numbers = np.asarray(above, np.float64)
    return np.divide(numbers, below, out=np.full(len(numbers), np.nan), where=below > 0)
