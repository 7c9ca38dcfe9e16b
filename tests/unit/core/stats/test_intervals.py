import math

import numpy as np
import pytest

from foretell.core.errors import BadInput, NotEnoughEvidence
from foretell.core.stats.intervals import OneSided, alpha_of, checked, checked_within, crossing


def test_alpha_has_no_rounding_noise():
    assert [alpha_of(c) for c in (0.5, 0.9, 0.95, 0.975, 0.99)] == [0.5, 0.1, 0.05, 0.025, 0.01]


@pytest.mark.parametrize("confidence", [0.0, 0.49, 1.0, 95.0, math.nan])
def test_a_level_that_is_none_is_refused(confidence):
    with pytest.raises(BadInput, match="not a level"):
        alpha_of(confidence)


def test_a_p_value_equal_to_alpha_is_clear():
    at, above = (OneSided("above", 0.0, p, 0.0, 0.95, "any") for p in (0.05, 0.0500001))
    assert (at.is_clear, above.is_clear) == (True, False)


def test_values_are_never_dropped_in_silence():
    with pytest.raises(BadInput, match="value 2 is nan"):
        checked([1.0, 2.0, math.nan], "here")
    with pytest.raises(BadInput, match="value 1 is inf"):
        checked([1.0, math.inf], "here")
    with pytest.raises(NotEnoughEvidence, match="0 values"):
        checked([], "here")


def test_values_outside_their_bounds_are_shown():
    assert checked_within([-1, 0, 1], (-1, 1), "here").tolist() == [-1, 0, 1]
    with pytest.raises(BadInput, match=r"value 1 is 1\.5, outside \[0, 1\]"):
        checked_within([0.5, 1.5], (0, 1), "here")
    with pytest.raises(BadInput, match="empty"):
        checked_within([0.5], (1, 1), "here")


@pytest.mark.parametrize(
    "shape", [lambda x: x - 0.3, lambda x: math.tanh(40 * (x - 0.3)), lambda x: 1 if x > 0.3 else -1]
)
def test_a_crossing_is_found_in_few_calls_and_strictly_inside(shape):
    calls = []
    found = crossing(lambda x: calls.append(x) or shape(x), 0.0, 1.0, 1e-4)
    assert abs(found - 0.3) <= 1e-4
    assert len(calls) <= 25


def test_a_crossing_outside_the_bracket_ends_just_inside_it():
    low, high = crossing(lambda _: 1.0, 0.0, 1.0, 1e-4), crossing(lambda _: -1.0, 0.0, 1.0, 1e-4)
    assert 0 < low < 1e-4
    assert 1 - 1e-4 < high < 1


def test_integers_and_booleans_are_numbers():
    assert checked(np.array([True, False]), "here").tolist() == [1.0, 0.0]
