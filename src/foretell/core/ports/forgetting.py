"""What is taken out of finished runs, and off the disk, when a person is to be forgotten."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from foretell.core.domain.cases import Case
from foretell.core.ports.facts import TrialRow


@dataclass(frozen=True, slots=True)
class Blanking:
    """How content is taken out: `is_wanted` says of which cases, `says` of which trials of other cases.

    `case` and `trial` give what may stay of one; a trial of a wanted case is wanted too.
    """

    is_wanted: Callable[[Case], bool]
    says: Callable[[TrialRow], bool]
    case: Callable[[Case], Case]
    trial: Callable[[TrialRow], TrialRow]


@dataclass(frozen=True, slots=True)
class Blanked:
    """How many stored cases lost their content, and which trials: (run, case id, repeat)."""

    cases: int
    trials: tuple[tuple[str, str, int], ...]


class Forgetting(Protocol):
    """The store's part of forgetting."""

    async def blank(self, how: Blanking, *, is_dry: bool = False) -> Blanked:
        """Take the content out of cases and trials; their scores stay. Doing it again finds nothing."""
        ...

    async def mark(self, run_id: str, note: str) -> None:
        """Add to a run's note."""
        ...

    async def strike(self, items: Sequence[str]) -> int:
        """Take away what people said about some items. Returns how many ratings there were."""
        ...

    async def scrub(self) -> None:
        """Write the file anew, so that nothing that was removed can be read from free space or from its log.

        It needs as much room as the store again, and others that write wait for it.

        Raises:
            ForetellError: another process kept the store busy; what was removed is removed, but may be read from disk.
        """
        ...
