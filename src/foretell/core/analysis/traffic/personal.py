"""Personal data replaced by consistent pseudonyms before anything is kept: in texts, in JSON, under telling names.

What patterns and field names can tell is always covered. Names of people are found by a model when there is one
(`foretell.core.ports.names`); without it they are **not** covered, and whoever keeps the text says so.
"""

import hashlib
import hmac
import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from foretell.core.analysis.traffic.check_digits import passes_luhn
from foretell.core.analysis.traffic.recognise import Rule, find_personal, is_pseudonym, kind_of_field, settle
from foretell.core.domain.personal import Found
from foretell.core.domain.values import Json
from foretell.core.ports.names import Names

_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_CARD = range(10**14, 10**16)
REMEMBERED = 4096
"""Texts whose replacement is remembered: retrieved documents and prompts come again and again."""
SHORT = 64
"""Characters up to which a text that holds nothing personal is remembered as it is: names of fields, of models."""


@dataclass(frozen=True, slots=True)
class Anonymiser:
    """Replaces personal data by `<kind:letters>`, the same for the same text under the same key.

    The key must be secret and kept as long as pseudonyms are to agree; without it nobody can confirm a guess. `own` are
    a project's patterns; texts in `allow` (lower case) are left as they are; `names` finds names of people.
    """

    key: bytes
    own: tuple[Rule, ...] = ()
    allow: frozenset[str] = frozenset()
    names: Names | None = None
    _remembered: OrderedDict[bytes, str] = field(default_factory=OrderedDict[bytes, str], repr=False, compare=False)
    _plain: OrderedDict[str, None] = field(default_factory=OrderedDict[str, None], repr=False, compare=False)

    @property
    def names_covered(self) -> str:
        """Whether names of people are replaced, in the words that are kept beside the text."""
        return "not covered" if self.names is None else f"covered by {self.names.identity}"

    def pseudonym(self, kind: str, text: str) -> str:
        """The replacement of one piece: spaces, hyphens and case do not matter. It holds no digit to be found again."""
        plain = re.sub(r"[\s-]", "", text).lower()
        return f"<{kind}:{self.identity(kind, plain)[:10].translate(_LETTERS)}>"

    def identity(self, *parts: str) -> str:
        """A keyed hash of some texts, 20 hex characters: equal for equal parts, and telling nothing of them."""
        joined = "\x1f".join(parts).encode(errors="surrogatepass")
        return hmac.digest(self.key, joined, "sha256").hex()[:20]

    def text(self, text: str) -> str:
        """The text with every piece of personal data replaced that can be told."""
        if len(text) < 3 or self._is_plain(text):
            return text
        mark = self._mark(text)
        if (known := self._remembered.get(mark)) is not None:
            return known
        return self._remember(mark, text, [] if self.names is None else self.names.find([text])[0])

    def prepare(self, texts: Iterable[str]) -> None:
        """Ask the names model about many texts at once, so that `text` finds them answered: models like batches.

        Those beyond what is remembered are left for later.
        """
        if self.names is None:
            return
        unknown = (text for text in texts if not self._is_plain(text))
        new = {mark: text for text in unknown if (mark := self._mark(text)) not in self._remembered}
        asked = dict(islice(new.items(), REMEMBERED))
        for (mark, text), named in zip(asked.items(), self.names.find(list(asked.values())), strict=True):
            self._remember(mark, text, named)

    def value(self, value: Json) -> Json:
        """A JSON value with all its texts, keys too, made anonymous; a whole number that is a card's is one of them."""
        plain: Any = value
        if isinstance(plain, str):
            return self.text(plain)
        if hasattr(plain, "items"):
            return {self.text(str(key)): self.field(str(key), part) for key, part in plain.items()}
        if hasattr(plain, "append"):
            return [self.value(part) for part in plain]
        return self.pseudonym("card", str(plain)) if _is_card(plain) else plain

    def remains(self, value: Json) -> Iterator[str]:
        """The kinds of personal data that are still in a value: none, where what is kept was made anonymous."""
        plain: Any = value
        if isinstance(plain, str):
            named = [] if self.names is None else self.names.find([plain])[0]
            yield from (one.kind for one in self._pieces(plain, named))
        elif hasattr(plain, "items"):
            for key, part in plain.items():
                yield from self.remains(str(key))
                yield from ([kind_of_field(str(key)) or ""] if self._telling(str(key), part) else self.remains(part))
        elif hasattr(plain, "append"):
            yield from chain.from_iterable(self.remains(part) for part in plain)
        elif _is_card(plain):
            yield "card"

    def field(self, name: str, value: Json) -> Json:
        """The value of a field of that name: all of it is replaced where the name tells what it holds."""
        kind = self._telling(name, value)
        return self.value(value) if kind is None else self.pseudonym(kind, str(value))

    def _telling(self, name: str, value: Json) -> str | None:
        """The kind of a field whose name says that all of its value is personal; None leaves it to the patterns."""
        kind = kind_of_field(name)
        if kind is None:
            return None
        is_number = isinstance(value, int) and not isinstance(value, bool) and kind not in ("secret", "name")
        if not (is_number or isinstance(value, str)):
            return None
        text = str(value)
        return None if not text or text.lower() in self.allow or is_pseudonym(text) else kind

    def _mark(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode(errors="surrogatepass"), key=self.key[:64], digest_size=16).digest()

    def _is_plain(self, text: str) -> bool:
        return len(text) <= SHORT and text in self._plain

    def _remember(self, mark: bytes, text: str, named: Sequence[Found]) -> str:
        covered = self._covered_json(text) or self._covered_text(text, named)
        if covered == text and len(text) <= SHORT:
            self._plain[text] = None
        else:
            self._remembered[mark] = covered
        for known in (self._plain, self._remembered):
            while len(known) > REMEMBERED:
                known.popitem(last=False)
        return covered

    def _covered_json(self, text: str) -> str | None:
        """A text that is a JSON object or list, covered as one, for its field names tell; None when it is not."""
        if text[0] not in "{[":
            return None
        try:
            read = json.loads(text)
            covered = self.value(read)
            return text if covered == read else json.dumps(covered, ensure_ascii=False)
        except (ValueError, RecursionError):
            return None

    def _covered_text(self, text: str, named: Sequence[Found]) -> str:
        parts, at = list[str](), 0
        for one in self._pieces(text, named):
            parts += text[at : one.start], self.pseudonym(one.kind, text[one.start : one.end])
            at = one.end
        return "".join((*parts, text[at:]))

    def _pieces(self, text: str, named: Sequence[Found]) -> list[Found]:
        found = find_personal(text, self.own)
        if named:
            found = settle(text, (*found, *named))
        return [one for one in found if text[one.start : one.end].lower() not in self.allow]


def _is_card(value: object) -> bool:
    return type(value) is int and value in _CARD and passes_luhn(str(value))


def texts_in(value: Json) -> Iterator[str]:
    """Every text in a JSON value, keys too."""
    plain: Any = value
    if isinstance(plain, str):
        yield plain
    elif hasattr(plain, "items"):
        for key, part in plain.items():
            yield str(key)
            yield from texts_in(part)
    elif hasattr(plain, "append"):
        yield from chain.from_iterable(texts_in(part) for part in plain)
