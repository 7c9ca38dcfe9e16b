"""Personal data in text, replaced by consistent pseudonyms before anything is kept.

Patterns only: mail and web addresses, phones, cards (Luhn), IBANs (mod 97), IP addresses, credentials, dates of birth,
street addresses where a pattern can tell. Names of people need a model and are **not** covered here.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from foretell.core.domain.values import Json

COVERED = ("email", "url", "iban", "card", "ip", "secret", "phone", "birth", "street")

_HINTS = re.compile(r"@|://|\d|\b(?:sk|pk|ghp|xox|eyJ|AKIA|Bearer)\b|(?:sk|pk|ghp|xox)[-_]", re.IGNORECASE)
_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("secret", re.compile(r"\b(?:sk|pk|rk)[-_](?:live|test|proj)?[-_]?[A-Za-z0-9_-]{16,}|\bghp_[A-Za-z0-9]{20,}"
                          r"|\bxox[abp]-[A-Za-z0-9-]{10,}|\bAKIA[0-9A-Z]{16}\b|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,}"
                          r"|(?<=Bearer )[A-Za-z0-9._~+/-]{16,}=*")),
    ("url", re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/@:]+:[^\s/@]+@[^\s]+", re.IGNORECASE)),
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}\b")),
    ("iban", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")),
    ("card", re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])")),
    ("ip", re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])"
                      r"|(?<![\w:])(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}(?![\w:])", re.IGNORECASE)),
    ("birth", re.compile(r"(?i:\b(?:born(?: on)?|date of birth|birthday(?: is)?|dob)\b[ :]*)"
                         r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}(?:st|nd|rd|th)? \w{3,9},? \d{4}"
                         r"|\w{3,9} \d{1,2},? \d{4})")),
    ("phone", re.compile(r"(?<![\w-])(?:\+|00)\d{1,3}[ ().-]*\d(?:[ ().-]*\d){5,11}(?!\w)"
                         r"|(?<![\w-])\(?\d{3,5}\)?[ .-]\d{3,4}[ .-]\d{3,4}(?![\w-])"
                         r"|(?<![\w-])0\d{2,4}[ /-]?\d{5,8}(?!\w)")),
    ("street", re.compile(r"\b\d{1,5} (?:[A-Z][\w'-]+ ){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Close|Way"
                          r"|Court|Ct|Boulevard|Blvd|Place|Square)\b\.?"
                          r"|\b[A-ZÄÖÜ][\wäöüß-]+(?:straße|strasse|weg|gasse|platz) \d{1,4}\b")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Anonymiser:
    """Replaces personal data by `<kind:xxxxxx>`, the same for the same text under the same key.

    The key must be secret and kept as long as pseudonyms are to agree; without it nobody can confirm a guess.
    """

    key: bytes

    def pseudonym(self, kind: str, text: str) -> str:
        """The replacement of one piece of personal data; spaces, hyphens and case do not matter."""
        plain = re.sub(r"[\s-]", "", text).lower()
        return f"<{kind}:{self.identity(kind, plain)}>"

    def identity(self, *parts: str) -> str:
        """A keyed hash of some texts, 10 hex characters: equal for equal parts, and telling nothing of them."""
        return hmac.new(self.key, "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()[:10]

    def text(self, text: str) -> str:
        """The text with every piece of personal data replaced that a pattern can tell."""
        if not _HINTS.search(text):
            return text
        for kind, pattern in _RULES:
            check = _CHECKS.get(kind)

            def replaced(match: re.Match[str], kind: str = kind, check: Callable[[str], bool] | None = check) -> str:
                found = match[0]
                return self.pseudonym(kind, found) if check is None or check(found) else found

            text = pattern.sub(replaced, text)
        return text

    def value(self, value: Json) -> Json:
        """A JSON value with all its texts, keys too, made anonymous."""
        plain: Any = value
        if isinstance(plain, str):
            return self.text(plain)
        if hasattr(plain, "items"):
            return {self.text(str(key)): self.value(part) for key, part in plain.items()}
        return [self.value(part) for part in plain] if hasattr(plain, "append") else plain


def passes_luhn(text: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1)."""
    digits = [int(char) for char in text if char.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def is_iban(text: str) -> bool:
    """The check digits of an IBAN (ISO 13616, mod 97)."""
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    turned = "".join(str(int(char, 36)) for char in plain[4:] + plain[:4])
    return int(turned) % 97 == 1


_CHECKS: Mapping[str, Callable[[str], bool]] = {"card": passes_luhn, "iban": is_iban}
