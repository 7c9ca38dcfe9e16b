"""All of a run as tables and as a page: every part is there, and what comes from outside is never markup."""

from dataclasses import replace

from foretell.core.analysis.runs.failures import ModeFinding
from foretell.core.analysis.runs.rates import Tally
from foretell.core.analysis.runs.reading import FailureReport, RunReport, RunSummary
from foretell.core.domain.estimates import Estimate
from foretell.core.domain.modes import FailureMode
from foretell.core.ports.findings import TrialLine
from foretell.reports.run_page import example_sheet, run_page, run_sheets
from foretell.testing.store_examples import example_run
from tests.unit.reports.decisions import cost
from tests.unit.reports.test_steps import EVIL
from tests.unit.reports.test_steps import report as step_report

RUN = example_run("r-1")
ALL = Tally(trials=40, successes=30, failures=9, unscored=1, environment=0)
RATE = Estimate(0.77, 0.62, 0.87, 39, "case", "Wilson score")


def whole() -> RunReport:
    """A run with a failure mode, an unscored trial, its cost and its steps, each with hostile text in it."""
    mode = ModeFinding(FailureMode(EVIL, "breaks"), 9, 9, RATE, None, 1, 1)
    failed = TrialLine(0, "c-0", 1, "failure", EVIL, "", None, None, f"boom {EVIL}")
    unscored = TrialLine(1, "c-1", 0, "unscored", None, "a scorer raised", None, None, None)
    failures = FailureReport(RUN, ALL, RATE, (mode,), {EVIL: (failed,)}, (unscored,))
    return RunReport(RunSummary(RUN, ALL, RATE, (), 0), failures, ((RUN, cost()),), step_report(EVIL))


def test_examples_say_what_happened_in_each_mode_and_why_some_could_not_be_scored() -> None:
    assert example_sheet(whole().failures).rows == (
        (EVIL, "c-0/1", f"boom {EVIL}"),
        ("unscored", "c-1/0", "a scorer raised"),
    )


def test_every_part_is_there_and_a_run_without_steps_has_none() -> None:
    titles = ["", "What failed in r-1 (system)", "Examples", "Cost per successful interaction"]
    steps = ["Steps of traffic", "A chain of so many steps"]
    assert [sheet.title for sheet in run_sheets(whole())] == titles + steps
    assert [sheet.title for sheet in run_sheets(replace(whole(), steps=None))] == titles


def test_the_page_lets_nothing_be_markup() -> None:
    page = run_page(whole(), "")
    assert EVIL not in page
    assert page.count("&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;") == 4  # mode, its example twice, a step
    assert page.count('<path class="line"') == 1
