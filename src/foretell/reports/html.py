"""Tables as HTML. Everything that came from outside is escaped: traffic is hostile text."""

from collections.abc import Sequence
from html import escape

from foretell.reports.tables import Sheet


def sheets_html(sheets: Sequence[Sheet]) -> str:
    """Some sheets as one fragment without script, for notebooks."""
    return f'<div class="foretell">{"".join(_sheet(sheet) for sheet in sheets)}</div>'


def _sheet(sheet: Sheet) -> str:
    sides = ["right" if head.startswith(">") else "left" for head in sheet.heads]
    heads = "".join(
        f'<th style="text-align:{side}">{escape(head.removeprefix(">"))}</th>'
        for head, side in zip(sheet.heads, sides, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="text-align:{side};white-space:pre">{escape(cell)}</td>'
            for cell, side in zip(row, sides, strict=True)
        )
        + "</tr>"
        for row in sheet.rows
    )
    title = f"<h4>{escape(sheet.title)}</h4>" if sheet.title else ""
    notes = "".join(f"<p>{escape(note)}</p>" for note in sheet.notes)
    return f"{title}<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{notes}"
