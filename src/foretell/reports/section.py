"""A sheet as a section of a page. Everything in it may come from outside: all is escaped."""

from html import escape

from foretell.core.domain.values import printable
from foretell.reports.tables import Sheet


def section(sheet: Sheet) -> str:
    """The section: its title, the table, the notes."""
    sides = [' class="r"' if head.startswith(">") else "" for head in sheet.heads]
    heads = "".join(
        f'<th scope="col"{side}>{text(head.removeprefix(">"))}</th>'
        for head, side in zip(sheet.heads, sides, strict=True)
    )
    rows = "\n".join(
        "<tr>"
        + "".join(
            f'<td{side} data-l="{text(head.removeprefix(">"))}">{text(cell)}</td>'
            for cell, side, head in zip(row, sides, sheet.heads, strict=True)
        )
        + "</tr>"
        for row in sheet.rows
    )
    notes = "".join(f"<li>{text(note)}</li>" for note in sheet.notes)
    table = f'<table class="data">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>'
    return f'<section class="sec"><h2>{text(sheet.title)}</h2>\n{table}\n<ul class="list">{notes}</ul></section>'


def text(given: str) -> str:
    """Text from anywhere as text of the page."""
    return escape(printable(given))
