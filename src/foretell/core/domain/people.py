"""What people say about trials."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rating:
    """One label by one rater on one item: a case id, `run/case/repeat`, or an interaction id.

    A null label means that the rater was asked and the answer was unusable.
    """

    item: str
    rater: str
    label: bool | float | str | None
    aspect: str = "success"
    kind: Literal["person", "judge"] = "person"
    confidence: float | None = None
    at: str | None = None
