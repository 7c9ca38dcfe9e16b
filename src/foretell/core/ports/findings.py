"""Reading what was found: columns for numbers, pages for people."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foretell.core.domain.cases import Case
from foretell.core.ports.facts import TrialRow

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TrialColumns:
    """One run's trials as columns of equal length, sorted by case and repeat.

    `case` is `key_of(case id)`, `cluster` `key_of(conversation id)` or the case's. `state` is 1 success, 0 failure, -1
    unscored. `mode` indexes `modes`, -1 none. `cost` (project currency) and `latency` (ms) are NaN where unknown.
    `environment` is true where the outcome is a connection failure, 429, 5xx or timeout.
    """

    case: Ints
    cluster: Ints
    repeat: NDArray[np.int32]
    state: NDArray[np.int8]
    mode: NDArray[np.int16]
    cost: Floats
    latency: Floats
    environment: NDArray[np.bool_]
    modes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.case)


State: TypeAlias = Literal["success", "failure", "unscored"]
"""How a trial ended."""


@dataclass(frozen=True, slots=True)
class TrialQuery:
    """Which trials of a run to list. None is "any"."""

    run_id: str
    state: State | None = None
    mode: str | None = None
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True)
class TrialLine:
    """One trial in a list."""

    case_no: int
    case_id: str
    repeat: int
    state: State
    mode: str | None
    reason: str
    cost: float | None
    latency: float | None
    error: str | None


class Findings(Protocol):
    """Typed queries over stored trials."""

    async def columns(self, run_id: str) -> TrialColumns:
        """All trials of a run. A million must take under a second and 150 MB."""
        ...

    async def page(self, query: TrialQuery) -> Sequence[TrialLine]:
        """Some trials, in order of case and repeat."""
        ...

    def trials(self, run_id: str, state: State | None = None) -> AsyncIterator[TrialRow]:
        """The trials of a run, whole, in order of case and repeat; all or those that ended so."""
        ...

    async def occurrences(self, run_id: str, mode: str) -> tuple[Ints, NDArray[np.int32]]:
        """`case` and `repeat` of the trials in which a mode fired, as primary or secondary."""
        ...

    async def scores(self, run_id: str, scorer: str) -> tuple[Ints, NDArray[np.int32], Floats]:
        """`case`, `repeat`, value of one scorer: booleans as 0 and 1, NaN where it failed, absent if not applicable."""
        ...

    async def judging_cost(self, run_id: str) -> float:
        """What scorers and simulated users cost in a run, in all its parts; unknown costs count as nothing."""
        ...

    async def cases(self, run_id: str) -> Mapping[int, Case]:
        """The cases of a run by `key_of(id)`, in the order of their set."""
        ...

    async def case_ids(self, run_id: str, keys: Ints, limit: int) -> Sequence[str]:
        """The ids of those cases of a run that have one of these keys: the first of them in the order of their set."""
        ...
