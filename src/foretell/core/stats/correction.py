"""Several tests at once."""

import numpy as np
from numpy.typing import ArrayLike

from foretell.core.errors import BadInput
from foretell.core.stats.intervals import FloatArray, checked


def holm_adjusted(p_values: ArrayLike) -> FloatArray:
    """Holm's step-down p-values (1979), in the order given: reject where one is <= alpha.

    The chance of any false rejection stays <= alpha whatever the dependence between the tests. For claims of "at
    least one of these holds" (a hold); a claim of "all of these hold" (a ship) needs no correction.
    """
    array = checked(p_values, "Holm's correction")
    if array.min() < 0 or array.max() > 1:
        raise BadInput.of("Holm's correction", "a p-value lies outside [0, 1].")
    order = np.argsort(array, kind="stable")
    steps = (array.size - np.arange(array.size)) * array[order]
    adjusted = np.empty_like(array)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
