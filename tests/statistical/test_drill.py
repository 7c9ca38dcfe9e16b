"""How often a run in which nothing changed raises an alarm in a drill."""

import numpy as np
import pytest

from foretell.core.analysis.claims import Standard
from foretell.core.analysis.runs.aggregate import Units, fold
from foretell.core.analysis.runs.drill import Pair, places
from tests.unit.core.analysis.made import columns

pytestmark = [pytest.mark.statistical, pytest.mark.full, pytest.mark.timeout(600)]
RUNS = 100


def drawn(rng: np.random.Generator) -> Units:
    """Twenty cases, each answered well with its own chance, and four checks that fail by chance."""
    good = rng.random(20) < np.linspace(0.3, 1.0, 20)
    failed = {f"mode {number}": np.flatnonzero(rng.random(20) < 0.2) for number in range(4)}
    fired = {name: places([(int(case), 0) for case in cases]) for name, cases in failed.items()}
    return fold(columns(["1" if one else "0" for one in good]), fired)


def test_runs_without_a_fault_keep_the_promise() -> None:
    rng = np.random.default_rng(11)
    alarms = 0
    for _ in range(RUNS):
        pair = Pair.of(drawn(rng), drawn(rng), Standard(0.95, 0))
        alarms += pair.is_alarm(pair.signals()[0])
    assert alarms / RUNS <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / RUNS)
