"""Tables and sentences as lines of characters, at the width there is. None is all the width that is needed.

A table that is too wide loses columns that only draw what others say. Then its less important columns go to lines of
their own below each row, then long texts lose their ends. When even that does not do, all but the first column goes
below.
"""

import textwrap
from collections.abc import Iterator, Sequence
from unicodedata import category, east_asian_width

from foretell.core.domain.values import printable
from foretell.reports.numbers import NONE
from foretell.reports.tables import Sheet

GAP = 2
INDENT = 4
SHORTEST = 20
"""No text is cut to fewer characters than this."""


def sheet_lines(sheet: Sheet, width: int | None = None) -> list[str]:
    """A sheet with its title, its heads, its rows and its notes."""
    lines = wrap(sheet.title, width) if sheet.title else []
    if sheet.rows:
        lines += _table(sheet, width)
    return [*lines, *(line for note in sheet.notes for line in wrap(note, width))]


def wrap(text: str, width: int | None) -> list[str]:
    """A sentence in lines no longer than the width. Its own indentation stays, what follows is set in deeper."""
    shown = printable(text)
    if width is None or width_of(shown) <= width:
        return shown.split("\n")
    lines: list[str] = []
    for line in shown.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        lines += textwrap.wrap(
            line, width, subsequent_indent=f"{indent}  ", break_long_words=False, break_on_hyphens=False
        ) or [""]
    return lines


def width_of(text: str) -> int:
    """How many cells of a terminal a text takes.

    >>> width_of("naïve"), width_of("日本")
    (5, 4)
    """
    if text.isascii():
        return len(text)
    return sum(0 if category(mark) in ("Mn", "Me", "Cf") else 1 + (east_asian_width(mark) in "WF") for mark in text)


def shorten(text: str, width: int) -> str:
    """A text on one line, with its end cut off when it is longer than that.

    >>> shorten("how long\\n is delivery", 10)
    'how long …'
    """
    line = " ".join(text.split())
    if width_of(line) <= width:
        return line
    line = line[: 2 * width]  # most marks take a cell: what lies far beyond need not be measured again and again
    while width_of(line) > width - 1:
        line = line[:-1]
    return f"{line}…"


class _Columns:
    """The columns of a sheet that stand side by side, by position, each as wide as its widest cell."""

    def __init__(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.heads = [head.removeprefix(">") for head in heads]
        self.is_right = [head.startswith(">") for head in heads]
        self._whole = [[printable(cell.replace("\n", "\\n")) for cell in row] for row in rows]
        self.rows = [list(row) for row in self._whole]
        self.widths = [
            max(map(width_of, (head, *column)))
            for head, column in zip(self.heads, zip(*self.rows, strict=True), strict=True)
        ]
        self.beside = list(range(len(heads)))
        self.below: list[int] = []

    @property
    def width(self) -> int:
        return sum(self.widths[at] for at in self.beside) + GAP * (len(self.beside) - 1)

    def leave_out(self, head: str, _excess: int) -> None:
        self.beside.remove(self.heads.index(head))

    def put_below(self, head: str, _excess: int) -> None:
        at = self.heads.index(head)
        if at in self.beside:
            self.beside.remove(at)
            self.below = sorted([*self.below, at])
            for row, whole in zip(self.rows, self._whole, strict=True):
                row[at] = whole[at]

    def cut(self, head: str, excess: int) -> None:
        at = self.heads.index(head)
        self.widths[at] = max(self.widths[at] - excess, min(SHORTEST, self.widths[at]))
        for row in self.rows:
            row[at] = shorten(row[at], self.widths[at])

    def line(self, cells: Sequence[str]) -> str:
        placed: list[str] = []
        for at in self.beside:
            space = " " * (self.widths[at] - width_of(cells[at]))
            placed.append(f"{space}{cells[at]}" if self.is_right[at] else f"{cells[at]}{space}")
        return (" " * GAP).join(placed).rstrip()

    def lines_below(self, row: Sequence[str], width: int) -> Iterator[str]:
        """What went below a row, as many to a line as fit: `n 12 · bounds [0.1, 0.2]`."""
        line = ""
        for at in self.below:
            if row[at] in ("", NONE):
                continue
            item = f"{self.heads[at]} {row[at]}".strip()
            if line and INDENT + width_of(f"{line} · {item}") > width:
                yield from wrap(f"{' ' * INDENT}{line}", width)
                line = item
            else:
                line = f"{line} · {item}" if line else item
        if line:
            yield from wrap(f"{' ' * INDENT}{line}", width)


def _table(sheet: Sheet, width: int | None) -> Iterator[str]:
    columns = _Columns(sheet.heads, sheet.rows)
    room = columns.width if width is None else width
    _narrow(columns, sheet, room)
    yield columns.line(columns.heads)
    for row in columns.rows:
        yield columns.line(row)
        yield from columns.lines_below(row, room)


def _narrow(columns: _Columns, sheet: Sheet, room: int) -> None:
    steps = [
        *((columns.leave_out, head) for head in sheet.drawn),
        *((columns.put_below, head) for head in sheet.minor),
        *((columns.cut, head) for head in sheet.long),
        *((columns.put_below, head) for head in columns.heads[1:]),
    ]
    for step, head in steps:
        if (excess := columns.width - room) <= 0:
            return
        step(head, excess)
