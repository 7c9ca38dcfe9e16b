"""What failed, by name, ranked by what it costs: never a bare pass rate."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from foretell.core.analysis.runs.aggregate import Units
from foretell.core.analysis.runs.rates import share_estimate
from foretell.core.domain.estimates import Estimate
from foretell.core.domain.modes import BUILT_IN, UNNAMED, FailureMode
from foretell.core.ports.findings import TrialColumns
from foretell.core.stats.multinomial import RankInterval, goodman_intervals, rank_intervals


@dataclass(frozen=True, slots=True)
class ModeFinding:
    """One failure mode of a run.

    `count` trials failed with it as their primary mode, it occurred in `occurrences` (primary or secondary). `rate` is
    the primary rate with limits that hold for all modes at once; `cost_per_1000` is rate × cost of one × 1,000, None
    without a cost. `first` and `last` are the ranks that the limits leave open.
    """

    mode: FailureMode
    count: int
    occurrences: int
    rate: Estimate
    cost_per_1000: Estimate | None
    first: int
    last: int


def rank_failures(
    columns: TrialColumns, units: Units, modes: tuple[FailureMode, ...], occurrences: Mapping[str, int]
) -> tuple[ModeFinding, ...]:
    """The modes that failed a trial, dearest first; those without a cost after those with one, by rate.

    Single answers: Goodman's simultaneous intervals with success as a cell. Repeats and weights: clustered intervals,
    each at 1 - 0.05 / modes, which hold together by Bonferroni.
    """
    scored = columns.state >= 0
    counts = np.bincount(columns.mode[scored & (columns.state == 0)].astype(np.int64), minlength=len(columns.modes))
    names = [name for name, count in zip(columns.modes, counts, strict=True) if count]
    if not names:
        return ()
    known = {mode.name: mode for mode in (*BUILT_IN, *modes)}
    rates = _rates(columns, units, names)
    described = [known.get(name, FailureMode(name, is_declared=name == UNNAMED)) for name in names]
    ranks = _ranks(rates, [mode.cost for mode in described])
    found = [
        ModeFinding(
            mode=mode,
            count=int(counts[columns.modes.index(mode.name)]),
            occurrences=occurrences.get(mode.name, 0),
            rate=rate,
            cost_per_1000=_per_1000(rate, mode),
            first=rank.first,
            last=rank.last,
        )
        for mode, rate, rank in zip(described, rates, ranks, strict=True)
    ]
    return tuple(sorted(found, key=_dearest_first))


def _ranks(rates: list[Estimate], costs: list[float | None]) -> list[RankInterval]:
    """Ranks by cost among the modes that have one, then by rate among the others."""
    ranks: dict[int, RankInterval] = {}
    for part in ([i for i, cost in enumerate(costs) if cost], [i for i, cost in enumerate(costs) if not cost]):
        if part:
            before = len(ranks)
            found = rank_intervals(
                [rates[i].low or 0.0 for i in part],
                [rates[i].high or 0.0 for i in part],
                [costs[i] or 1.0 for i in part],
            )
            ranks |= {
                i: RankInterval(one.first + before, one.last + before) for i, one in zip(part, found, strict=True)
            }
    return [ranks[i] for i in range(len(rates))]


def _dearest_first(finding: ModeFinding) -> tuple[bool, float, float]:
    cost = finding.cost_per_1000.value if finding.cost_per_1000 is not None else None
    return (not cost, -(cost or 0.0), -(finding.rate.value or 0.0))


def _rates(columns: TrialColumns, units: Units, names: list[str]) -> list[Estimate]:
    scored = columns.state >= 0
    n = int(scored.sum())
    if units.is_single and units.weights is None:
        counts = [int(((columns.mode == columns.modes.index(name)) & (columns.state == 0)).sum()) for name in names]
        limits = goodman_intervals([*counts, n - sum(counts)])
        return [
            Estimate(
                count / n, float(limits.low[i]), float(limits.high[i]), n, units.unit, f"{limits.method}, simultaneous"
            )
            for i, count in enumerate(counts)
        ]
    level = 1 - 0.05 / (len(names) + 1)
    return [_clustered(columns, units, name, level) for name in names]


def _clustered(columns: TrialColumns, units: Units, name: str, level: float) -> Estimate:
    scored = columns.state >= 0
    keys, row = np.unique(columns.cluster[scored], return_inverse=True)
    hit = (columns.mode[scored] == columns.modes.index(name)) & (columns.state[scored] == 0)
    shares = np.bincount(row, weights=hit) / np.bincount(row)
    weights = None if units.weights is None else units.weights.at(keys)
    return share_estimate(shares, weights, is_single=False, confidence=level, unit=units.unit)


def _per_1000(rate: Estimate, mode: FailureMode) -> Estimate | None:
    if mode.cost is None or rate.value is None:
        return None
    scale = mode.cost * 1000
    low, high = (rate.low or 0.0) * scale, (rate.high or 0.0) * scale
    return Estimate(rate.value * scale, low, high, rate.n, rate.unit, rate.method)
