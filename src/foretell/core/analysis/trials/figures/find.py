"""Finding the figures of a text, and those that nothing backs.

Two figures mean the same however they are written: thirty days and 30 days, 1,000 and 1000, $5 and 5 USD, 24 hours and
1 day, 14:00 and 2 pm, 2026-10-16 and 16 October 2026. Where writing leaves doubt a figure counts as backed: a bare
number backs the same number with any unit.
"""

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from foretell.core.analysis.trials.figures import amounts, dates
from foretell.core.analysis.trials.figures.figure import Facts, Figure

_Reader: TypeAlias = Callable[[re.Match[str]], Figure | None]

# Addresses hold digits that are nobody's claim.
_ADDRESS = re.compile(r"https?://\S{1,2000}|www\.\S{1,500}|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,6}")
# The first that reads a piece of text takes it: what is special comes before bare numbers.
_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (amounts.ALWAYS, amounts.read_always),
    (dates.ISO, dates.read_iso),
    (dates.DAY_FIRST, dates.read_written),
    (dates.MONTH_FIRST, dates.read_written),
    (dates.NUMERIC, dates.read_numeric),
    (dates.TIME, dates.read_time),
    (amounts.PHONE, amounts.read_phone),
    (amounts.DOTTED, amounts.read_dotted),
    (amounts.AMOUNT, amounts.read_amount),
    (amounts.WORDED, amounts.read_words_amount),
)
_OF_SOURCES: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (amounts.ARTICLE, amounts.read_article),
    (amounts.IDENTIFIER, amounts.read_identifier),
)


def find_figures(text: str, is_source: bool = False) -> tuple[Figure, ...]:
    """The figures of a text, in order.

    In an answer, number words count only before a unit ("no one" claims nothing); in a source all of them count, and
    "a week" gives one week.
    """
    found: list[Figure] = []
    rest = _ADDRESS.sub(lambda match: " " * len(match[0]), text)
    for pattern, reader in _READERS + (_OF_SOURCES if is_source else ()):
        taken: list[Figure] = []
        for match in pattern.finditer(rest):
            figure = reader(match)
            if figure is not None and (is_source or reader is not amounts.read_words_amount or match["unit"]):
                taken.append(figure)
        rest = _blank(rest, taken)
        found += taken
    return tuple(sorted(found, key=lambda figure: figure.start))


def unbacked(answer: str, sources: Iterable[str]) -> tuple[Figure, ...]:
    """The figures of an answer that no source states, in order.

    >>> [figure.text for figure in unbacked("Within thirty days, for £5.", ["Returns: 30 days. Fee: 4 GBP."])]
    ['£5']
    """
    given = facts_of(sources)
    return tuple(figure for figure in find_figures(answer) if not figure.is_backed_by(given))


def facts_of(sources: Iterable[str]) -> Facts:
    """All the facts that the figures of some texts give."""
    figures = (figure for text in sources for figure in find_figures(text, is_source=True))
    return frozenset(name for figure in figures for name in figure.gives)


def rewrite(text: str) -> str:
    """The text with each figure in its canonical writing, so that equal figures are equal words.

    >>> rewrite("Twenty-five percent within 30 working days, on October 16th at 2 pm")
    '25 % within 30 working day, on 16 october at 14:00'
    """
    pieces: list[str] = []
    position = 0
    for figure in find_figures(text, is_source=True):
        pieces += [text[position : figure.start], figure.canonical]
        position = figure.end
    return "".join([*pieces, text[position:]])


def _blank(text: str, taken: list[Figure]) -> str:
    """The text with what was read replaced by spaces, so that positions stay."""
    pieces: list[str] = []
    position = 0
    for figure in taken:
        pieces += [text[position : figure.start], " " * (figure.end - figure.start)]
        position = figure.end
    return "".join([*pieces, text[position:]])
