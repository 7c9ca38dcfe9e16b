"""JSON read strictly: what two readers could understand differently is refused instead of guessed."""

import json
import math
import re
from typing import Any, NoReturn, cast

from foretell.core.domain.values import Json

# Only a text that holds one of these can decode to a value that is not plain JSON; all others skip the slow walk.
_SUSPECT = re.compile(r"\\u[dD]|[0-9]{19}|[eE]\+?[0-9]{2}")
_BITS = 63
# Far below what the interpreter can nest, so that what was read can always be written again.
_DEPTH = 100


class NotJson(ValueError):
    """A text is not JSON as we take it. `column` counts from 1, None when the place is not known."""

    def __init__(self, what: str, hint: str = "", column: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.column = column


def parse(text: str) -> Json:
    """The value of one JSON text.

    Refused besides bad syntax: a key that occurs twice, NaN and infinities, whole numbers of more than 64 bits, and
    text that is not valid Unicode (lone surrogates), lists and objects more than 100 deep.

    Raises:
        NotJson: with the column where it is known.
    """
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise NotJson(
            f"is not JSON: {error.msg.removesuffix(' at')} at {_around(text, error.pos)}.", column=error.pos + 1
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except NotJson:
        raise
    except ValueError:
        raise NotJson("holds a number with thousands of digits.", "Write it as text, in quotes.") from None
    if _SUSPECT.search(text) or text.count("[") + text.count("{") > _DEPTH:
        _check(value)
    return value


def show(value: Json, width: int = 48) -> str:
    """A value as an error shows it: its JSON, shortened in the middle."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    half = (width - 1) // 2
    return text if len(text) <= width else f"{text[:half]}…{text[-half:]}"


def _around(text: str, position: int) -> str:
    piece = text[position : position + 16].strip()
    return f"'{piece}'" if piece else "the end"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotJson(f"holds the key '{twice}' twice in one object.", "Keep one of them.")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"holds {name}, which is not JSON.", "Write null for a number that is not known.")


def _too_deep() -> NotJson:
    return NotJson(f"is nested more than {_DEPTH} deep.", "Store the inner part as text.")


# Made once: making a decoder takes as long as reading a short line.
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _check(value: Json) -> None:
    pending: list[tuple[Json, int]] = [(value, 0)]
    while pending:
        item, depth = pending.pop()
        if depth > _DEPTH:
            raise _too_deep()
        if isinstance(item, dict):
            found = cast("dict[str, Json]", item)
            pending.extend((part, depth + 1) for pair in found.items() for part in pair)
        elif isinstance(item, list):
            pending.extend((part, depth + 1) for part in cast("list[Json]", item))
        else:
            _check_plain(item)


def _check_plain(item: str | float | bool | None) -> None:
    if isinstance(item, str):
        _check_text(item)
    elif isinstance(item, float) and not math.isfinite(item):
        raise NotJson("holds a number too large to be one.", "Write it as text, in quotes.")
    elif isinstance(item, int) and item.bit_length() > _BITS:
        raise NotJson(f"holds the number {show(item)}, which needs more than 64 bits.", "Write it as text, in quotes.")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        bad = ascii(text[error.start])[1:-1]
        raise NotJson(f"holds {bad}, half of a character.", "Write the whole character.") from None
