"""Every rate that is shown of a sample of traffic counts cases as often as they stand for interactions."""

from dataclasses import replace

import numpy as np
import pytest

from foretell.core.analysis.runs.compare import compare
from foretell.core.analysis.runs.cost import find_cost
from foretell.core.analysis.runs.failures import rank_failures
from foretell.core.analysis.runs.rates import success_rate
from foretell.core.analysis.runs.step_table import StepName, StepTable
from foretell.core.analysis.runs.steps import step_success
from foretell.core.analysis.runs.weights import Weights
from tests.unit.core.analysis.made import columns, mixed, units

# Six cases that stand for one interaction each and succeed, six that stand for three each and fail.
MARKS = mixed(6, 6)
COSTS = [1.0] * 6 + [2.0] * 6
WEIGHTS = Weights(np.arange(12), np.repeat([1.0, 3.0], 6), 3.0)
UNITS = replace(units(MARKS, COSTS), weights=WEIGHTS)
TABLE = columns(MARKS, COSTS, [""] * 6 + ["lost"] * 6)


def test_rates_are_weighted_and_say_so() -> None:
    step = StepTable((StepName("answer", "llm"),), TABLE.state[:, None], TABLE.cluster, TABLE.state, weights=WEIGHTS)
    (lost,) = rank_failures(TABLE, UNITS, (), {})
    found = {
        "success": success_rate(UNITS),
        "failures": lost.rate,
        "cost": find_cost(TABLE, UNITS).per_success,
        "compare": compare(replace(units(["0"] * 12), weights=WEIGHTS), UNITS).difference,
        "step": step_success(step, 0),
    }
    wanted = {"success": 6 / 24, "failures": 18 / 24, "cost": (6 + 36) / 6, "compare": 6 / 24, "step": 6 / 24}
    assert {name: one.value for name, one in found.items()} == pytest.approx(wanted)
    assert [name for name, one in found.items() if not one.method.endswith(", weighted")] == []
    for one in found.values():
        assert one.low is not None
        assert one.value is not None
        assert one.low < one.value
        assert one.n == 12


def test_the_cost_of_what_is_known_is_weighted_by_its_own_units() -> None:
    """One cost of twenty-four is unknown: that unit leaves both sums, its weight with it."""
    costs = [np.nan, *[1.0] * 5, *[2.0] * 18]
    weights = Weights(np.arange(24), np.repeat([1.0, 3.0], (6, 18)), 3.0)
    marks = mixed(12, 12)
    found = find_cost(columns(marks, costs), replace(units(marks, costs), weights=weights))
    assert found.per_success.value == pytest.approx((5 + 2 * 3 * 18) / (5 + 3 * 6))
