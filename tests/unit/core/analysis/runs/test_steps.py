"""How steps compound: worked numbers over small tables, and what chance alone would show."""

import numpy as np
import pytest

from foretell.core.analysis.runs.origins import OriginTally
from foretell.core.analysis.runs.step_table import StepName, StepTable, StepTally
from foretell.core.analysis.runs.steps import compound, step_shares, step_success
from foretell.core.analysis.trials.executed import Executed, Fault
from foretell.core.domain.modes import FailureMode
from foretell.core.errors import NotEnoughEvidence

BROKEN = (Fault("error", "x"),)


def table(*columns: list[int], state: list[int] | None = None, cluster: list[int] | None = None) -> StepTable:
    rows = len(columns[0])
    return StepTable(
        tuple(StepName(name, "tool") for name, _ in zip("abcdefgh", columns, strict=False)),
        np.array(columns, np.int8).T,
        np.array(cluster or range(rows), np.int64),
        np.array(state or [1] * rows, np.int8),
    )


def test_the_product_stands_beside_what_was_observed() -> None:
    first, second = [1] * 49 + [0], [0] + [1] * 49
    found = compound(table(first, second, state=[0] + [1] * 48 + [0]))
    assert found.predicted.value == pytest.approx(0.98**2)
    assert found.observed.value == pytest.approx(0.96)
    assert [(one.executed, one.failed) for one in found.steps] == [(50, 1), (50, 1)]
    assert found.steps[0].gain == pytest.approx(0.98 * 0.01)
    assert found.budget == pytest.approx(1 - 0.9**0.5)
    assert found.steps[0].spent == pytest.approx(0.02 / found.budget)
    assert found.steps[0].standing == "open"


def test_a_step_counts_over_the_traces_that_executed_it() -> None:
    rare = [0, 1, 1, 1] + [-1] * 36
    found = compound(table(rare, [1] * 40))
    assert (found.steps[0].success.value, found.steps[0].success.n) == (0.75, 4)
    assert found.predicted.value == pytest.approx(0.75)
    assert found.by_use.value == pytest.approx(39 / 40)


def test_the_curve_goes_on_to_fifty_steps() -> None:
    found = compound(table([1] * 49 + [0]))
    assert [point.steps for point in found.curve] == list(range(1, 51))
    assert round(found.curve[19].value, 4) == 0.6676
    assert round(found.curve[49].value, 4) == 0.3642
    assert found.curve[19].low < 0.6676 < found.curve[19].high


def test_a_gain_ends_at_certainty() -> None:
    found = compound(table([1] * 1000, [1] * 995 + [0] * 5))
    assert [round(one.gain, 6) for one in found.steps] == [0.0, 0.005]
    assert found.steps[1].standing == "within"


def test_repeats_of_a_case_are_one_cluster() -> None:
    went = [1, 1, 1, 1, 0, 0, 1, 0]
    found = step_success(table(went, cluster=[1, 1, 2, 2, 3, 3, 4, 4]), 0)
    assert (found.value, found.n) == (0.625, 4)
    assert step_shares(table(went, cluster=[1, 1, 2, 2, 3, 3, 4, 4]), 0).tolist() == [1.0, 1.0, 0.0, 0.5]


def test_steps_that_fail_together_are_named() -> None:
    one = [0] * 5 + [1] * 45
    found = compound(table(one, one, [0] + [1] * 49)).pairs
    assert [(pair.first.name, pair.second.name, pair.together) for pair in found] == [("a", "b", 5)]
    assert found[0].expected == pytest.approx(0.5)
    assert found[0].p_value == pytest.approx(3 / 2118760, rel=1e-6)  # 3 pairs; 50 over 5


def test_no_step_is_not_enough() -> None:
    with pytest.raises(NotEnoughEvidence, match="none was seen in 3 traces"):
        compound(StepTally(unseen=3).table())


def test_traces_become_a_table() -> None:
    tally = StepTally()
    tally.add((Executed(0, "search", "retrieval"), Executed(1, "call", "tool", faults=BROKEN)), 7, 0)
    tally.add((Executed(0, "search", "retrieval"), Executed(1, "search", "retrieval", 2, faults=BROKEN)), 8, 1)
    tally.add(
        (Executed(0, "request-4711", "other"), Executed(1, "call", "tool", part="passed_on", faults=BROKEN)), 9, -1
    )
    tally.add((), 10, 1)
    found = tally.table()
    assert found.steps == (StepName("search", "retrieval"), StepName("call", "tool"))
    assert found.went.tolist() == [[1, 0], [0, -1], [-1, 1]]
    assert (found.cluster.tolist(), found.state.tolist()) == ([7, 8, 9], [0, 1, -1])
    assert (found.unseen, found.rare, found.position("call"), found.position("none")) == (1, 1, 1, None)


def test_failures_start_somewhere_and_cost_something() -> None:
    tally = OriginTally()
    broken = (Executed(0, "a", "tool", faults=BROKEN, part="first"), Executed(1, "b", "tool", part="consequence"))
    tally.add(broken, "wrong", 1, ("c-1", 0))
    tally.add(broken, "odd", 2, ("c-2", 0))
    tally.add((), None, 3, ("c-3", 0))
    first, unknown = tally.origins((FailureMode("wrong", cost=3.0),), np.array([1, 2, 3, 4]))
    assert (first.step, first.failures, first.rate.value, first.rate.n) == (StepName("a", "tool"), 2, 0.5, 4)
    assert (first.consequences, first.modes, first.example) == (2, (("wrong", 1), ("odd", 1)), ("c-1", 0))
    assert first.cost_per_1000 is not None
    assert (first.cost_per_1000.value, first.uncosted) == (pytest.approx(750.0), 1)
    assert (unknown.step, unknown.modes, unknown.cost_per_1000) == (None, (("unnamed", 1),), None)


def test_failures_of_one_case_are_one_unit() -> None:
    tally = OriginTally()
    for repeat in (0, 1):
        tally.add((Executed(0, "a", "tool", faults=BROKEN, part="first"),), "odd", 7, ("c-7", repeat))
    (found,) = tally.origins((), np.array([7, 7, 8, 8]))
    assert (found.failures, found.rate.value, found.rate.n) == (2, 0.5, 2)
