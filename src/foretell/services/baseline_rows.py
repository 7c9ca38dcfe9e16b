"""The cases of a baseline file: what one run knows of each case, written, and read again for a policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan

import numpy as np

from foretell.core.analysis.runs.aggregate import Units
from foretell.core.analysis.runs.measure import Bools, Measure
from foretell.core.analysis.runs.quantities import Scored, Wanted, goodness_of, spoilt_in, stray_in, success_of
from foretell.core.domain.cases import Case
from foretell.core.domain.policy import Demand
from foretell.core.domain.values import Json, content_hash, key_of
from foretell.core.ports.findings import Ints, TrialColumns


def hash_of_case(case: Case) -> str:
    """What identifies a case's content, short."""
    return content_hash(case.as_json())[:12]


@dataclass(frozen=True, slots=True)
class Written:
    """A run as its rows are written from it: trials, their units, and what every scorer said."""

    columns: TrialColumns
    units: Units
    scores: Mapping[str, Scored]


def rows_of(cases: Mapping[int, Case], run: Written) -> dict[str, Json]:
    """The rows of a file by case id."""
    columns, at = run.columns, {int(key): row for row, key in enumerate(run.units.key)}
    order = np.argsort(columns.cluster, kind="stable")
    starts = np.searchsorted(columns.cluster[order], run.units.key)
    ends = np.searchsorted(columns.cluster[order], run.units.key, side="right")
    spoilt = spoilt_in(columns, run.scores)
    return {
        case.id: {
            "hash": hash_of_case(case),
            **_counts(run.units, at[key]),
            **_values(run, order[starts[at[key]] : ends[at[key]]], spoilt),
        }
        for key, case in cases.items()
        if key in at
    }


def _counts(units: Units, row: int) -> dict[str, Json]:
    body: dict[str, Json] = {"trials": int(units.trials[row]), "successes": int(units.successes[row])}
    for name, counts in (("unscored", units.unscored), ("environment", units.environment)):
        if counts[row]:
            body[name] = int(counts[row])
    if units.priced[row]:
        body["cost"] = float(units.cost[row])
        body["priced"] = int(units.priced[row])
    fired = {mode: int(counts[row]) for mode, counts in units.fired.items() if counts[row]}
    return {**body, "modes": fired} if fired else body


def _values(run: Written, trials: Ints, spoilt: tuple[Bools, Bools]) -> dict[str, Json]:
    """What single trials of a case took and scored; null is a score that is missing."""
    body: dict[str, Json] = {}
    failed, lost = spoilt
    for name, mask in (("failed", failed), ("lost", lost)):
        if count := int(mask[trials].sum()):
            body[name] = count
    times = run.columns.latency[trials[~failed[trials]]]
    if times := [round(float(time), 1) for time in times[~np.isnan(times)]]:
        body["latency_ms"] = times
    scores: dict[str, Json] = {}
    for name, scored in run.scores.items():
        if values := scored.values[trials[scored.is_there[trials]]].tolist():
            scores[name] = [None if isnan(value) else value for value in values]
    return {**body, "scores": scores} if scores else body


def units_from(cases: Mapping[str, Json], wanted: Wanted) -> Units:
    """The units of a file's rows, with the measures that a policy asks for."""
    rows = sorted(((key_of(case_id), row) for case_id, row in cases.items()), key=lambda pair: pair[0])
    bodies = [row for _, row in rows]
    modes = sorted({mode for row in bodies for mode in row.get("modes", {})})
    units = Units(
        key=np.array([key for key, _ in rows], np.int64),
        trials=_column(bodies, "trials"),
        successes=_column(bodies, "successes"),
        unscored=_column(bodies, "unscored"),
        environment=_column(bodies, "environment"),
        cost=np.array([row.get("cost", 0.0) for row in bodies], np.float64),
        priced=_column(bodies, "priced"),
        fired={mode: np.array([row.get("modes", {}).get(mode, 0) for row in bodies], np.int64) for mode in modes},
    )
    return units.with_measures(_measures(units, bodies, wanted))


def _column(bodies: list[Json], name: str) -> Ints:
    return np.array([row.get(name, 0) for row in bodies], np.int64)


def _measures(units: Units, bodies: list[Json], wanted: Wanted) -> dict[str, Measure]:
    success = success_of(units)
    found = {f"slice {name}": success.pick(keys) for name, keys in wanted.slices.items()}
    failed = _column(bodies, "failed")
    for name, limit in wanted.latency.items():
        times = [row.get("latency_ms", ()) for row in bodies]
        good = np.array([sum(time <= limit for time in some) for some in times], np.float64)
        number = np.array([len(some) for some in times], np.int64) + failed
        found[f"latency within {name}"] = Measure(units.key, good, number, units.trials - number, units.environment)
    for name, demand in wanted.metrics.items():
        values = [row.get("scores", {}).get(name, ()) for row in bodies]
        if any(values):
            found[f"metric {name}"] = _metric(units, values, demand, (failed, _column(bodies, "lost")))
    return found


def _metric(units: Units, values: list[list[float | None]], demand: Demand, spoilt: tuple[Ints, Ints]) -> Measure:
    failed, lost = spoilt
    known = [np.array([value for value in some if value is not None], np.float64) for some in values]
    good = np.array([np.clip(goodness_of(some, demand), 0.0, 1.0).sum() for some in known], np.float64)
    number = np.array([len(some) for some in known], np.int64) + failed
    missing = np.array([some.count(None) for some in map(list, values)], np.int64) + lost
    stray = stray_in(np.concatenate(known), demand)
    measure = Measure(units.key, good, number, missing, units.environment, is_binary=False, stray=stray)
    return measure.pick(units.key[number + missing > 0])
