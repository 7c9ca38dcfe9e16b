"""The quantities that a policy asks for, read off the trials of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foretell.core.analysis.runs.aggregate import Units, trial_keys
from foretell.core.analysis.runs.measure import Bools, Measure, fold_measure
from foretell.core.analysis.runs.step_table import StepTable
from foretell.core.domain.policy import Demand, GatePolicy, milliseconds
from foretell.core.ports.findings import Floats, Ints, TrialColumns


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a policy asks of one suite beyond success, modes and cost: cases of slices, limits of time, scores, steps.

    `slices` holds the keys of each slice's cases. Every key is the rule's own name in the policy.
    """

    slices: Mapping[str, Ints]
    latency: Mapping[str, float]
    metrics: Mapping[str, Demand]

    @property
    def is_empty(self) -> bool:
        """True when success, modes and cost are all."""
        return not (self.slices or self.latency or self.metrics)


def wanted_of(policy: GatePolicy, slices: Mapping[str, Ints]) -> Wanted:
    """What a policy asks; `slices` holds the case keys of every slice that the suite has."""
    return Wanted(
        {name: slices[name] for name in policy.slices if name in slices},
        {name: milliseconds(name) for name in policy.latency},
        policy.metrics,
    )


@dataclass(frozen=True, slots=True)
class Scored:
    """The values of one scorer over the trials of a run, in their order: NaN where it has none.

    `is_there` is true where the scorer said something, a failure of its own included.
    """

    values: Floats
    is_there: Bools

    @classmethod
    def placed(cls, columns: TrialColumns, place: tuple[Ints, NDArray[np.int32]], values: Floats) -> "Scored":
        """Values that belong to some (case, repeat), put beside the trials of a run."""
        keys, wanted = trial_keys(columns.case, columns.repeat), trial_keys(*place)
        order = np.argsort(keys)
        at = order[np.searchsorted(keys, wanted, sorter=order)]
        found, is_there = np.full(len(columns), np.nan), np.zeros(len(columns), np.bool_)
        found[at], is_there[at] = values, True
        return cls(found, is_there)


def measure_all(columns: TrialColumns, wanted: Wanted, scores: Mapping[str, Scored]) -> dict[str, Measure]:
    """The measures of a run by name. `scores` holds every scorer of the run when time or scores are wanted.

    A trial whose target failed made no score at all: it is at the worst, because its user got nothing. A trial that
    we failed has none either: its values are missing.
    """
    failed, lost = spoilt_in(columns, scores)
    found: dict[str, Measure] = {}
    for name, keys in wanted.slices.items():
        inside = np.isin(columns.case, keys)
        values = np.where(columns.state == -1, np.nan, columns.state == 1)
        found[f"slice {name}"] = fold_measure(columns, values, inside)
    for name, limit in wanted.latency.items():
        in_time = np.where(np.isnan(columns.latency), np.nan, columns.latency <= limit)
        every = np.ones(len(columns), np.bool_)
        found[f"latency within {name}"] = fold_measure(columns, np.where(failed, 0.0, in_time), every)
    for name, demand in wanted.metrics.items():
        if (scored := scores.get(name)) is not None:
            found[f"metric {name}"] = _of_scores(columns, scored, demand, (failed, lost))
    return found


def spoilt_in(columns: TrialColumns, scores: Mapping[str, Scored]) -> tuple[Bools, Bools]:
    """Which trials no scorer saw: because their target failed, and because we did."""
    bare = np.ones(len(columns), np.bool_)
    for scored in scores.values():
        bare &= ~scored.is_there
    return bare & (columns.state == 0), bare & (columns.state == -1)


def _of_scores(columns: TrialColumns, scored: Scored, demand: Demand, spoilt: tuple[Bools, Bools]) -> Measure:
    failed, lost = spoilt
    goodness = goodness_of(scored.values, demand)
    values = np.where(failed, 0.0, np.clip(goodness, 0.0, 1.0))
    measure = fold_measure(columns, values, scored.is_there | failed | lost, is_binary=False)
    return replace(measure, stray=stray_in(scored.values, demand))


def goodness_of(values: Floats, demand: Demand) -> Floats:
    """Values of a score as 0 (the worst that it can be) to 1 (the best)."""
    start, end = (demand.low, demand.high) if demand.higher_is_better else (demand.high, demand.low)
    return (values - start) / (end - start)


def stray_in(values: Floats, demand: Demand) -> float | None:
    """A value that a score cannot have, None when there is none."""
    strays = values[(values < demand.low) | (values > demand.high)]
    return float(strays[0]) if len(strays) else None


def step_of(table: StepTable, name: str) -> Measure:
    """The success of one step over the traces that executed it, whatever came before."""
    position = table.position(name)
    went = np.zeros(0, np.int8) if position is None else table.went[:, position]
    clusters = table.cluster[: len(went)]
    keys, row = np.unique(clusters[went >= 0], return_inverse=True)
    number = np.bincount(row, minlength=len(keys)).astype(np.int64)
    good = np.bincount(row, weights=went[went >= 0] == 1, minlength=len(keys)).astype(np.float64)
    nothing = np.zeros(len(keys), np.int64)
    return Measure(keys, good, number, nothing, nothing)


def success_of(units: Units) -> Measure:
    """The success of a run as a measure."""
    good = units.successes.astype(np.float64)
    return Measure(units.key, good, units.trials - units.unscored, units.unscored, units.environment)


def absence_of(mode: str, units: Units) -> Measure:
    """The trials in which a failure mode did not occur. Nothing that the environment did is forgiven a mode."""
    scored, nothing = units.trials - units.unscored, np.zeros(len(units), np.int64)
    # Of an unscored trial a mode may be told too; it cannot make fewer than no scored trial free of it.
    good = np.maximum(scored - units.fired.get(mode, nothing), 0).astype(np.float64)
    return Measure(units.key, good, scored, units.unscored, nothing)
