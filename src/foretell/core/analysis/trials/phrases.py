"""Words in text: whether a phrase occurs, the sentences, and short quotations for reasons."""

import re
import unicodedata

from foretell.core.analysis.trials.figures.find import find_figures, rewrite
from foretell.core.domain.values import Json, text_of

# Typography that no reader would call a difference. Emphasis marks go, so that "**30** days" holds "30 days".
_TYPOGRAPHY = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "…": "...", "*": "", "`": "", "\u200b": "", "\ufeff": "",
})  # fmt: skip
_RANGE = re.compile(r"(?<![\w.,/-])(\d[\d.,]{0,12})\s?(?:-|to|bis|à)\s?(\d[\d.,]{0,12})(?![\d/-])", re.IGNORECASE)
_ENDINGS = ("s", "es", "e", "n", "en", "er", "ed", "d", "'s")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"')\]]{0,3}\s+(?=[^a-z\s])|(?<=[。！？])")
_MARKUP = re.compile(r"^[\s>#*•–+-]*(?:\d{1,3}[.)]\s+)?")


def fold(text: str, ignore_case: bool = True) -> str:
    """The text with white space, quotes, dashes, emphasis and (unless asked otherwise) case evened out.

    >>> fold("Within **30**\\n days — “really”")
    'within 30 days - "really"'
    """
    if text.isascii():  # most texts of models; a third of the time
        plain = " ".join(text.replace("*", "").replace("`", "").split())
        return plain.lower() if ignore_case else plain
    plain = " ".join(unicodedata.normalize("NFC", text).translate(_TYPOGRAPHY).split())
    return unicodedata.normalize("NFC", plain.casefold()) if ignore_case else plain


def occurs(phrase: str, text: str, ignore_case: bool = True) -> bool:
    """Whether a phrase stands in a text as whole words and whole numbers, in any writing of its figures.

    A phrase does not begin or end inside a word or number (30 is not in 130, nor "packed" in "unpacked"), but its last
    word may take a short ending: "gift card" is in "gift cards". An empty phrase occurs nowhere.

    >>> occurs("30 days", "You have thirty days."), occurs("30", "130 days"), occurs("£8.50", "8.50 GBP")
    (True, False, True)
    """
    wanted, given = fold(phrase, ignore_case), fold(text, ignore_case)
    if not wanted:
        return False
    if _stands_in(wanted, given):
        return True
    figures = find_figures(phrase, is_source=True)
    if not figures or re.fullmatch(r"[\w.,]+", wanted):
        return False  # a bare number has but one meaning worth searching: "no one" does not say 1
    return _stands_in(_in_figures(phrase, ignore_case), _in_figures(text, ignore_case))


def _in_figures(text: str, ignore_case: bool) -> str:
    return _RANGE.sub(r"\1-\2", fold(rewrite(text), ignore_case))


def _stands_in(phrase: str, text: str) -> bool:
    start = text.find(phrase)
    while start >= 0:
        if _is_whole(phrase, text, start):
            return True
        start = text.find(phrase, start + 1)
    return False


def _is_whole(phrase: str, text: str, start: int) -> bool:
    """Whether the phrase at `start` is not a part of a longer word or number."""
    end = start + len(phrase)
    if start and _is_one_word(text[start - 1], text[start]):
        return False
    if text[start].isdigit() and _runs_into_number(text[max(0, start - 2) : start]):
        return False
    if end == len(text):
        return True
    if text[end - 1].isdigit() and text[end] in ".," and text[end + 1 : end + 2].isdigit():
        return False
    return not _is_one_word(text[end - 1], text[end]) or _is_ending(phrase, text, end)


def _runs_into_number(before: str) -> bool:
    """Whether a digit after these two characters continues a number, or has a minus sign."""
    is_decimal = before[-1:] in (".", ",") and before[:1].isdigit() and len(before) == 2
    is_negative = before[-1:] == "-" and (len(before) == 1 or before[0] in " (")
    return is_decimal or is_negative


def _is_one_word(left: str, right: str) -> bool:
    """Whether two neighbours belong to one word; a unit may hang on its number, and some scripts have no spaces."""
    if not (left.isalnum() and right.isalnum()) or (left.isdigit() and right.isalpha()):
        return False
    return not (_UNSPACED.match(left) or _UNSPACED.match(right))


def _is_ending(phrase: str, text: str, end: int) -> bool:
    """Whether what follows is an ending of the phrase's last word, if that is long enough to have one."""
    last = re.search(r"[^\W\d_]*$", phrase)
    letters = len(last[0]) if last else 0
    following = re.match(r"[^\W_]*", text[end : end + 4])
    ending = following[0] if following else ""
    return ending in _ENDINGS if letters > 3 else letters == 3 and ending == "s"


def split_sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, without list marks; lines end sentences.

    >>> split_sentences("It takes 3.5 days. Mostly.\\n- No more")
    ('It takes 3.5 days.', 'Mostly.', 'No more')
    """
    lines = (_MARKUP.sub("", line) for line in text.splitlines())
    parts = (part.strip() for line in lines for part in _SENTENCE_END.split(line))
    return tuple(part for part in parts if any(character.isalnum() for character in part))


def expected_texts(expected: Json) -> tuple[str, ...]:
    """The texts of a gold answer: itself, its items, or its `facts`; none when an object has no facts.

    >>> expected_texts({"facts": ["45 days"], "documents": ["returns"]})
    ('45 days',)
    """
    if hasattr(expected, "keys"):
        expected = expected.get("facts")
    if isinstance(expected, str):
        return (expected,) if expected.strip() else ()
    if expected is None:
        return ()
    items = expected if hasattr(expected, "__iter__") else (expected,)
    return tuple(text for text in map(text_of, items) if text.strip())


def quote(text: str, limit: int = 80) -> str:
    """The text on one line in quotation marks, shortened in the middle when it is longer than `limit` characters."""
    line = " ".join(text.split())
    if len(line) > limit:
        line = f"{line[: limit // 2].rstrip()} … {line[-(limit // 2) :].lstrip()}"
    return f"“{line}”"
