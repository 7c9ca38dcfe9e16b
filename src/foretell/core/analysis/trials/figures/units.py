"""What may stand beside a number: time, currencies, percent, months; in English, German, French and Spanish."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Measure: TypeAlias = Literal["money", "percent", "seconds", "months"]


@dataclass(frozen=True, slots=True)
class Unit:
    """What a unit measures, how many of the measure's own units one is, and its name in one language.

    A working day counts as a day: texts about one delivery use both.
    """

    measure: Measure
    factor: float
    name: str


_DAY = 86_400
_TIMES: dict[Unit, str] = {
    Unit("seconds", 1, "second"): "s sec secs second seconds sekunde sekunden seconde secondes segundo segundos",
    Unit("seconds", 60, "minute"): "min mins minute minutes minuten minuto minutos",
    Unit("seconds", 3_600, "hour"): "h hr hrs hour hours stunde stunden heure heures hora horas",
    Unit("seconds", _DAY, "day"): (
        "day days tag tage tagen werktag werktage werktagen arbeitstag arbeitstage arbeitstagen"
        " jour jours día días dia dias"
    ),
    Unit("seconds", 7 * _DAY, "week"): "week weeks wk wks woche wochen semaine semaines semana semanas",
    Unit("months", 1, "month"): "month months monat monate monaten mois mes meses",
    Unit("months", 12, "year"): "year years yr yrs jahr jahre jahren ans année années año años",
}
_OTHERS: dict[Unit, str] = {
    Unit("percent", 1, "%"): "% percent prozent pourcent pct",
    Unit("money", 1, "usd"): "$ usd us$ dollar dollars dólar dólares",
    Unit("money", 1, "eur"): "€ eur euro euros",
    Unit("money", 1, "gbp"): "£ gbp pound pounds quid pfund libra libras livres",
    Unit("money", 1, "jpy"): "¥ jpy yen",
    Unit("money", 1, "chf"): "chf franken",
    Unit("money", 1, "inr"): "₹ inr rupee rupees",
    Unit("money", 1, "cad"): "cad",
    Unit("money", 1, "aud"): "aud",
    Unit("money", 1, "cny"): "cny rmb yuan",
    Unit("money", 1, "sek"): "sek",
    Unit("money", 1, "nok"): "nok",
    Unit("money", 1, "dkk"): "dkk",
    Unit("money", 1, "pln"): "pln zł",
    Unit("money", 1, "brl"): "brl r$",
}
_PERCENT, _POUND, _DOLLAR = (Unit("percent", 1, "%"), Unit("money", 1, "gbp"), Unit("money", 1, "usd"))
_PHRASES = {
    "per cent": _PERCENT, "pour cent": _PERCENT, "por ciento": _PERCENT,
    "pound sterling": _POUND, "pounds sterling": _POUND, "us dollar": _DOLLAR, "us dollars": _DOLLAR,
}  # fmt: skip
UNITS = {word: unit for unit, words in (_TIMES | _OTHERS).items() for word in words.split()} | _PHRASES

MAGNITUDES = {
    "k": 1e3, "thousand": 1e3, "tausend": 1e3, "mille": 1e3, "mil": 1e3,
    "million": 1e6, "millions": 1e6, "millionen": 1e6, "millones": 1e6, "mio": 1e6, "mn": 1e6,
    "billion": 1e9, "billions": 1e9, "bn": 1e9, "milliarden": 1e9, "milliards": 1e9,
}  # fmt: skip

_MONTH_WORDS = (
    "january jan januar janvier janv enero ene",
    "february feb februar février févr febrero",
    "march mar märz mars marzo",
    "april apr avril avr abril abr",
    "may mai mayo",
    "june jun juni juin junio",
    "july jul juli juillet juil julio",
    "august aug août agosto ago",
    "september sept sep septembre septiembre",
    "october oct oktober okt octobre octubre",
    "november nov novembre noviembre",
    "december dec dezember dez décembre déc diciembre dic",
)
MONTH_NAMES = tuple(words.split()[0] for words in _MONTH_WORDS)
MONTHS = {word: number for number, words in enumerate(_MONTH_WORDS, start=1) for word in words.split()}


# Measures that hang on their number without a space and are not converted: 10GB, 5kg, 16px.
_HANGING = "kb mb gb tb kg g mg km m cm mm ml l cl kwh wh w kw v mah mph kmh hz khz mhz ghz px pt oz lb lbs ft in c f p"
SUFFIXES = frozenset(_HANGING.split())


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


CURRENCY_BEFORE = r"US\$|R\$|[$€£¥₹]|(?:USD|EUR|GBP|JPY|CHF|INR|CAD|AUD|CNY|SEK|NOK|DKK|PLN|BRL)(?=\s?[\d.])"
_NAMED = [word for word in UNITS if word[0].isalpha()]
_SIGNS = [word for word in UNITS if not word[0].isalpha()]
# "30-day" and "30 working days", "25 %" and "5€"; in "£10-£15" the second sign belongs to what follows.
UNIT_AFTER = (
    r"(?:[\s-]{1,2}(?:working|business|calendar|consecutive|full|whole|more|additional|extra|school|trading))?"
    rf"(?P<unit_gap>[\s-]{{0,2}})(?P<unit>(?:{any_of(_NAMED)})(?![^\W\d_])|(?<!-)(?:{any_of(_SIGNS)})(?!\s?[-−]?\d))"
)
