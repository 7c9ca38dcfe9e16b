"""What was recorded elsewhere and lies in files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from foretell.core.domain.arrivals import Arrival, Losses, Remark
from foretell.core.domain.files.outcomes import RecordedLine
from foretell.core.domain.traffic import Interaction
from foretell.core.errors import Problem


@dataclass(frozen=True, slots=True)
class Archive:
    """A file of traffic: where it is, its form (None: by its ending), and field of ours → where a row holds it."""

    path: str
    form: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict[str, str])


Found: TypeAlias = Interaction | Arrival | Remark | Losses
"""What a row holds: an interaction, a span of a trace, feedback, or how much is left out (`rejected`) and cut."""


class Archives(Protocol):
    """Reads traffic and outcomes."""

    def interactions(self, path: str) -> Sequence[Interaction]:
        """All interactions of a file, raw: personal data is still in them.

        Raises:
            BadInput: absent, or a line that is no interaction; all bad lines at once.
        """
        ...

    def stream(self, archive: Archive) -> Iterator[Found | Problem]:
        """What a file of any size holds, row after row, raw; a problem for each row that cannot be taken.

        Problems say where and what kind of mistake, and show nothing of what the row holds.

        Raises:
            BadInput: absent, of an unknown form, or not readable as what it is said to be.
        """
        ...

    def outcomes(self, path: str) -> Sequence[RecordedLine]:
        """The recorded outcomes of a file; none when it is not there, which the target that reads it will tell.

        Raises:
            BadInput: lines that are no outcomes, all of them at once.
        """
        ...
