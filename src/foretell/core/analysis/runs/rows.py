"""Trials as they come in, as the columns that analysis reads from a store."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from foretell.core.analysis.runs.quantities import Scored
from foretell.core.domain.scores import NotApplicable, Score
from foretell.core.domain.values import key_of
from foretell.core.ports.facts import TrialRow
from foretell.core.ports.findings import Ints, TrialColumns

STATES = {"success": 1, "failure": 0, "unscored": -1}


def cluster_of(row: TrialRow) -> int:
    """The key of the unit that a trial counts to: its conversation's, else its case's."""
    return key_of(row.record.outcome.conversation_id or row.record.case_id)


def columns_of(rows: Sequence[TrialRow]) -> TrialColumns:
    """The columns of some trials of one run, in their order."""
    outcomes = [row.record.outcome for row in rows]
    modes = tuple(dict.fromkeys(row.conclusion.mode for row in rows if row.conclusion.mode is not None))
    number = {None: -1} | {mode: at for at, mode in enumerate(modes)}

    def known(numbers: Iterable[float | None]) -> NDArray[np.float64]:
        return np.array([np.nan if one is None else one for one in numbers], np.float64)

    return TrialColumns(
        case=np.array([key_of(row.record.case_id) for row in rows], np.int64),
        cluster=np.array([cluster_of(row) for row in rows], np.int64),
        repeat=np.array([row.record.repeat for row in rows], np.int32),
        state=np.array([STATES[row.conclusion.state] for row in rows], np.int8),
        mode=np.array([number[row.conclusion.mode] for row in rows], np.int16),
        cost=known(one.cost_usd for one in outcomes),
        latency=known(one.latency_ms for one in outcomes),
        environment=np.array([one.error is not None and one.error.is_environment for one in outcomes], np.bool_),
        modes=modes,
    )


def occurrences_in(rows: Sequence[TrialRow], mode: str) -> tuple[Ints, NDArray[np.int32]]:
    """`case` and `repeat` of the trials in which a mode fired, as primary or secondary."""
    fired = [row.record for row in rows if mode in (row.conclusion.mode, *row.conclusion.secondary)]
    return np.array([key_of(one.case_id) for one in fired], np.int64), np.array([one.repeat for one in fired], np.int32)


def scored_in(rows: Sequence[TrialRow], scorer: str) -> Scored:
    """The values of one scorer, NaN where it failed or gave a label."""
    results = [row.record.scores.get(scorer) for row in rows]
    values = [
        float(one.value) if isinstance(one, Score) and not isinstance(one.value, str) else np.nan for one in results
    ]
    is_there = [one is not None and not isinstance(one, NotApplicable) for one in results]
    return Scored(np.array(values, np.float64), np.array(is_there, np.bool_))
