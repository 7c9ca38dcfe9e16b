"""How the steps of a system compound: each one's success, and what they come to from end to end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foretell.core.analysis.runs.pairs import StepPair, find_pairs
from foretell.core.analysis.runs.rates import estimate_of, share_estimate
from foretell.core.analysis.runs.step_table import StepName, StepTable
from foretell.core.domain.estimates import Estimate
from foretell.core.errors import NotEnoughEvidence
from foretell.core.stats.intervals import Estimated, Interval
from foretell.core.stats.product import product_of_rates

POINT = 0.01
LONGEST = 50
TARGET_RATE = 0.9

Standing: TypeAlias = Literal["within", "over", "open"]
"""A step against its error budget: its interval lies inside of it, beyond it, or on both sides."""


@dataclass(frozen=True, slots=True)
class StepFinding:
    """One step of a system.

    `success` is over the traces that executed it, whatever came before; `executed` and `failed` count traces. `gain` is
    what one point more would add to the predicted rate. `spent` is its failure rate as a multiple of its error budget.
    """

    step: StepName
    executed: int
    failed: int
    success: Estimate
    gain: float
    spent: float
    standing: Standing


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What a chain of so many steps as good as these would come to."""

    steps: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Compounding:
    """The steps of some traces, and what follows from them.

    `predicted` is the product over the steps: a trace that runs each of them once, failures independent. `by_use` lets
    a step count as often as traces execute it. `observed` is the success of the traces themselves. `budget` is the
    failure rate that each step may have so that all of them together reach `target_rate`. `unseen` traces showed no
    step; `rare` spans had names that occur in one trace only, which makes no step.
    """

    traces: int
    unseen: int
    rare: int
    steps: tuple[StepFinding, ...]
    predicted: Estimate
    by_use: Estimate
    observed: Estimate
    pairs: tuple[StepPair, ...]
    target_rate: float
    budget: float
    curve: tuple[CurvePoint, ...]


def compound(table: StepTable, target_rate: float = TARGET_RATE, why_unseen: str = "") -> Compounding:
    """Everything about how the steps of some traces compound. `why_unseen` says why traces show none.

    Raises:
        NotEnoughEvidence: no trace shows a step.
    """
    if not table.steps:
        hint = "Declare steps of the target in the project file, or record spans or messages."
        why = f" ({why_unseen})" if why_unseen else ""
        raise NotEnoughEvidence.of("steps", f"none was seen in {table.unseen} traces{why}.", hint)
    rates = [step_success(table, position) for position in range(len(table.steps))]
    predicted = _product(rates)
    budget = 1 - target_rate ** (1 / len(rates))
    found = tuple(
        _finding(table, position, rate, predicted.value or 0.0, budget) for position, rate in enumerate(rates)
    )
    return Compounding(
        traces=len(table.cluster),
        unseen=table.unseen,
        rare=table.rare,
        steps=found,
        predicted=predicted,
        by_use=_product([_by_use(table, position) for position in range(len(rates))]),
        observed=_observed(table),
        pairs=find_pairs(table),
        target_rate=target_rate,
        budget=budget,
        curve=_curve(predicted, len(rates)),
    )


def step_success(table: StepTable, position: int) -> Estimate:
    """The success of one step over the traces that executed it, clustered by case or conversation."""
    went = table.went[:, position]
    return _clustered(table, went[went >= 0] == 1, table.cluster[went >= 0])


def step_shares(table: StepTable, position: int) -> NDArray[np.float64]:
    """The success of one step in each cluster (case or conversation) that executed it: what a decision rests on."""
    went = table.went[:, position]
    return _shares(went[went >= 0] == 1, table.cluster[went >= 0])


def _by_use(table: StepTable, position: int) -> Estimate:
    """The share of all traces in which the step did not fail; one that it did not take part in counts as such."""
    return _clustered(table, table.went[:, position] != 0, table.cluster)


def _observed(table: StepTable) -> Estimate:
    scored = table.state >= 0
    return _clustered(table, table.state[scored] == 1, table.cluster[scored])


def _clustered(table: StepTable, good: NDArray[np.bool_], cluster: NDArray[np.int64]) -> Estimate:
    shares = _shares(good, cluster)
    weights = None if table.weights is None else table.weights.at(np.unique(cluster))
    return share_estimate(shares, weights, is_single=len(shares) == len(good), unit=table.unit)


def _shares(good: NDArray[np.bool_], cluster: NDArray[np.int64]) -> NDArray[np.float64]:
    if not len(good):
        return np.zeros(0)
    _, row = np.unique(cluster, return_inverse=True)
    return np.bincount(row, weights=good) / np.bincount(row)


def _product(rates: Sequence[Estimate]) -> Estimate:
    parts = [
        Estimated(one.value or 0.0, Interval(one.low or 0.0, 1.0 if one.high is None else one.high, one.method), one.n)
        for one in rates
    ]
    return estimate_of(product_of_rates(parts), rates[0].unit)


def _finding(table: StepTable, position: int, rate: Estimate, predicted: float, budget: float) -> StepFinding:
    went = table.went[:, position]
    value, low, high = rate.value or 0.0, rate.low or 0.0, 1.0 if rate.high is None else rate.high
    better = min(1.0, value + POINT)
    standing: Standing = "within" if 1 - low <= budget else "over" if 1 - high > budget else "open"
    return StepFinding(
        step=table.steps[position],
        executed=int((went >= 0).sum()),
        failed=int((went == 0).sum()),
        success=rate,
        gain=predicted * (better / value - 1) if value else 0.0,
        spent=(1 - value) / budget if budget else 0.0,
        standing=standing,
    )


def _curve(predicted: Estimate, steps: int) -> tuple[CurvePoint, ...]:
    """From one step to fifty, each as good as the geometric mean of those that were seen."""
    ends = [end or 0.0 for end in (predicted.value, predicted.low, predicted.high)]
    return tuple(
        CurvePoint(length, *(float(end ** (length / steps)) for end in ends)) for length in range(1, LONGEST + 1)
    )
