"""The steps of stored runs and of traffic: each one's success, what they come to, and where failures start."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from foretell.core.analysis.runs.origins import Origin, OriginTally
from foretell.core.analysis.runs.reading import StepReport
from foretell.core.analysis.runs.step_table import StepTable, StepTally
from foretell.core.analysis.runs.steps import TARGET_RATE, compound
from foretell.core.analysis.runs.weights import fold_weights, weights_of
from foretell.core.analysis.trials.executed import Executed, executed, steps_of_spans, with_parts
from foretell.core.domain.runs import Run
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.traffic import Interaction
from foretell.core.domain.trial import Outcome
from foretell.core.domain.values import key_of
from foretell.core.errors import ConfigurationError, Problem
from foretell.core.ports.facts import TrialRow
from foretell.core.ports.findings import TrialColumns
from foretell.services.house import House
from foretell.services.run import find_run

MOST_FAILURES = 10_000
"""Failed trials whose transcripts are read beside the ranking of modes; `foretell steps` reads any number."""

_STATES = {"success": 1, "failure": 0, "unscored": -1}


@dataclass
class Gaps:
    """What of a run's steps was not seen: traces without any, by reason, and calls that belong to no trial."""

    unseen: Counter[str] = field(default_factory=Counter[str])
    orphans: int = 0

    def add(self, outcome: Outcome, *, is_seen: bool) -> None:
        """One trial."""
        self.orphans += outcome.orphans
        if not is_seen:
            self.unseen[outcome.trace.reason if isinstance(outcome.trace, NotSeen) else "no step ran"] += 1

    @property
    def commonest(self) -> str:
        """The reason of most traces without a step."""
        return next((reason for reason, _ in self.unseen.most_common(1)), "")


async def steps(house: House, reference: str, target_rate: float = TARGET_RATE) -> StepReport:
    """How the steps of a run compound, and at which of them its failures start.

    Raises:
        BadInput: no such run.
        NotEnoughEvidence: no trial of it shows a step.
    """
    _check(target_rate)
    run = await find_run(house, reference)
    gaps = Gaps()
    table, origins = await read_steps(house, run, gaps)
    found = compound(table, target_rate, gaps.commonest)
    return StepReport(run, f"{run.id} ({run.suite})", found, origins, run.currency, gaps.unseen, gaps.orphans)


async def read_steps(house: House, run: Run, gaps: Gaps | None = None) -> tuple[StepTable, tuple[Origin, ...]]:
    """The steps of a run's trials as a table, and where its failures start. What was not seen is added to `gaps`."""
    table, origins = StepTally(), OriginTally()
    scored: list[int] = []
    async for row in house.store.findings.trials(run.id):
        seen, cluster, state = _seen(row), _cluster_of(row), row.conclusion.state
        if gaps is not None:
            gaps.add(row.record.outcome, is_seen=bool(seen))
        table.add(seen, cluster, _STATES[state])
        if state == "failure":
            origins.add(seen, row.conclusion.mode, cluster, (row.record.case_id, row.record.repeat))
        if state != "unscored":
            scored.append(cluster)
    weights = weights_of((await house.store.findings.cases(run.id)).values()) if run.is_weighted else None
    return replace(table.table(), weights=weights), origins.origins(run.modes, np.array(scored, np.int64))


async def read_origins(house: House, run: Run, columns: TrialColumns) -> tuple[Origin, ...]:
    """Where the failures of a run start; nothing when no step is seen in any of them, or there are very many."""
    if (columns.state == 0).sum() > MOST_FAILURES:
        return ()
    origins = OriginTally()
    async for row in house.store.findings.trials(run.id, "failure"):
        origins.add(_seen(row), row.conclusion.mode, _cluster_of(row), (row.record.case_id, row.record.repeat))
    found = origins.origins(run.modes, columns.cluster[columns.state >= 0])
    return found if any(one.step is not None for one in found) else ()


def tally_steps(rows: Iterable[TrialRow]) -> StepTable:
    """The steps of some trials as a table."""
    table = StepTally()
    for row in rows:
        table.add(_seen(row), _cluster_of(row), _STATES[row.conclusion.state])
    return table.table()


def _seen(row: TrialRow) -> tuple[Executed, ...]:
    found = executed(row.record.outcome, row.record.scores)
    return () if isinstance(found, NotSeen) else found


async def traffic_steps(house: House, window: str, target_rate: float = TARGET_RATE) -> StepReport:
    """How the steps of stored traffic compound; `window` is FROM..TO.

    What its users said (`feedback.resolved`) stands for success. A failure has no mode there, so nothing is said of
    where failures start.

    Raises:
        ConfigurationError: the window cannot be read.
        NotEnoughEvidence: no interaction shows a step.
    """
    _check(target_rate)
    start, dots, end = window.partition("..")
    if not (start and dots and end):
        raise ConfigurationError(
            Problem("--traffic", f"'{window}' is no span of time.", "Write 2026-01-01..2026-02-01.")
        )
    tally, keys, chances = StepTally(), list[int](), list[float]()
    async for one in house.store.traffic.window(start, end):
        keys.append(key_of(one.conversation_id or one.id))
        chances.append(one.probability or 1.0)
        tally.add(with_parts(steps_of_spans(one.spans)), keys[-1], _state_of(one))
    weights = fold_weights(np.array(keys, np.int64), 1 / np.array(chances))
    table = replace(tally.table("conversation"), weights=weights)
    source = f"traffic from {start} to {end}"
    return StepReport(None, source, compound(table, target_rate), (), house.project.currency)


def _check(target_rate: float) -> None:
    if not 0 < target_rate < 1:
        raise ConfigurationError(
            Problem("--target-rate", f"{target_rate} is no success rate.", "Give a share between 0 and 1, like 0.9.")
        )


def _cluster_of(row: TrialRow) -> int:
    return key_of(row.record.outcome.conversation_id or row.record.case_id)


def _state_of(one: Interaction) -> int:
    resolved = one.feedback.get("resolved")
    return int(resolved) if isinstance(resolved, bool) else -1
