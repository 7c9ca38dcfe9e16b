"""What the statistics return, the quantiles they share, and the checks on what they are given."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from foretell.core.errors import BadInput, NotEnoughEvidence

FloatArray = NDArray[np.float64]
Side = Literal["above", "below"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided interval for reading. `method` names how it was made, in words fit for a report."""

    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class Estimated:
    """A point estimate with its interval; `n` counts what was independent (cases, conversations, tasks)."""

    value: float
    interval: Interval
    n: int


@dataclass(frozen=True, slots=True)
class OneSided:
    """A one-sided test against a limit, with the bound that it stands on.

    `side` "above" asks whether the truth lies above the limit, and `bound` is then a lower bound; "below" asks the
    opposite with an upper bound. `p_value` decides; the bound agrees with it: it lies beyond the limit exactly when
    `p_value <= 1 - confidence`.
    """

    side: Side
    limit: float
    p_value: float
    bound: float
    confidence: float
    method: str

    @property
    def is_clear(self) -> bool:
        """Whether the truth was shown to lie on the asked side of the limit."""
        return self.p_value <= alpha_of(self.confidence)


def alpha_of(confidence: float) -> float:
    """1 - confidence, without the rounding noise that would decide a tie (1 - 0.95 is not 0.05 in binary)."""
    if not 0.5 <= confidence < 1.0:
        raise BadInput.of("confidence", f"{confidence!r} is not a level.", "Give a share from 0.5 up to below 1.")
    return round(1.0 - confidence, 12)


def normal_quantile(share: float) -> float:
    """The standard normal value with `share` of the distribution below it."""
    return float(special.ndtri(share))


def t_quantile(share: float, freedom: float) -> float:
    """Student's t value with `share` of the distribution below it, at `freedom` degrees of freedom."""
    return float(special.stdtrit(freedom, share))


def checked(values: ArrayLike, where: str, least: int = 1) -> FloatArray:
    """`values` as a flat float array without missing entries.

    Raises NotEnoughEvidence for fewer than `least` values, BadInput for a missing or infinite one: nothing is
    dropped in silence, what to do about a missing value is for the caller to decide.
    """
    array = np.asarray(values, dtype=np.float64).ravel()
    if array.size < least:
        raise NotEnoughEvidence.of(where, f"{array.size} values, but at least {least} are needed.")
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise BadInput.of(where, f"value {int(bad[0])} is {array[bad[0]]}.", "Decide what a missing value counts as.")
    return array


def checked_within(values: ArrayLike, bounds: tuple[float, float], where: str) -> FloatArray:
    """Like `checked`, and every value must lie in `bounds` (both ends belong to it)."""
    array = checked(values, where)
    low, high = bounds
    if not low < high:
        raise BadInput.of(where, f"the bounds ({low}, {high}) are empty.", "Give the lower one first.")
    bad = np.flatnonzero((array < low) | (array > high))
    if bad.size:
        raise BadInput.of(where, f"value {int(bad[0])} is {array[bad[0]]}, outside [{low}, {high}].")
    return array


def crossing(excess: Callable[[float], float], low: float, high: float, tolerance: float) -> float:
    """Where `excess` turns from `<= 0` (at `low`) to `> 0` (at `high`), to within `tolerance`, in at most 40 calls.

    Neither end is evaluated. The middle of the last bracket is returned, so the answer lies strictly inside
    (low, high). Secant steps do most of the work when `excess` is smooth; a bisection in every other step keeps the
    promise when it jumps.
    """
    low_excess, high_excess = 0.0, 0.0
    for step in range(40):
        if high - low <= tolerance:
            break
        middle = (low + high) / 2
        if step % 2 and low_excess < 0 < high_excess:
            secant = low + (high - low) * low_excess / (low_excess - high_excess)
            middle = min(max(secant, low + tolerance / 2), high - tolerance / 2)
        value = excess(middle)
        if value <= 0:
            low, low_excess = middle, value
        else:
            high, high_excess = middle, value
    return (low + high) / 2
