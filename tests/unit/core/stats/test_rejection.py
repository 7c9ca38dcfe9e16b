"""Critical scores of the exact paired test, against the tails of all outcomes listed one by one."""

import numpy as np
import pytest

from foretell.core.stats.rejection import _critical_scores
from foretell.core.stats.trinomial import region_above, region_probability, score


@pytest.mark.parametrize("limit", [-0.3, -0.05, 0.0, 0.1])
@pytest.mark.parametrize("pairs", [7, 40])
def test_a_critical_score_is_the_least_whose_tail_is_within_alpha(pairs: int, limit: float) -> None:
    grid = np.array([share for share in (0.05, 0.1, 0.35, 0.8, 1.0) if share >= abs(limit)])
    every = np.unique([float(score(g, m - g, pairs, limit)) for m in range(pairs + 1) for g in range(m + 1)])
    for share, critical in zip(grid.tolist(), _critical_scores(pairs, limit, 0.05, grid).tolist(), strict=True):
        tails = [region_probability(region_above(level, pairs, limit, (0, pairs)), share, limit) for level in every]
        within = every[np.array(tails) <= 0.05]
        assert critical == pytest.approx(within[0] if within.size else np.inf)


def test_outcomes_far_out_count_where_they_are_likely() -> None:
    """With a margin of next to everything all outcomes but one score more than is listed singly."""
    (critical,) = _critical_scores(12, -0.999999, 0.05, np.array([0.9999995]))
    assert 10 < critical < np.inf
