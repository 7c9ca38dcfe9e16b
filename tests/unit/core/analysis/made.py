"""Trials as columns, written down case by case: each a text of marks, one per repeat.

`1` success, `0` failure, `?` unscored, `e` a failure of the environment.
"""

from collections.abc import Sequence

import numpy as np

from foretell.core.analysis.runs.aggregate import Units, fold
from foretell.core.ports.findings import TrialColumns

STATE = {"1": 1, "0": 0, "?": -1, "e": 0}


def columns(cases: Sequence[str], costs: Sequence[float] | None = None, modes: Sequence[str] = ()) -> TrialColumns:
    """One row per mark; `costs` and `modes` (of failures, "" for none) are per trial in the same order."""
    marks = [(case, repeat, mark) for case, text in enumerate(cases) for repeat, mark in enumerate(text)]
    n = len(marks)
    names = tuple(sorted({mode for mode in modes if mode}))
    return TrialColumns(
        case=np.array([case for case, _, _ in marks], np.int64),
        cluster=np.array([case for case, _, _ in marks], np.int64),
        repeat=np.array([repeat for _, repeat, _ in marks], np.int32),
        state=np.array([STATE[mark] for _, _, mark in marks], np.int8),
        mode=np.array([names.index(mode) if mode else -1 for mode in (modes or [""] * n)], np.int16),
        cost=np.array(costs if costs is not None else [np.nan] * n, np.float64),
        latency=np.full(n, np.nan),
        environment=np.array([mark == "e" for _, _, mark in marks], np.bool_),
        modes=names,
    )


def units(cases: Sequence[str], costs: Sequence[float] | None = None) -> Units:
    """The units of such trials."""
    return fold(columns(cases, costs))


def mixed(good: int, bad: int, unscored: int = 0, environment: int = 0) -> list[str]:
    """Single trials: so many successes, failures, unscored ones and environment failures, in that order."""
    return ["1"] * good + ["0"] * bad + ["?"] * unscored + ["e"] * environment
