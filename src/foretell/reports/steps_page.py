"""The steps of a run or of traffic as one HTML file. Names of steps come from outside: everything is escaped."""

from foretell.core.analysis.runs.reading import StepReport
from foretell.reports.document import document
from foretell.reports.numbers import share
from foretell.reports.section import section, text
from foretell.reports.steps import step_sheets
from foretell.reports.svg import curve_svg


def steps_page(report: StepReport, style: str) -> str:
    """The whole page, with the curve drawn. `style` is the style sheet, read by the caller."""
    title = f"Steps of {report.source}"
    sections = [*map(section, step_sheets(report)), curve_drawing(report)]
    return document(title, style, f"<main>\n<h1>{text(title)}</h1>\n{chr(10).join(sections)}\n</main>")


def curve_drawing(report: StepReport) -> str:
    """The section in which the curve is drawn."""
    found = report.compounding
    label = f"Success of a chain of 1 to {len(found.curve)} steps as good as these: {share(found.predicted)} for these."
    return f'<section class="sec"><h2>The curve</h2>\n{curve_svg(found.curve, label)}</section>'
