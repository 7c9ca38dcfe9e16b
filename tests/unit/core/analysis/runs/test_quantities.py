import numpy as np
import pytest

from foretell.core.analysis.runs.measure import Measure
from foretell.core.analysis.runs.quantities import Scored, Wanted, measure_all, step_of
from foretell.core.analysis.runs.step_table import StepName, StepTable
from foretell.core.domain.policy import Demand, GatePolicy, milliseconds
from foretell.core.ports.findings import TrialColumns
from tests.unit.core.analysis.made import columns

NO_SLICE: dict[str, np.ndarray] = {}


def timed(cases: list[str], latencies: list[float]) -> TrialColumns:
    found = columns(cases)
    return TrialColumns(
        found.case,
        found.cluster,
        found.repeat,
        found.state,
        found.mode,
        found.cost,
        np.array(latencies, np.float64),
        found.environment,
        found.modes,
    )


def said(*values: float | None) -> Scored:
    """A value, NaN for a scorer that failed, None for no score at all."""
    there = np.array([value is not None for value in values])
    return Scored(np.array([np.nan if value is None else value for value in values]), there)


def plain(measure: Measure) -> list[tuple[int, float, int, int, int]]:
    rows = zip(measure.key, measure.good, measure.number, measure.missing, measure.environment, strict=True)
    return [(int(key), float(good), int(n), int(missing), int(spoilt)) for key, good, n, missing, spoilt in rows]


def test_a_slice_is_the_success_of_its_own_cases() -> None:
    wanted = Wanted({"language=de": np.array([1, 3])}, {}, {})
    found = measure_all(columns(["11", "10", "00", "?e"]), wanted, {})
    assert plain(found["slice language=de"]) == [(1, 1.0, 2, 0, 0), (3, 0.0, 1, 1, 1)]


def test_an_answer_in_time_is_one_that_came() -> None:
    trials = timed(["1", "1", "0", "0", "e", "?", "?"], [500, 9000, 500, 500, 100, np.nan, 500])
    scores = {"good": said(1, 1, 0, None, None, None, np.nan)}
    found = measure_all(trials, Wanted({}, {"8s": 8000.0}, {}), scores)["latency within 8s"]
    # The fourth target failed and so did the fifth, by its environment; the sixth is lost to us, the last was timed.
    assert plain(found) == [
        (0, 1.0, 1, 0, 0),
        (1, 0.0, 1, 0, 0),
        (2, 1.0, 1, 0, 0),
        (3, 0.0, 1, 0, 0),
        (4, 0.0, 1, 0, 1),
        (5, 0.0, 0, 1, 0),
        (6, 1.0, 1, 0, 0),
    ]


@pytest.mark.parametrize(
    ("demand", "goods"),
    [(Demand(at_least=3.0, low=1.0, high=5.0), [0.5, 0.0, 1.0]), (Demand(at_most=3.0, low=1.0, high=5.0), [0.5, 0, 0])],
)
def test_a_score_is_turned_so_that_more_is_better_and_a_failed_target_has_the_worst(
    demand: Demand, goods: list[float]
) -> None:
    trials = columns(["1", "0", "1", "1", "?"])
    scores = {"stars": said(3, None, 5, None, np.nan), "other": said(1, None, 1, 1, None)}
    found = measure_all(trials, Wanted({}, {}, {"stars": demand}), scores)["metric stars"]
    # The fourth trial has no stars, for they do not apply to it; the scorer of the last one failed.
    assert plain(found) == [*((key, good, 1, 0, 0) for key, good in enumerate(goods)), (4, 0.0, 0, 1, 0)]
    assert not found.is_single
    assert found.stray is None


def test_a_value_out_of_range_is_found() -> None:
    found = measure_all(columns(["1", "1"]), Wanted({}, {}, {"stars": Demand(at_least=0.5)}), {"stars": said(1, 4)})
    assert found["metric stars"].stray == 4.0


def test_scores_find_their_trials() -> None:
    trials = columns(["11", "11"])
    found = Scored.placed(trials, (np.array([1, 0]), np.array([0, 1], np.int32)), np.array([0.25, np.nan]))
    assert found.is_there.tolist() == [False, True, True, False]
    assert [None if np.isnan(value) else value for value in found.values] == [None, None, 0.25, None]


def test_times_are_read_with_their_unit() -> None:
    assert [milliseconds(text) for text in ("800ms", "8s", "1.5s", "2m")] == [800.0, 8000.0, 1500.0, 120_000.0]


def test_a_policy_by_floors_alone_keeps_its_floors() -> None:
    policy = GatePolicy(
        "g",
        ("s",),
        0.5,
        may_drop=0.1,
        baseline="file:b",
        slices={"a=b": Demand(0.5, 0.1), "a=c": Demand(may_drop=0.1)},
        metrics={"m": Demand(at_most=0.5, may_rise=0.1)},
    )
    assert policy.has_comparisons
    alone = policy.without_baseline
    assert alone == GatePolicy("g", ("s",), 0.5, slices={"a=b": Demand(0.5)}, metrics={"m": Demand(at_most=0.5)})
    assert not alone.has_comparisons


def test_a_step_counts_in_the_traces_that_executed_it() -> None:
    names = (StepName("retrieve", "retrieval"), StepName("answer", "llm"))
    went = np.array([[1, 1], [0, -1], [1, 1], [-1, 1]], np.int8)
    table = StepTable(names, went, np.array([7, 7, 8, 9]), np.array([1, 0, 1, 1], np.int8))
    assert plain(step_of(table, "retrieve")) == [(7, 1.0, 2, 0, 0), (8, 1.0, 1, 0, 0)]
    assert not len(step_of(table, "rerank"))
