"""Numbers as people write them: thousands separators, decimal commas, exponents, number words."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

# No-break and thin spaces part thousands; a plain space does not, or a list of numbers would become one.
_GROUPED = r"\d{1,3}(?:(?:,\d{3})+(?:\.\d+)?|(?:\.\d{3})+(?:,\d+)?|(?:['’\u00a0\u2009\u202f]\d{3})+(?:[.,]\d+)?)(?!\d)"
_INDIAN = r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?(?!\d)"
_PLAIN = r"(?:(?<!\d,)\d+,\d+(?![,\d])|\d+(?:\.\d+(?!\.\d))?|\.\d+)"  # "1,2,3" is a list, "1,2" a decimal
_EXPONENT = r"(?:[eE][+-]?\d{1,3}(?!\w)|\s?[x×]\s?10\^?[+-]?\d{1,3}(?!\w))?"
NUMBER = rf"(?:{_GROUPED}|{_INDIAN}|{_PLAIN}){_EXPONENT}"

_SIGNED = re.compile(rf"(?P<sign>(?<![\w.,)\]%])[-−+][$€£¥]?)?(?<!\w)(?<!\d\.)(?P<number>{NUMBER})(?P<percent>\s?%)?")
_POWER = re.compile(r"\s?[x×]\s?10\^?")

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ENGLISH = {word: value for value, word in enumerate(_SMALL.split())} | {
    word: 10 * tens for tens, word in enumerate(_TENS.split(), start=2)
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
# The ones that answers use before a unit; compounds in these languages are left to the reader.
_OTHERS = {
    # German
    "ein": 1, "eine": 1, "einen": 1, "einem": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7,
    "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12, "vierzehn": 14, "fünfzehn": 15, "zwanzig": 20,
    "dreißig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "siebzig": 70, "achtzig": 80, "neunzig": 90,
    "hundert": 100,
    # French
    "un": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9, "dix": 10, "onze": 11,
    "douze": 12, "quatorze": 14, "quinze": 15, "vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50,
    "soixante": 60, "cent": 100,
    # Spanish; "seis" and the rest of the even tens
    "uno": 1, "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9,
    "diez": 10, "once": 11, "doce": 12, "catorce": 14, "quince": 15, "veinte": 20, "treinta": 30, "cuarenta": 40,
    "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80, "noventa": 90, "cien": 100,
}  # fmt: skip
_ALONE = "|".join(sorted((*_ENGLISH, *_SCALES, *_OTHERS), key=len, reverse=True))
WORDS = rf"(?:{_ALONE})(?:(?:\s|-|\sand\s)(?:{'|'.join((*_ENGLISH, *_SCALES))}))*"
"""A run of number words, to be matched without case."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: its readings (`1.234` has two, a decimal here and a thousand there), and how it stood."""

    readings: tuple[float, ...]
    text: str
    is_percent: bool = False


def read_number(text: str) -> tuple[float, ...]:
    """The readings of a number without sign, the likelier first; empty when it is too large for a float.

    >>> read_number("1,234.5"), read_number("8,50"), read_number("2.500"), read_number("3 × 10^8")
    ((1234.5,), (8.5,), (2500.0, 2.5), (300000000.0,))
    """
    mantissa, exponent = _split_exponent(text)
    digits = re.sub(r"['’\u00a0\u2009\u202f]", "", mantissa)
    found = tuple(float(f"{reading}e{exponent}") for reading in _readings(digits))
    return tuple(value for value in found if math.isfinite(value))


def _split_exponent(text: str) -> tuple[str, str]:
    parts = _POWER.split(text, maxsplit=1) if _POWER.search(text) else re.split("[eE]", text, maxsplit=1)
    return parts[0], parts[1] if len(parts) > 1 else "0"


def _readings(digits: str) -> tuple[str, ...]:
    """Plain decimal texts of what the digits with `.` and `,` may mean."""
    if "." in digits and "," in digits:
        decimal = max(digits.rfind("."), digits.rfind(","))
        return (re.sub("[.,]", "", digits[:decimal]) + "." + digits[decimal + 1 :],)
    whole = re.sub("[.,]", "", digits)
    is_grouped = re.fullmatch(r"[1-9]\d{0,2}(?:[.,]\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3}", digits) is not None
    if not is_grouped:
        return (digits.replace(",", "."),)
    if "," in digits or digits.count(".") > 1 or digits.endswith(".000"):
        return (whole,)
    return (whole, digits)


def read_words(text: str) -> float | None:
    """The value of number words; None when they make no number.

    >>> read_words("two hundred and fifty-five"), read_words("dreißig"), read_words("and")
    (255.0, 30.0, None)
    """
    words = re.split(r"[\s-]+", text.lower().strip())
    if len(words) == 1 and words[0] in _OTHERS:
        return float(_OTHERS[words[0]])
    total = current = 0
    for word in words:
        if word in _ENGLISH:
            current += _ENGLISH[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in _SCALES:
            total, current = total + max(current, 1) * _SCALES[word], 0
        elif word != "and":
            return None
    return float(total + current) if set(words) - {"and"} else None


def find_numbers(text: str) -> Iterator[Number]:
    """Every number in a text that stands on its own, with its sign, in order.

    >>> [number.readings for number in find_numbers("from -4.5% to 1,000 (see A4)")]
    [(-4.5,), (1000.0,)]
    """
    for match in _SIGNED.finditer(text):
        sign = -1.0 if (match["sign"] or "").startswith(("-", "−")) else 1.0
        readings = tuple(sign * value for value in read_number(match["number"]))
        if readings:
            yield Number(readings, match[0].strip(), match["percent"] is not None)
