"""What a stored run says to a policy: its units, with every measure that the policy's rules are put to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from foretell.core.analysis.reach import Ground
from foretell.core.analysis.runs.aggregate import Units, fold
from foretell.core.analysis.runs.measure import Measure
from foretell.core.analysis.runs.quantities import Scored, Wanted, measure_all, step_of, wanted_of
from foretell.core.analysis.runs.rows import columns_of, occurrences_in, scored_in
from foretell.core.analysis.runs.weights import weights_of
from foretell.core.domain.cases import Case
from foretell.core.domain.policy import GatePolicy
from foretell.core.domain.runs import Run, SuitePlan
from foretell.core.domain.values import key_of
from foretell.core.ports.facts import TrialRow
from foretell.core.ports.findings import Ints, TrialColumns
from foretell.services.house import House
from foretell.services.steps import read_steps, tally_steps


def slices_of(cases: Iterable[Case]) -> dict[str, Ints]:
    """The keys of the cases of every slice, by `name=value`."""
    found: dict[str, list[int]] = {}
    for case in cases:
        for name, value in case.slices.items():
            found.setdefault(f"{name}={value}", []).append(key_of(case.id))
    return {name: np.array(sorted(keys), np.int64) for name, keys in found.items()}


def is_counted(plan: SuitePlan) -> bool:
    """True when every case is asked once and stands for as much as any other: then there are exact tests."""
    return plan.repeats == 1 and weights_of(plan.evalset.cases) is None


def ground_of(plan: SuitePlan, paired: Ints | None = None) -> Ground:
    """What the demands of a policy on a suite stand on; `paired` are the cases that it is compared on."""
    cases = np.array(sorted({key_of(case.id) for case in plan.evalset.cases}), np.int64)
    pairs = None if paired is None else np.intersect1d(cases, paired)
    scores = frozenset(spec.name for spec in plan.scorers)
    return Ground(plan.suite, cases, pairs, is_counted(plan), slices_of(plan.evalset.cases), scores)


def nothing_of(plan: SuitePlan, policy: GatePolicy) -> Units:
    """A suite that did not run, with a measure for every demand that means it."""
    ground = ground_of(plan)
    return Units.none().with_measures({name: Measure.none() for name in policy.demands if ground.has(name)})


def fold_rows(rows: Sequence[TrialRow], plan: SuitePlan, policy: GatePolicy) -> Units:
    """Trials as they come in, folded for a policy as `units_of` folds stored ones."""
    columns = columns_of(rows)
    units = fold(columns, {mode: occurrences_in(rows, mode) for mode in policy.modes})
    if not policy.demands:
        return units
    wanted = wanted_of(policy, slices_of(plan.evalset.cases) if policy.slices else {})
    measures = measure_all(columns, wanted, {spec.name: scored_in(rows, spec.name) for spec in plan.scorers})
    if policy.steps:
        table = tally_steps(rows)
        measures |= {f"step {name}": step_of(table, name) for name in policy.steps}
    return units.with_measures(measures)


async def units_of(house: House, run: Run, policy: GatePolicy, modes: Iterable[str] | None = None) -> Units:
    """A run folded for a policy. `modes` names the failure modes wanted, those of the policy when None."""
    columns = await house.store.findings.columns(run.id)
    names = policy.modes if modes is None else modes
    fired = {mode: await house.store.findings.occurrences(run.id, mode) for mode in names}
    units = fold(columns, fired)
    if run.is_weighted:
        units = replace(units, weights=weights_of((await house.store.findings.cases(run.id)).values(), columns))
    if not policy.demands:
        return units
    slices = slices_of((await house.store.findings.cases(run.id)).values()) if policy.slices else {}
    wanted = wanted_of(policy, slices)
    measures = measure_all(columns, wanted, await _scores(house, run, columns, wanted))
    if policy.steps:
        table, _ = await read_steps(house, run)
        measures |= {f"step {name}": step_of(table, name) for name in policy.steps}
    return units.with_measures(measures)


async def _scores(house: House, run: Run, columns: TrialColumns, wanted: Wanted) -> Mapping[str, Scored]:
    """Every scorer's values when time or scores are wanted: what has none at all had no answer to score."""
    if not (wanted.latency or wanted.metrics):
        return {}
    return {spec.name: await scored_by(house, run, columns, spec.name) for spec in run.scorers}


async def scored_by(house: House, run: Run, columns: TrialColumns, scorer: str) -> Scored:
    """The values of one scorer in the order of the run's trials."""
    case, repeat, values = await house.store.findings.scores(run.id, scorer)
    return Scored.placed(columns, (case, repeat), values)
