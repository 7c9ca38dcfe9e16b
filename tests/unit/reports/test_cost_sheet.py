"""Costs side by side: what is called dominated is so by point values, and the sheet says so."""

from dataclasses import replace

from foretell.core.analysis.runs.aggregate import fold
from foretell.core.analysis.runs.cost import CostFinding, find_cost
from foretell.core.domain.trial import TargetSpec
from foretell.core.ports.findings import TrialColumns
from foretell.reports.tables import cost_sheet
from foretell.testing.store_examples import example_run
from tests.unit.core.analysis.made import columns, mixed


def cost_of(table: TrialColumns) -> CostFinding:
    """The cost of trials, folded as they are."""
    return find_cost(table, fold(table))


DEAR = cost_of(columns(mixed(60, 40), [0.03] * 100))
CHEAP = cost_of(columns(mixed(75, 25), [0.02] * 100))


def test_dominance_is_called_one_of_point_values() -> None:
    run = example_run("r")
    other = replace(run, arm=replace(run.arm, target=TargetSpec("small", "model")))
    beside = cost_sheet([(run, DEAR), (other, CHEAP)])
    assert [row[-1] for row in beside.rows] == ["small", "–"]
    said = "Dominated: no better in success, cost per success and median time, by their point values alone; "
    assert [note for note in beside.notes if note.startswith(said)] == [
        f"{said}'foretell compare' tells whether two runs differ."
    ]
    assert not any(note.startswith("Dominated") for note in cost_sheet([(run, DEAR)]).notes)
