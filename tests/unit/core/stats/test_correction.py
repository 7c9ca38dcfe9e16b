import pytest

from foretell.core.errors import BadInput
from foretell.core.stats.correction import holm_adjusted


def test_holm_steps_down_and_never_falls():
    assert holm_adjusted([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_one_test_needs_no_correction():
    assert holm_adjusted([0.2]).tolist() == [0.2]


def test_p_values_end_at_one():
    assert holm_adjusted([0.9, 0.8]).tolist() == [1.0, 1.0]


def test_what_is_no_probability_is_refused():
    with pytest.raises(BadInput, match="outside"):
        holm_adjusted([0.1, 1.2])
