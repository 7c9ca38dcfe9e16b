"""For how much of production each unit of a sample stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

import numpy as np

from foretell.core.domain.cases import Case
from foretell.core.domain.values import Json, key_of
from foretell.core.errors import BadInput, Problem
from foretell.core.ports.findings import Floats, Ints, TrialColumns


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight per unit, sorted by `key`: the mean of the weights of its cases. `largest` is that of any case."""

    key: Ints
    weight: Floats
    largest: float

    def at(self, keys: Ints) -> Floats | None:
        """The weights of some units, None when all of these stand for as much; a unit that is not here stands for 1."""
        found = self._of(keys)
        return None if not len(found) or float(np.ptp(found)) <= 1e-9 * self.largest else found

    def shares(self, keys: Ints) -> Floats:
        """The weights of some units as shares of the largest: known before any unit ran, whatever ran of them."""
        return self._of(keys) / self.largest

    def _of(self, keys: Ints) -> Floats:
        at = np.minimum(np.searchsorted(self.key, keys), len(self.key) - 1)
        return np.where(self.key[at] == keys, self.weight[at], 1.0)


def fold_weights(units: Ints, weights: Floats) -> Weights | None:
    """Weights of cases as those of their units; None when all of them are equal, or there is none."""
    if not len(weights) or float(np.ptp(weights)) <= 1e-9 * float(weights.max()):
        return None
    keys, row = np.unique(units, return_inverse=True)
    means = np.bincount(row, weights=weights) / np.bincount(row)
    return Weights(keys, means, float(weights.max()))


def unit_of(case: Case) -> int:
    """The key of the unit that a case belongs to: its conversation, or itself."""
    conversation: Json = case.metadata.get("conversation_id")
    return key_of(conversation if isinstance(conversation, str) else case.id)


def weights_of(cases: Iterable[Case], columns: TrialColumns | None = None) -> Weights | None:
    """For how much of production each unit of a set stands; None when all stand for as much.

    `columns` are a run's trials, where a recording may know conversations that the set does not.

    Raises:
        BadInput: a weight that is no number above 0.
    """
    found = list(cases)
    weights = np.array([_weight_of(case) for case in found])
    seen = {} if columns is None else dict(zip(columns.case.tolist(), columns.cluster.tolist(), strict=True))
    return fold_weights(np.array([seen.get(key_of(case.id), unit_of(case)) for case in found], np.int64), weights)


def _weight_of(case: Case) -> float:
    weight: Json = case.metadata.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < inf:
        what = f"its weight {weight!r} says nothing: it must be a number above 0."
        raise BadInput(Problem(f"case '{case.id}'", what, "Leave it out where a case stands for itself."))
    return float(weight)
