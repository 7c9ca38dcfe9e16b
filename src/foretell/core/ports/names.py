"""A model that finds the names of people in texts."""

from collections.abc import Sequence
from typing import Protocol

from foretell.core.domain.personal import Found


class Names(Protocol):
    """Finds names."""

    @property
    def identity(self) -> str:
        """Which model it is, with its version: what is kept beside the texts that it covered."""
        ...

    def find(self, texts: Sequence[str]) -> list[list[Found]]:
        """For each text the names in it, of kind `name`, in the text's order."""
        ...
