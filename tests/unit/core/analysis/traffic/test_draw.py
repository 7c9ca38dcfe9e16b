from collections import Counter

import numpy as np
import pytest

from foretell.core.analysis.traffic.draw import draw

STRATA = [("a",)] * 50 + [("b",)] * 30 + [("c",)] * 20


@pytest.mark.parametrize("seed", range(5))
def test_every_stratum_gets_its_share_to_within_one(seed: int) -> None:
    drawn = draw(STRATA, 10, seed)
    counts = Counter(STRATA[row][0] for row in drawn.rows)
    assert len(set(drawn.rows.tolist())) == 10
    assert all(abs(counts[name] - share) <= 1 for name, share in (("a", 5), ("b", 3), ("c", 2)))
    assert set(drawn.chance.tolist()) == {0.1}


def test_so_many_of_each_have_chances_of_their_own() -> None:
    drawn = draw(STRATA, 10, 0, each=5)
    chances = {STRATA[row][0]: chance for row, chance in zip(drawn.rows, drawn.chance, strict=True)}
    assert chances == {"a": 0.1, "b": 5 / 30, "c": 0.25}
    assert Counter(STRATA[row][0] for row in drawn.rows) == {"a": 5, "b": 5, "c": 5}


def test_chances_are_what_is_drawn() -> None:
    hits = np.zeros(len(STRATA))
    for seed in range(400):
        hits[draw(STRATA, 10, seed).rows] += 1
    assert np.abs(hits / 400 - 0.1).max() < 0.07  # four and a half standard errors


@pytest.mark.parametrize(("size", "each"), [(200, None), (10, 200)])
def test_more_than_there_are_takes_all(size: int, each: int | None) -> None:
    drawn = draw(STRATA, size, 0, each)
    assert sorted(drawn.rows.tolist()) == list(range(100))
    assert set(drawn.chance.tolist()) == {1.0}


def test_nothing_gives_nothing() -> None:
    assert len(draw([], 10, 0).rows) == len(draw([], 10, 0, each=3).rows) == 0
