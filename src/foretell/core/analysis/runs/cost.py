"""What one successful interaction costs, and which alternatives are dominated."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foretell.core.analysis.runs.aggregate import Units
from foretell.core.analysis.runs.rates import WEIGHTED, success_rate
from foretell.core.domain.estimates import Estimate
from foretell.core.domain.wording import percent
from foretell.core.ports.findings import Floats, TrialColumns
from foretell.core.stats.ratio import cost_per_success

COVERAGE_FLOOR = 0.95
"""Below this share of trials with a known cost, the cost per success is unknown."""


@dataclass(frozen=True, slots=True)
class CostFinding:
    """The money of one run.

    `total` is the known cost of all trials, failures included, over `priced` of `trials`. `per_success` has no value
    below the coverage floor or without a success. `latency_p50` and `latency_p95` are in ms, None if nothing was timed.
    """

    total: float
    trials: int
    priced: int
    successes: int
    per_success: Estimate
    fieller: tuple[float, float] | None
    success: Estimate
    latency_p50: float | None
    latency_p95: float | None

    @property
    def coverage(self) -> float:
        """The share of trials whose cost is known."""
        return self.priced / self.trials if self.trials else 0.0


def find_cost(columns: TrialColumns, units: Units, *, unknown_as_zero: bool = False) -> CostFinding:
    """The cost per successful interaction of one run: cost of all trials over successes, by conversation.

    `units` are the same trials, folded. Trials with an unknown cost leave the numerator and the denominator alike,
    unless they are read as zero.
    """
    known = ~np.isnan(columns.cost)
    used = np.ones(len(columns), np.bool_) if unknown_as_zero else known
    total = float(np.where(known, columns.cost, 0.0).sum())
    successes = int((columns.state[used] == 1).sum())
    coverage = 1.0 if unknown_as_zero else float(known.mean()) if len(columns) else 0.0
    per_success, fieller = _per_success(_totals(columns, units, used), coverage, units.unit)
    if units.weights is not None and per_success.value is not None:
        per_success = replace(per_success, method=per_success.method + WEIGHTED)
    times = columns.latency[~np.isnan(columns.latency)]
    p50, p95 = (float(value) for value in np.quantile(times, [0.5, 0.95])) if len(times) else (None, None)
    return CostFinding(
        total=total,
        trials=len(columns),
        priced=int(known.sum()),
        successes=successes,
        per_success=per_success,
        fieller=fieller,
        success=success_rate(units),
        latency_p50=p50,
        latency_p95=p95,
    )


def _totals(columns: TrialColumns, units: Units, used: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """What was paid and what succeeded in the trials that count, by unit, each as often as it stands for.

    Units without such a trial are left out.
    """
    if used.all():
        keys, paid, won = units.key, units.cost, units.successes.astype(np.float64)
    else:
        keys, row = np.unique(columns.cluster[used], return_inverse=True)
        paid = np.bincount(row, weights=columns.cost[used], minlength=len(keys)).astype(np.float64)
        won = np.bincount(row, weights=columns.state[used] == 1, minlength=len(keys)).astype(np.float64)
    weights = None if units.weights is None else units.weights.at(keys)
    return (paid, won) if weights is None else (paid * weights, won * weights)  # both sums, so their ratio too


def _per_success(
    totals: tuple[Floats, Floats], coverage: float, unit: str
) -> tuple[Estimate, tuple[float, float] | None]:
    paid, won = totals
    n = len(paid)
    if not n:
        return Estimate(None, None, None, 0, unit, "unknown: no trial's cost is known"), None
    if coverage < COVERAGE_FLOOR:
        floor = percent(COVERAGE_FLOOR, digits=0)
        method = f"unknown: the cost of {percent(coverage)} of the trials is known, under the floor of {floor}"
        return Estimate(None, None, None, n, unit, method), None
    found = cost_per_success(paid, won, seed=0)
    interval = found.bootstrap
    fieller = (found.fieller.low, found.fieller.high)
    return Estimate(finite(found.value), interval.low, finite(interval.high), n, unit, interval.method), fieller


def finite(value: float) -> float | None:
    """The value, None for an unbounded one."""
    return value if math.isfinite(value) else None


def dominated(findings: Sequence[CostFinding]) -> list[tuple[int, ...]]:
    """For each alternative, the positions of those that are at least as good in all three and better in one.

    Quality, cost per success and median latency are compared as point values; an unknown one is not compared.
    """
    return [
        tuple(other for other, rival in enumerate(findings) if other != mine and _is_better(rival, finding))
        for mine, finding in enumerate(findings)
    ]


def _is_better(rival: CostFinding, finding: CostFinding) -> bool:
    gains = [
        mine - theirs
        for mine, theirs in (
            (rival.success.value, finding.success.value),
            (_negative(rival.per_success.value), _negative(finding.per_success.value)),
            (_negative(rival.latency_p50), _negative(finding.latency_p50)),
        )
        if mine is not None and theirs is not None
    ]
    return bool(gains) and min(gains) >= 0 and max(gains) > 0


def _negative(value: float | None) -> float | None:
    return None if value is None else -value
