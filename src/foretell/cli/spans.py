"""Spans of time as options take them."""

import re

from foretell.core.errors import ConfigurationError, Problem

_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}


def days_of(text: str, where: str) -> float:
    """A time such as `12h`, `7d` or `2w` in days.

    Raises:
        ConfigurationError: it is none.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([hdw])", text)
    if match is None or not float(match[1]):
        raise ConfigurationError(Problem(where, f"'{text}' is no time.", "Write it like 12h, 7d or 2w."))
    return float(match[1]) * _DAYS[match[2]]
