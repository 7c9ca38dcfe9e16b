"""What a rule is put to: one quantity of a run, unit by unit, turned so that more of it is better.

Every quantity that a gate can hold a system to has this one form: success, the absence of a failure mode, success on a
slice, an answer within a time, a score. So every rule is the same test on another measure.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foretell.core.ports.findings import Floats, Ints, TrialColumns

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Measure:
    """One quantity per unit, sorted by `key`; units that it does not apply to are not here.

    `good` is the sum of values between 0 (worst) and 1 (best) over the `number` trials that have one; `missing` counts
    trials that should have one. `environment` counts those of `number` that met the environment, at 0. `is_binary` says
    that a value can only be 0 or 1. `stray` is a value that lies outside of its range, None when there is none.
    """

    key: Ints
    good: Floats
    number: Ints
    missing: Ints
    environment: Ints
    is_binary: bool = True
    stray: float | None = None

    def __len__(self) -> int:
        return len(self.key)

    @classmethod
    def none(cls) -> "Measure":
        """Of nothing at all."""
        nothing = np.zeros(0, np.int64)
        return cls(nothing, np.zeros(0), nothing, nothing, nothing)

    @property
    def is_single(self) -> bool:
        """True when every unit is one trial with one binary answer."""
        return self.is_binary and bool((self.number + self.missing == 1).all())

    def mean(self, missing_as: float) -> Floats:
        """Each unit's mean with every missing value read as `missing_as`."""
        return (self.good + missing_as * self.missing) / (self.number + self.missing)

    @property
    def scored(self) -> Floats:
        """Each unit's mean over what was measured; NaN where nothing was."""
        return np.divide(self.good, self.number, out=np.full(len(self), np.nan), where=self.number > 0)

    @property
    def fair(self) -> Floats:
        """Each unit's mean with whatever the environment or we spoilt read as the best."""
        return (self.good + self.missing + self.environment) / (self.number + self.missing)

    def pick(self, keys: Ints) -> "Measure":
        """The rows of some keys; those that are not here are left out."""
        kept = np.isin(self.key, keys)
        return replace(
            self,
            key=self.key[kept],
            good=self.good[kept],
            number=self.number[kept],
            missing=self.missing[kept],
            environment=self.environment[kept],
        )


def fold_measure(columns: TrialColumns, values: Floats, applies: Bools, *, is_binary: bool = True) -> Measure:
    """A measure from one value per trial, NaN where it is missing, over the trials that it applies to."""
    keys, row = np.unique(columns.cluster[applies], return_inverse=True)
    size, kept = len(keys), values[applies]
    known = ~np.isnan(kept)

    def count(mask: Bools) -> Ints:
        return np.bincount(row[mask], minlength=size).astype(np.int64)

    good = np.bincount(row[known], weights=kept[known], minlength=size).astype(np.float64)
    spoilt = columns.environment[applies] & known & (kept == 0)
    return Measure(keys, good, count(known), count(~known), count(spoilt), is_binary)
