"""Production traffic that lies in files."""

from collections.abc import Sequence
from typing import Protocol

from foretell.core.domain.traffic import Interaction


class Archives(Protocol):
    """Reads archives of traffic."""

    def interactions(self, path: str) -> Sequence[Interaction]:
        """All interactions of a file, raw: personal data is still in them.

        Raises:
            BadInput: absent, or a line that is no interaction; all bad lines at once.
        """
        ...
