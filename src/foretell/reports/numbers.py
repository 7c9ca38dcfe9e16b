"""How numbers are written: the value loud, its interval and n always with it."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from math import isfinite
from typing import Any, cast

from foretell.core.domain import wording
from foretell.core.domain.estimates import Estimate
from foretell.core.domain.values import Json

SIGNS: Mapping[str, str] = {"USD": "$", "EUR": "€", "GBP": "£"}
NONE = "–"


def percent(value: float | None, *, signed: bool = False) -> str:
    """A share as a percentage with one decimal.

    >>> percent(0.825), percent(-0.053, signed=True), percent(None)
    ('82.5 %', '−5.3 %', '–')
    """
    return NONE if value is None else wording.percent(value, signed=signed)


def share(estimate: Estimate, *, signed: bool = False) -> str:
    """A share with its interval and n; why there is none says the method.

    >>> share(Estimate(0.825, 0.79, 0.855, 818, "case", "Wilson score"))
    '82.5 % [79.0, 85.5] n = 818'
    """
    if estimate.value is None:
        return NONE
    text = percent(estimate.value, signed=signed)
    return f"{text} {interval(estimate, scale=100, signed=signed)} n = {estimate.n}"


def interval(estimate: Estimate, *, scale: float = 1, digits: int = 1, signed: bool = False) -> str:
    """The limits alone; an unbounded end is ∞."""
    if estimate.low is None and estimate.high is None:
        return "[no interval]"
    low, high = (_end(end, scale, digits, signed=signed) for end in (estimate.low, estimate.high))
    return f"[{low}, {high}]"


def _end(value: float | None, scale: float, digits: int, *, signed: bool) -> str:
    if value is None or not isfinite(value):
        return "∞"
    return f"{value * scale:{'+' if signed else ''}.{digits}f}".replace("-", "−")


def money(value: float | None, currency: str = "USD") -> str:
    """An amount with the digits that it needs.

    >>> money(0.016461), money(1009.4), money(None), money(0.5, "CHF")
    ('$0.01646', '$1,009', '–', '0.500 CHF')
    """
    if value is None:
        return NONE
    size = abs(value)
    digits = 0 if size >= 100 else 2 if size >= 1 else 3 if size >= 0.1 else 5 if size >= 0.001 else 6
    amount = f"{value:,.{digits}f}" if size else "0"
    sign = SIGNS.get(currency)
    return f"{sign}{amount}" if sign else f"{amount} {currency}"


def amount(estimate: Estimate, currency: str = "USD") -> str:
    """An amount of money with its interval and n; without a success it is unbounded.

    >>> amount(Estimate(None, 0.04, None, 12, "case", "BCa"))
    '∞ [$0.04000, ∞] n = 12'
    """
    if estimate.value is None and estimate.low is None:
        return NONE
    value, high = ("∞" if end is None else money(end, currency) for end in (estimate.value, estimate.high))
    return f"{value} [{money(estimate.low, currency)}, {high}] n = {estimate.n}"


def money_range(estimate: Estimate, currency: str = "USD") -> str:
    """An amount of money with its interval alone.

    >>> money_range(Estimate(4.0, 1.0, 9.0, 12, "case", "Wilson score"))
    '$4.00 [$1.00, $9.00]'
    """
    low, high = money(estimate.low, currency), money(estimate.high, currency)
    return f"{money(estimate.value, currency)} [{low}, {high}]"


def duration(ms: float | None) -> str:
    """A time in the unit that reads best."""
    if ms is None:
        return NONE
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "case"), counted(12, "case")
    ('1 case', '12 cases')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def as_json(value: Any) -> Json:
    """A value of ours as JSON: dataclasses as objects, unbounded and unknown numbers as null, arrays as lists."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, str | int | bool) or value is None:
        return value
    if is_dataclass(value):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(part) for key, part in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, Sequence):
        return [as_json(part) for part in cast("Sequence[Any]", value)]
    return as_json(value.tolist()) if hasattr(value, "tolist") else str(value)
