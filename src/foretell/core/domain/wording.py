"""Shares in words: one way to write them in tables, in reasons, and in errors."""


def percent(value: float, *, signed: bool = False, digits: int = 1) -> str:
    """A share as a percentage.

    >>> percent(0.825), percent(-0.053, signed=True), percent(0.95, digits=0)
    ('82.5 %', '−5.3 %', '95 %')
    """
    text = f"{value * 100:{'+' if signed else ''}.{digits}f}"
    if float(text) == 0:  # +0.0 and −0.0 are no change
        text = text.lstrip("+-")
    return f"{text.replace('-', '−')} %"
