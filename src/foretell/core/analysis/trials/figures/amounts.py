"""Amounts: bare numbers, money, percentages and durations, in digits or in words; telephone and version numbers."""

import re

from foretell.core.analysis.trials.figures.figure import Figure, either, fact
from foretell.core.analysis.trials.figures.numerals import NUMBER, WORDS, read_number, read_words
from foretell.core.analysis.trials.figures.units import CURRENCY_BEFORE, MAGNITUDES, SUFFIXES, UNIT_AFTER, UNITS, any_of

AMOUNT = re.compile(
    rf"(?P<minus>(?<![\w.,)\]%])[-−](?=\S))?(?:(?<!\w)(?P<currency>{CURRENCY_BEFORE})\s?(?P<inner_minus>[-−])?)?"
    rf"(?<!\w)(?<!\d\.)(?P<number>{NUMBER})(?P<magnitude>\s?(?:{any_of(MAGNITUDES)})(?!\w))?(?:{UNIT_AFTER})?",
    re.IGNORECASE,
)
WORDED = re.compile(rf"\b(?P<words>{WORDS})\b(?:{UNIT_AFTER})?", re.IGNORECASE)
ARTICLE = re.compile(rf"\ban?{UNIT_AFTER}", re.IGNORECASE)
PHONE = re.compile(
    r"(?<![\w.+/-])(?:\+\d[\d ()./-]{6,24}\d|\(?0\d{1,4}\)?[ ./-]\d[\d ./-]{3,20}\d"
    r"|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4})(?!\d)"
)
DOTTED = re.compile(r"(?<![\w.])\d{1,5}(?:\.\d{1,5}){2,8}(?!\.?\w)")
IDENTIFIER = re.compile(r"(?<=[^\W\d])-?(?P<number>\d{2,18})(?!\w)")
ALWAYS = re.compile(r"(?<!\d)24\s?/\s?7(?!\d)|\baround the clock\b|\brund um die uhr\b", re.IGNORECASE)

_NAMED_BEFORE = re.compile(r"[^\W\d_][\w-]{0,30}[-_]$")
_LABEL = re.compile(r"\b(?:step|option|schritt|étape|paso|opción)\s$", re.IGNORECASE)
_LINE_START = re.compile(r"(?:^|\n)[\s>#*•-]{0,8}$")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DAY, _WEEK = 86_400, 604_800


def read_amount(match: re.Match[str]) -> Figure | None:
    """A number in digits with what stands around it; None for identifiers, list numbers and citations."""
    suffix = _suffix(match)
    if suffix is None or _is_label(match):
        return None
    sign = -1.0 if match["minus"] or match["inner_minus"] else 1.0
    factor = sign * MAGNITUDES.get((match["magnitude"] or "").strip().lower(), 1.0)
    values = tuple(value * factor for value in read_number(match["number"]))
    if not values:
        return None
    unit = match["currency"] or match["unit"] or ""
    if unit.lower() == "second" and values[0] != 1 and "-" not in match[0]:
        unit = ""
    return _figure(match, values, unit, suffix)


def read_words_amount(match: re.Match[str]) -> Figure | None:
    """Number words with a unit, or without one when nobody but a source speaks."""
    value = read_words(match["words"])
    unit = match["unit"] or ""
    # "two second-hand tents" are no two seconds
    if value is None or (unit.lower() == "second" and value != 1):
        return None
    return _figure(match, (value,), unit, "")


def read_article(match: re.Match[str]) -> Figure | None:
    """`a week` in a source gives one week."""
    return None if match["unit"].lower() == "second" else _figure(match, (1.0,), match["unit"], "")


def read_identifier(match: re.Match[str]) -> Figure | None:
    """The digits of `order_4102` in a source, which an answer may call order 4102."""
    gives = [fact("any", float(match["number"])), *_long_digits(match)]
    return Figure(match[0], match.start(), match.end(), match[0], frozenset(gives), ())


def read_phone(match: re.Match[str]) -> Figure | None:
    """A telephone number; country and trunk prefixes do not matter."""
    digits = re.sub(r"\D", "", match[0])
    if len(digits) < 7:
        return None
    name = fact(f"digits:{digits[-9:]}")
    return Figure(match[0], match.start(), match.end(), f"tel {digits[-9:]}", frozenset({name}), either(name))


def read_dotted(match: re.Match[str]) -> Figure | None:
    """A version or address of dots and digits; thousands with dots are amounts."""
    if re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3})+", match[0]):
        return None
    name = fact(f"dotted:{match[0]}")
    return Figure(match[0], match.start(), match.end(), match[0], frozenset({name}), either(name))


def read_always(match: re.Match[str]) -> Figure | None:
    """`24/7`, one figure and not two numbers."""
    gives = frozenset({"always", fact("any", 24), fact("any", 7)})
    needs = (frozenset({"always"}), frozenset({fact("seconds", _DAY), fact("seconds", _WEEK)}))
    return Figure(match[0], match.start(), match.end(), "24/7", gives, needs)


def _figure(match: re.Match[str], values: tuple[float, ...], unit: str, suffix: str) -> Figure:
    text, start, end = match[0].strip(), match.start(), match.end()
    known = UNITS.get(unit.lower())
    if known is None:
        gives = [fact("bare", value) for value in _both_signs(values)] + _long_digits(match)
        needs = [fact(kind, value) for value in values for kind in ("bare", "any")] + _long_digits(match)
        canonical = f"{values[0]:.10g}" + (" " if suffix else "")
        return Figure(text + suffix, start, end, canonical, frozenset(gives), either(*needs))
    kind = f"money:{known.name}" if known.measure == "money" else known.measure
    own = [fact(kind, value * known.factor) for value in _both_signs(values)]
    needs = own[: len(values)] + [fact("bare", value) for value in values]
    if known.measure == "percent":
        needs += [fact("bare", value / 100) for value in values]
    is_working = re.search(r"(?:working|business)[\s-]|werktag|arbeitstag", text, re.IGNORECASE) is not None
    canonical = f"{values[0]:.10g} {'working ' if is_working else ''}{known.name}"
    gives = own + [fact("any", value) for value in _both_signs(values)]
    return Figure(text, start, end, canonical, frozenset(gives), either(*needs))


def _both_signs(values: tuple[float, ...]) -> tuple[float, ...]:
    """A booking of -50 backs "a refund of 50"; the values themselves come first."""
    return (*values, *(abs(value) for value in values if value < 0))


def _long_digits(match: re.Match[str]) -> list[str]:
    """The fact of a telephone number that is written without spaces."""
    digits = match.groupdict().get("number") or ""
    return [fact(f"digits:{digits[-9:]}")] if digits.isdigit() and len(digits) >= 7 else []


def _suffix(match: re.Match[str]) -> str | None:
    """Letters that hang on the number: empty when there are none, None when they make it an identifier."""
    if match["unit"] or match["magnitude"]:
        return ""
    following = match.string[match.end() : match.end() + 6]
    letters = re.match(r"[^\W\d_]*", following)
    hanging = letters[0] if letters else ""
    if not hanging or _UNSPACED.match(hanging):
        return ""
    is_measure = hanging.lower() in SUFFIXES and not following[len(hanging) : len(hanging) + 1].isalnum()
    return hanging if is_measure else None


def _is_label(match: re.Match[str]) -> bool:
    """Whether the number only labels something: an order number, a list item, a citation, a step."""
    start, end, text = match.start(), match.end(), match.string
    before = text[max(0, start - 40) : start]
    if match["currency"] or match["unit"]:
        return False
    if _NAMED_BEFORE.search(before) or _LABEL.search(before):
        return True
    after = text[end : end + 2]
    if before.endswith("[") and after.startswith("]"):
        return True
    is_item = len(match["number"]) < 3 and re.match(r"[.)](?:\s|$)", after) is not None
    return is_item and _LINE_START.search(before) is not None
