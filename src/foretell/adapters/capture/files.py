"""Traffic and outcomes from JSON Lines files, raw: whoever reads traffic covers personal data before it is kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from foretell.adapters.capture.archives import read_archive
from foretell.core.domain.files.interactions import decode_interactions
from foretell.core.domain.files.outcomes import RecordedLine, decode_outcomes
from foretell.core.domain.traffic import Interaction
from foretell.core.errors import BadInput, Problem
from foretell.core.ports.archives import Archive, Found


@dataclass(frozen=True, slots=True)
class TrafficFiles:
    """Files below the project's folder."""

    root: str

    def interactions(self, path: str) -> tuple[Interaction, ...]:
        """See the port."""
        place = Path(self.root, path)
        if not place.is_file():
            hint = "Name a JSON Lines file of interactions, relative to the project file."
            raise BadInput(Problem(path, "there is no such traffic file.", hint))
        with place.open("rb") as lines:
            found = decode_interactions(lines, path)
        return found.or_raise()

    def stream(self, archive: Archive) -> Iterator[Found | Problem]:
        """See the port."""
        return read_archive(self.root, archive)

    def outcomes(self, path: str) -> tuple[RecordedLine, ...]:
        """See the port."""
        place = Path(self.root, path)
        if not place.is_file():
            return ()
        with place.open("rb") as lines:
            found = decode_outcomes(lines, path)
        return found.or_raise()
