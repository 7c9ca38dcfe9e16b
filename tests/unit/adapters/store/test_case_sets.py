import numpy as np
import pytest

from foretell.adapters.store.case_sets import first_places


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_the_first_places_are_those_of_the_whole_set(limit: int):
    keys = np.random.default_rng(0).permutation(200_000).astype(np.int64)
    wanted = keys[[199_999, 70_000, 65_536, 65_535, 4]]
    assert first_places(keys, np.append(wanted, 10**9), limit) == [4, 65_535, 65_536, 70_000, 199_999][:limit]
