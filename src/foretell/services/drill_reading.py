"""A finished run as a drill reads it: what fired in it, where its failures start, on how many trials a fault acted."""

from collections.abc import Mapping
from dataclasses import dataclass

from foretell.core.analysis.runs.aggregate import Units, fold
from foretell.core.analysis.runs.drill import CHECK, places
from foretell.core.analysis.trials.executed import executed, first_failed
from foretell.core.domain.effects import DRILLED_ATTRIBUTE, FAULT_ATTRIBUTE
from foretell.core.domain.runs import Run
from foretell.core.domain.scores import Score
from foretell.core.domain.trace import NotSeen, SpanKind, Trace
from foretell.core.domain.values import key_of
from foretell.core.ports.facts import TrialRow
from foretell.services.house import House


@dataclass(frozen=True, slots=True)
class Read:
    """A finished run as a drill reads it.

    `steps` holds, by (case, repeat), the first failing step; `acted` counts the trials that bear the fault's mark.
    `obeying` are the steps of a target elsewhere that would act a fault out, in the order in which they were seen.
    """

    run: Run
    units: Units
    steps: Mapping[tuple[int, int], str]
    acted: int
    obeying: Mapping[str, SpanKind]


async def read_run(house: House, run: Run) -> Read:
    """A finished run, with every failure mode and check that fired in it."""
    fired: dict[str, list[tuple[int, int]]] = {}
    steps: dict[tuple[int, int], str] = {}
    obeying: dict[str, SpanKind] = {}
    acted = 0
    async for row in house.store.findings.trials(run.id):
        trial = (key_of(row.record.case_id), row.record.repeat)
        for name in _fired(row, run):
            fired.setdefault(name, []).append(trial)
        if (step := _first_step(row)) is not None:
            steps[trial] = step
        spans = trace.spans if isinstance(trace := row.record.outcome.trace, Trace) else ()
        obeying |= {one.name: one.kind for one in spans if DRILLED_ATTRIBUTE in one.attributes}
        acted += any(FAULT_ATTRIBUTE in one.attributes for one in spans)
    columns = await house.store.findings.columns(run.id)
    units = fold(columns, {name: places(trials) for name, trials in fired.items()})
    return Read(run, units, steps, acted, obeying)


def _fired(row: TrialRow, run: Run) -> set[str]:
    """The modes of a trial, and the checks without a mode of their own that said no."""
    named = {spec.name: spec.mode for spec in run.scorers}
    modes = {mode for mode in (row.conclusion.mode, *row.conclusion.secondary) if mode is not None}
    checks = {
        f"{CHECK}{name}"
        for name, result in row.record.scores.items()
        if isinstance(result, Score) and result.value is False and named.get(name) is None
    }
    return modes | checks


def _first_step(row: TrialRow) -> str | None:
    found = executed(row.record.outcome, row.record.scores)
    first = None if isinstance(found, NotSeen) else first_failed(found)
    return None if first is None else first.name
