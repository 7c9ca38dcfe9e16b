"""The steps as tables and as a page: whole sentences, and names from outside that are never markup."""

import numpy as np
import pytest

from foretell.core.analysis.runs.reading import StepReport
from foretell.core.analysis.runs.step_table import StepName, StepTable
from foretell.core.analysis.runs.steps import compound
from foretell.reports.layout import sheet_lines
from foretell.reports.steps import compounding_sheet, step_sheets
from foretell.reports.steps_page import steps_page

EVIL = "<script>alert('x')</script>"


def report(first: str = "search", bad: int = 2, state: list[int] | None = None) -> StepReport:
    went = np.ones((50, 2), np.int8)
    went[:bad, 0] = 0
    went[0, 1] = 0
    steps = (StepName(first, "retrieval"), StepName("call", "tool"))
    how = np.array(state or [0, 0] + [1] * 48, np.int8)
    table = StepTable(steps, went, np.arange(50), how, unseen=1, rare=2)
    return StepReport(None, "traffic", compound(table), (), unseen={"no span of it came": 1}, orphans=7)


def test_the_table_in_words() -> None:
    assert sheet_lines(compounding_sheet(report())) == [
        "Steps of traffic",
        "step    kind       success, 95 %               traces  failed  +1 point  spent  budget",
        "search  retrieval  96.0 % [86.5, 98.9] n = 50      50       2    +1.0 %  0.8 ×  not settled",
        "call    tool       98.0 % [89.5, 99.6] n = 50      50       1    +1.0 %  0.4 ×  not settled",
        (
            "End to end: predicted 94.1 % [82.0, 100.0] n = 50 (the product of 2 steps), "
            "observed 96.0 % [86.5, 98.9] n = 50."
        ),
        "What was observed lies inside the interval of what the steps predict.",
        (
            "For 90.0 % end to end over 2 steps each may fail in 5.1 %: its error budget, and what of it is spent. "
            "+1 point: what one point more would add from end to end."
        ),
        "2 names of spans occurred in one trace only: no step.",
        "Two-sided 95 % intervals: steps Wilson score; predicted MOVER of 2 rates, Wilson score.",
        "1 trace showed no step and is left out. 1: no span of it came.",
        (
            "7 calls of steps, or spans, came from where nobody can tell whose they are "
            "(threads older than the trial, other traces): in no trace."
        ),
    ]


@pytest.mark.parametrize(
    ("bad", "state", "said"),
    [
        (2, [1] * 10 + [0] * 40, "74.1 % more fail than the steps explain: failures that no check of a step sees."),
        (2, [-1] * 50, "Nothing says how the traces ended, so the prediction stands alone."),
        (25, [1] * 50, "More succeed than the steps let expect: failed steps are made good later, or fail together."),
    ],
)
def test_the_prediction_is_compared_with_what_was_observed(bad: int, state: list[int], said: str) -> None:
    assert said in compounding_sheet(report(bad=bad, state=state)).notes


def test_the_page_draws_the_curve_and_lets_no_name_be_markup() -> None:
    page = steps_page(report(EVIL), "")
    assert EVIL not in page
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in page
    assert page.count('<path class="band"') == page.count('<path class="line"') == 1
    assert [sheet.title for sheet in step_sheets(report(EVIL))] == ["Steps of traffic", "A chain of so many steps"]
