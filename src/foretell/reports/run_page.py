"""All that is known of one run, as tables and as one HTML file. Everything from outside is escaped."""

from collections.abc import Iterator

from foretell.core.analysis.runs.reading import FailureReport, RunReport
from foretell.reports.document import document
from foretell.reports.layout import shorten
from foretell.reports.section import section, text
from foretell.reports.steps import step_sheets
from foretell.reports.steps_page import curve_drawing
from foretell.reports.tables import Sheet, cost_sheet, failure_sheet, summary_sheet

LONGEST = 240
"""Characters of a reason; `foretell show` has all of it."""


def run_sheets(report: RunReport) -> Iterator[Sheet]:
    """Every table about the run, those without a row left out."""
    yield summary_sheet([report.summary])
    yield failure_sheet(report.failures)
    if (examples := example_sheet(report.failures)).rows:
        yield examples
    yield cost_sheet(report.costs)
    if report.steps is not None:
        yield from step_sheets(report.steps)


def example_sheet(report: FailureReport) -> Sheet:
    """A few trials of every failure mode, and of those that could not be scored, each with its reason."""
    rows = tuple(
        (mode, f"{line.case_id}/{line.repeat}", shorten(line.error or line.reason, LONGEST))
        for mode, lines in (*report.examples.items(), ("unscored", report.unscored))
        for line in lines
    )
    return Sheet("Examples", ("failure mode", "trial", "what happened"), rows, ())


def run_page(report: RunReport, style: str) -> str:
    """The whole page. `style` is the style sheet, read by the caller."""
    title = f"Run {report.summary.run.id}"
    sections = [*map(section, run_sheets(report))]
    if report.steps is not None:
        sections.append(curve_drawing(report.steps))
    return document(title, style, f"<main>\n<h1>{text(title)}</h1>\n{chr(10).join(sections)}\n</main>")
