"""What was recorded elsewhere and lies in files."""

from collections.abc import Sequence
from typing import Protocol

from foretell.core.domain.files.outcomes import RecordedLine
from foretell.core.domain.traffic import Interaction


class Archives(Protocol):
    """Reads traffic and outcomes."""

    def interactions(self, path: str) -> Sequence[Interaction]:
        """All interactions of a file, raw: personal data is still in them.

        Raises:
            BadInput: absent, or a line that is no interaction; all bad lines at once.
        """
        ...

    def outcomes(self, path: str) -> Sequence[RecordedLine]:
        """The recorded outcomes of a file; none when it is not there, which the target that reads it will tell.

        Raises:
            BadInput: lines that are no outcomes, all of them at once.
        """
        ...
