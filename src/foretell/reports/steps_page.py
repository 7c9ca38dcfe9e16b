"""The steps of a run or of traffic as one HTML file. Names of steps come from outside: everything is escaped."""

from html import escape

from foretell.core.analysis.reading import StepReport
from foretell.core.domain.values import printable
from foretell.reports.document import document
from foretell.reports.numbers import share
from foretell.reports.steps import step_sheets
from foretell.reports.svg import curve_svg
from foretell.reports.tables import Sheet


def steps_page(report: StepReport, style: str) -> str:
    """The whole page, with the curve drawn. `style` is the style sheet, read by the caller."""
    found = report.compounding
    label = f"Success of a chain of 1 to {len(found.curve)} steps as good as these: {share(found.predicted)} for these."
    title = f"Steps of {report.source}"
    drawing = f'<section class="sec"><h2>The curve</h2>\n{curve_svg(found.curve, label)}</section>'
    sections = [*map(_section, step_sheets(report)), drawing]
    return document(title, style, f"<main>\n<h1>{_text(title)}</h1>\n{chr(10).join(sections)}\n</main>")


def _section(sheet: Sheet) -> str:
    sides = ["r" if head.startswith(">") else "l" for head in sheet.heads]
    heads = "".join(
        f'<th scope="col" class="{side}">{_text(head.removeprefix(">"))}</th>'
        for head, side in zip(sheet.heads, sides, strict=True)
    )
    rows = "\n".join(
        "<tr>"
        + "".join(
            f'<td class="{side}" data-l="{_text(head.removeprefix(">"))}">{_text(cell)}</td>'
            for cell, side, head in zip(row, sides, sheet.heads, strict=True)
        )
        + "</tr>"
        for row in sheet.rows
    )
    notes = "".join(f"<li>{_text(note)}</li>" for note in sheet.notes)
    table = f'<table class="data">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>'
    return f'<section class="sec"><h2>{_text(sheet.title)}</h2>\n{table}\n<ul class="list">{notes}</ul></section>'


def _text(text: str) -> str:
    return escape(printable(text))
