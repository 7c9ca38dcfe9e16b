"""The questions next door: a question said otherwise by a rule, with the same meaning and the same answer.

Each rule takes a text and a source of chance, and gives the text said otherwise, or None where it has nothing to say
otherwise.
"""

import re
from collections.abc import Callable, Mapping
from random import Random
from typing import Final, TypeAlias

Rule: TypeAlias = Callable[[str, Random], str | None]

_PROTECTED = re.compile(r"<[a-z_]+:[a-p]{10}>|\S*[\d@/<>{}_]\S*")
_UNITS: Final[Mapping[str, str]] = {
    "km": "kilometres", "kg": "kilograms", "g": "grams", "cm": "centimetres", "mm": "millimetres", "m": "metres",
    "h": "hours", "min": "minutes", "l": "litres", "lb": "pounds", "lbs": "pounds", "ft": "feet", "mi": "miles",
    "%": "percent",
}  # fmt: skip
_LOCALE: Final[Mapping[str, str]] = {
    "color": "colour", "colors": "colours", "favorite": "favourite", "center": "centre", "canceled": "cancelled",
    "canceling": "cancelling", "traveling": "travelling", "gray": "grey", "check": "cheque", "program": "programme",
    "apartment": "flat", "vacation": "holiday", "cell phone": "mobile phone", "zip code": "postcode",
    "elevator": "lift", "gas station": "petrol station", "shipping": "delivery", "organize": "organise",
    "catalog": "catalogue", "jewelry": "jewellery", "liter": "litre", "meter": "metre",
}  # fmt: skip
_OPENINGS = ("Hi, ", "Hello! ", "Sorry to bother you, ", "Good morning, ")
_CLOSINGS = (" Please.", " Thanks!", " Thank you in advance.", " Many thanks.")


def mistype(text: str, random: Random) -> str | None:
    """Two neighbouring letters of one longer word swapped, as fingers do."""
    words = [match for match in re.finditer(r"[^\W\d_]{4,}", text) if not _is_protected(text, match)]
    places = [
        (match, at)
        for match in words
        for at in range(1, len(match[0]) - 2)
        if match[0][at] != match[0][at + 1] and match[0][at : at + 2].islower()
    ]
    if not places:
        return None
    match, at = random.choice(places)
    start = match.start() + at
    return f"{text[:start]}{text[start + 1]}{text[start]}{text[start + 2 :]}"


def recase(text: str, random: Random) -> str | None:
    """All in lower case, or all in capitals; what is no plain word stays as it is."""
    change = random.choice((str.lower, str.lower, str.upper))

    def changed(match: re.Match[str]) -> str:
        return match[0] if _PROTECTED.fullmatch(match[0]) else change(match[0])

    return _changed(text, re.sub(r"\S+", changed, text))


def repunctuate(text: str, random: Random) -> str | None:
    """Without its closing signs and commas, or with more of them."""
    bare = re.sub(r"(?<=\w),(?=\s)", "", text.rstrip(" .!?"))
    return (
        _changed(text, bare) if bare != text and random.random() < 0.5 else _changed(text, f"{text.rstrip(' .!?')}??")
    )


def be_polite(text: str, random: Random) -> str | None:
    """With a greeting before it or thanks after it."""
    if random.random() < 0.5:
        return random.choice(_OPENINGS) + text
    return text.rstrip() + random.choice(_CLOSINGS)


def reorder(text: str, random: Random) -> str | None:
    """Its two sentences in the other order, or what follows "if", "when" or "because" first."""
    sentences = re.findall(r"[^.!?]+[.!?]+(?=\s|$)", text)
    if len(sentences) == 2 and "".join(sentences) == text:
        return f"{sentences[1].strip()} {sentences[0].strip()}"
    match = re.fullmatch(r"([^,.;!?]{8,}) (if|when|because) ([^,.;!?]{6,})([.!?]*)", text)
    if match is None:
        return None
    return f"{match[2].capitalize()} {match[3]}, {match[1][0].lower()}{match[1][1:]}{match[4]}"


def respell_units(text: str, random: Random) -> str | None:
    """Units after numbers written out, or the other way round: 5 km, 5 kilometres. The amounts stay."""
    del random

    def written_out(match: re.Match[str]) -> str:
        return f"{match[1]} {_UNITS[match[2]]}"

    short = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
    found = re.sub(rf"(\d) ?({short})(?![\w%])", written_out, text)
    if found != text:
        return found
    long = {name: sign for sign, name in reversed(_UNITS.items())}
    names = "|".join(long)
    return _changed(text, re.sub(rf"(\d) ({names})\b", lambda match: f"{match[1]} {long[match[2]]}", text))


def relocate(text: str, random: Random) -> str | None:
    """American words as the British write them, or the other way round."""
    del random
    british = {name: other for other, name in _LOCALE.items()}
    for table in (_LOCALE, british):
        pattern = rf"\b({'|'.join(sorted(table, key=len, reverse=True))})\b"
        found = re.sub(pattern, lambda match, table=table: table[match[1]], text)
        if found != text:
            return found
    return None


RULES: Final[Mapping[str, Rule]] = {
    "typo": mistype,
    "case": recase,
    "punctuation": repunctuate,
    "polite": be_polite,
    "order": reorder,
    "units": respell_units,
    "locale": relocate,
}


def _changed(before: str, after: str) -> str | None:
    return None if after == before or not after.strip() else after


def _is_protected(text: str, match: re.Match[str]) -> bool:
    """Whether a word is part of something that is no plain word: an address, a placeholder, a pseudonym."""
    return any(found.start() <= match.start() < found.end() for found in _PROTECTED.finditer(text))
