"""Where runs, outcomes and scores are kept: append-only, idempotent by key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from foretell.core.domain.cases import Case
from foretell.core.domain.runs import Conclusion, Run, RunStatus
from foretell.core.domain.trial import TrialRecord


@dataclass(slots=True)
class TrialRow:
    """A finished trial with the conclusion that was drawn from it."""

    record: TrialRecord
    conclusion: Conclusion


@dataclass(frozen=True, slots=True)
class RunsWanted:
    """Which runs are meant; what is empty leaves open. A group joins the runs that were started together."""

    id_begins: str = ""
    group: str = ""
    group_begins: str = ""
    suite: str = ""


ALL_RUNS = RunsWanted()


class Facts(Protocol):
    """Runs and their trials."""

    async def begin(self, runs: Sequence[Run], cases: Sequence[Case]) -> None:
        """Keep runs that start together, all or none, and the cases they run on; doing it again changes nothing."""
        ...

    async def add(self, rows: Sequence[TrialRow]) -> None:
        """Hand trials to the writer. Returns before they are durable, unless the writer is far behind."""
        ...

    async def flush(self) -> None:
        """Wait until all that was added is durable. Raises what the writer met."""
        ...

    async def end(self, run_id: str, status: RunStatus, note: str = "") -> None:
        """Say how a run ended, after a flush."""
        ...

    async def runs(self, limit: int = 100, wanted: RunsWanted = ALL_RUNS) -> Sequence[Run]:
        """The newest of the runs that are wanted, the newest first."""
        ...

    async def run(self, run_id: str) -> Run | None:
        """One run by its id."""
        ...

    async def finished(self, run_id: str) -> frozenset[tuple[int, int]]:
        """(case_no, repeat) of every durable trial."""
        ...

    async def trial(self, run_id: str, case_no: int, repeat: int) -> TrialRow | None:
        """One trial, whole."""
        ...
