import numpy as np
import pytest

from foretell.core.errors import BadInput
from foretell.core.stats.multinomial import RankInterval, goodman_intervals, rank_intervals


def test_goodman_ends_solve_their_quadratic():
    counts = np.array([56, 72, 73, 59, 62, 87, 58])
    found = goodman_intervals(counts)
    n, critical = counts.sum(), 2.690110**2  # the normal quantile at 1 - 0.05 / 14
    for ends in (found.low, found.high):
        assert (ends - counts / n) ** 2 == pytest.approx(critical * ends * (1 - ends) / n, rel=1e-4)


def test_empty_and_full_cells_reach_the_border():
    found = goodman_intervals([0, 12])
    assert (found.low[0], found.high[1]) == (0.0, 1.0)
    assert found.high[0] == pytest.approx(1 - found.low[1])


def test_ranks_leave_open_what_the_intervals_leave_open():
    ranks = rank_intervals([0.5, 0.1, 0.12, 0.0], [0.7, 0.3, 0.4, 0.05])
    assert ranks == (RankInterval(1, 1), RankInterval(2, 3), RankInterval(2, 3), RankInterval(4, 4))


def test_costs_reorder_the_ranks():
    assert rank_intervals([0.5, 0.1], [0.7, 0.3], [1.0, 10.0]) == (RankInterval(2, 2), RankInterval(1, 1))


def test_touching_intervals_are_not_apart():
    assert rank_intervals([0.1, 0.3], [0.3, 0.5]) == (RankInterval(1, 2), RankInterval(1, 2))


def test_nonsense_is_refused():
    with pytest.raises(BadInput, match="not be negative"):
        goodman_intervals([-1, 2])
    with pytest.raises(BadInput, match="costs > 0"):
        rank_intervals([0.1, 0.2], [0.2, 0.3], [0.0, 1.0])
