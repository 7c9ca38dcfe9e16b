"""Fisher's exact tail, against scipy's."""

import pytest
from scipy import stats

from foretell.core.stats.overlap import overlap_p


@pytest.mark.parametrize(("first", "second", "number"), [(3, 4, 10), (8, 7, 10), (0, 3, 5), (40, 25, 2000), (5, 5, 5)])
def test_the_tail_is_that_of_the_hypergeometric_distribution(first: int, second: int, number: int) -> None:
    for together in range(min(first, second) + 1):
        expected = stats.hypergeom.sf(together - 1, number, first, second)
        assert overlap_p(together, first, second, number) == pytest.approx(expected, rel=1e-9)


def test_more_than_there_can_be_has_no_probability() -> None:
    assert overlap_p(4, 3, 5, 10) == 0.0
