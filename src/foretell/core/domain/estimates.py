"""A number that is honest about itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval, how many units it rests on, what a unit is, and the method.

    `low` and `high` are two-sided 95 % limits for reading unless `method` says otherwise; both None when no interval
    can be given, and then `method` says why.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str
    method: str
