"""How well "within reach of a case" tells known kinds of requests from unknown ones, on real requests."""

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest

from foretell.core.analysis.traffic.topics import nearest, vectors_of
from foretell.services.coverage import REACH

DATA = Path(__file__).parents[3] / "shared" / "data" / "clinc150-oos" / "data_full.json"


@pytest.mark.skipif(not DATA.is_file(), reason="the public data is not here")
def test_reach_tells_known_kinds_of_requests_from_unknown_ones() -> None:
    """Cases are 10 requests of each of 75 kinds; traffic is requests of all 150 kinds and 500 of no kind."""
    data = json.loads(DATA.read_text())
    kinds = sorted({kind for _, kind in data["train"]})
    known = set(Random(1).sample(kinds, 75))
    cases = [text for kind in known for text in [one for one, of in data["train"] if of == kind][:10]]
    traffic = [*data["test"], *((text, "none") for text, _ in data["oos_test"][:500])]
    vectors = vectors_of([*cases, *(text for text, _ in traffic)])
    rows = vectors.rows
    near = nearest(rows[len(cases) :], rows[: len(cases)])[1] >= REACH
    truth = np.array([kind in known for _, kind in traffic])
    assert abs(near.mean() - truth.mean()) < 0.05
    assert (near == truth).mean() > 0.72
