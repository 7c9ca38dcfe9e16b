"""Who carries trials out."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from foretell.core.domain.runs import Arm
from foretell.core.domain.trial import TrialRecord, TrialTask
from foretell.core.ports.checkouts import Checkout


@dataclass(frozen=True, slots=True)
class Workload:
    """Tasks to carry out on some arms, in the order given, and the money there is for all of them (None: no limit).

    `tasks` is read lazily, so that a caller may stop feeding. `spent` is what earlier parts of the same work cost.
    `places` says, by target name, which arms run in a checkout instead of the project's folder.
    """

    arms: Sequence[Arm]
    tasks: Iterable[TrialTask]
    max_cost: float | None = None
    spent: float = 0.0
    places: Mapping[str, Checkout] = field(default_factory=dict[str, Checkout])


class Executor(Protocol):
    """Carries trials out and scores them; never writes."""

    def run(self, workload: Workload) -> AsyncGenerator[TrialRecord]:
        """Each task's record once, in the order in which they finish. Closing the iterator ends all work at once.

        Raises:
            Unreachable: nothing could start.
            NotEnoughEvidence: the money ran out; what finished before has been yielded.
        """
        ...

    async def most(self, arm: Arm, tasks: Iterable[TrialTask]) -> float | None:
        """What an arm's tasks cost at the most, told without asking anything; None when nobody can know beforehand."""
        ...
