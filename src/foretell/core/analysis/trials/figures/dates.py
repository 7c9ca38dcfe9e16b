"""Dates and times of day, in figures and with month names of four languages."""

import re
from collections.abc import Iterable

from foretell.core.analysis.trials.figures.figure import Facts, Figure, either, fact
from foretell.core.analysis.trials.figures.units import MONTH_NAMES, MONTHS, any_of

_MONTH = rf"(?P<month>{any_of(MONTHS)})\b\.?"
_YEAR = r"(?:,?\s+(?:de\s+)?(?P<year>(?:19|20)\d\d)(?!\d))?"
ISO = re.compile(
    r"(?<!\w)(?P<year>(?:19|20)\d\d)-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-2]\d|3[01])"
    r"(?:[T ](?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?(?!\d)"
)
DAY_FIRST = re.compile(
    rf"(?<!\w)(?P<day>[0-3]?\d)(?:st|nd|rd|th|er|º|\.)?\s+(?:of\s+|de\s+)?{_MONTH}{_YEAR}", re.IGNORECASE
)
MONTH_FIRST = re.compile(rf"\b{_MONTH}\s+(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?![\d:]){_YEAR}", re.IGNORECASE)
NUMERIC = re.compile(
    r"(?<![\w./-])(?P<one>\d{1,2})(?P<mark>[./-])(?P<two>\d{1,2})(?P=mark)(?P<year>(?:19|20)\d\d|\d\d)(?![\w/]|[.-]\d)"
)
TIME = re.compile(
    r"(?<![\w.:])(?P<hour>[01]?\d|2[0-3])"
    r"(?:[:h](?P<minute>[0-5]\d)(?::[0-5]\d)?(?:\s?(?P<half>[ap])\.?m\b)?|\s?(?P<half_alone>[ap])\.?m\b|\s(?:o'clock|uhr)\b)(?![:\d])",
    re.IGNORECASE,
)


def read_iso(match: re.Match[str]) -> Figure | None:
    """`2026-10-16`, with the time of a time stamp."""
    figure = _dated(match, [(int(match["year"]), int(match["month"]), int(match["day"]))])
    if figure is None or match["hour"] is None:
        return figure
    clock = _clock(int(match["hour"]), int(match["minute"]))
    return Figure(figure.text, figure.start, figure.end, figure.canonical, figure.gives | clock, figure.needs)


def read_written(match: re.Match[str]) -> Figure | None:
    """`16 October 2026`, `October 16`; the verb "may" is no month."""
    if match["month"] == "may":
        return None
    year = int(match["year"]) if match["year"] else None
    return _dated(match, [(year, MONTHS[match["month"].lower()], int(match["day"]))])


def read_numeric(match: re.Match[str]) -> Figure | None:
    """`16/10/2026`, `16.10.2026`; both readings when day and month could be exchanged."""
    one, two, year = int(match["one"]), int(match["two"]), int(match["year"])
    if year < 100:
        if match["mark"] != "/":
            return None
        year += 2000
    orders = [(year, two, one)] if match["mark"] == "." else [(year, two, one), (year, one, two)]
    return _dated(match, orders)


def read_time(match: re.Match[str]) -> Figure | None:
    """A time of day, to the minute; without am and pm both halves of the day are meant."""
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = (match["half"] or match["half_alone"] or "").lower()
    if half and hour > 12:
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    minutes = 60 * hour + minute
    needs = [fact("time", minutes)]
    if not half and hour <= 12:
        needs.append(fact("time", (minutes + 720) % 1440))
    if not minute:
        needs += [fact("bare", hour), fact("bare", (hour - 1) % 12 + 1)]
    canonical = f"{hour:02}:{minute:02}"
    return Figure(match[0], match.start(), match.end(), canonical, _clock(hour, minute), either(*needs))


def _clock(hour: int, minute: int) -> Facts:
    return frozenset({fact("time", 60 * hour + minute), fact("any", hour), fact("any", (hour - 1) % 12 + 1)})


def _dated(match: re.Match[str], orders: Iterable[tuple[int | None, int, int]]) -> Figure | None:
    """The figure of a date in one or more readings (year or None, month, day)."""
    valid = [(year, month, day) for year, month, day in orders if 1 <= month <= 12 and 1 <= day <= 31]
    if not valid:
        return None
    gives: set[str] = set()
    needs: list[Facts] = []
    for year, month, day in valid:
        gives |= {fact("date", month, day), fact("any", day)}
        if year is None:
            gives.add(fact("yearless", month, day))
            needs.append(frozenset({fact("date", month, day)}))
            continue
        gives |= {fact("date", year, month, day), fact("any", year)}
        needs.append(frozenset({fact("date", year, month, day)}))
        needs += [frozenset({fact("yearless", month, day), fact(kind, year)}) for kind in ("any", "bare")]
    year, month, day = valid[0]
    canonical = f"{day} {MONTH_NAMES[month - 1]}" + (f" {year}" if year else "")
    return Figure(match[0].strip(), match.start(), match.end(), canonical, frozenset(gives), tuple(needs))
