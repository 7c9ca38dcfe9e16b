"""Personal data in a text, found by patterns: where each piece lies and what kind it is.

Covered: secrets (keys, tokens, labelled passwords), web addresses with credentials, mail addresses, IBANs (mod 97),
payment cards (Luhn), national identity numbers (by form and check digits, or by their label), IP and MAC addresses,
dates of birth, phones, street addresses and postcodes of a few countries. Names of people need a model and are **not**
found here.

Every pattern is bounded, so that hostile text costs time in proportion to its length. A pattern is tried only where its
clue, a simpler form of it, is somewhere in the text: all clues are looked for at once, by one automaton.
"""

import ipaddress
import re
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from typing import Any

import re2  # pyright: ignore[reportMissingTypeStubs] # it has none

from foretell.core.analysis.traffic.check_digits import (
    is_dni,
    is_iban,
    is_ident_number,
    is_insee,
    is_pesel,
    passes_cpf,
    passes_luhn,
)
from foretell.core.domain.personal import Found

COVERED = ("secret", "url", "email", "iban", "card", "national_id", "ip", "birth", "phone", "street")


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern of one kind. A group named `v` is the piece; without one the whole match is.

    Every match holds the `clue`, in the syntax of RE2, which looks for all clues in one pass: `""` is in every text.
    `needs` is what must hold of the whole text besides; `check` confirms a piece. With `is_unbroken` a match holds an
    `@` and no space.
    """

    kind: str
    pattern: str
    clue: str = ""
    needs: Callable[[str], bool] | None = None
    check: Callable[[str], bool] | None = None
    is_unbroken: bool = False

    def find(self, text: str) -> Iterator[Found]:
        """The pieces of a text, in which the clue was seen."""
        if self.needs is not None and not self.needs(text):
            return
        pattern = _compiled(self.pattern)
        group = "v" if "v" in pattern.groupindex else 0
        for start, end in _words_with_at(text) if self.is_unbroken else ((0, len(text)),):
            for match in pattern.finditer(text, start, end):
                if self.check is None or self.check(match[group]):
                    yield Found(*match.span(group), self.kind)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def find_personal(text: str, own: Sequence[Rule] = ()) -> list[Found]:
    """The pieces of personal data in a text, in its order, none overlapping: a project's own patterns go first."""
    rules = (*own, *(_RULES[place] for place in _clues_in(text)))
    return settle(text, chain.from_iterable(rule.find(text) for rule in rules)) if rules else []


def _clues_in(text: str) -> list[int]:
    """The places of the rules whose clue is in a text."""
    if not text.isascii():  # what `re` takes for an i when case does not matter, and RE2 does not
        text = text.replace("ı", "i").replace("İ", "i")
    seen = _clues().Match(text.encode(errors="replace"))
    # When not even the clue of every text was seen, the automaton had no room for this one.
    return sorted(place for place in seen if place < len(_RULES)) if seen else list(range(len(_RULES)))


def _words_with_at(text: str) -> Iterator[tuple[int, int]]:
    """The stretches between spaces that hold an `@`, with the space behind."""
    at = text.find("@")
    while at >= 0:
        end = text.find(" ", at) + 1 or len(text)
        yield text.rfind(" ", 0, at) + 1, end
        at = text.find("@", end)


def settle(text: str, candidates: Iterable[Found]) -> list[Found]:
    """Candidates without overlaps, the earlier given winning, none inside a pseudonym that is there already."""
    kept = [Found(*match.span(), "") for match in _PSEUDONYM.finditer(text)] if "<" in text else []
    starts = [one.start for one in kept]
    for one in candidates:
        place = bisect(starts, one.start)
        is_free = place == 0 or kept[place - 1].end <= one.start
        if is_free and (place == len(kept) or one.end <= starts[place]):
            kept.insert(place, one)
            starts.insert(place, one.start)
    return [one for one in kept if one.kind]


_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d(?:[ ./()-]{0,3}\d){5,}")
_DATE_ALONE = re.compile(r"(?:19|20)\d\d([-/.])\d{1,2}\1\d{1,2}(?: \d{1,2})?")
_PSEUDONYM = re.compile(r"<[a-z_]{1,24}:[a-p]{10}>")
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")


def is_pseudonym(text: str) -> bool:
    """Whether a text is a pseudonym and nothing else."""
    return _PSEUDONYM.fullmatch(text) is not None


def own_rule(kind: str, pattern: str) -> Rule:
    """A project's own recogniser.

    Raises:
        re.error: the pattern cannot be read.
    """
    return Rule(kind, _compiled(pattern).pattern)


def _is_ip(text: str) -> bool:
    if text.count(":") < 2:
        return ":" not in text
    if _MAC.fullmatch(text):
        return True
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _has_digit(text: str) -> bool:
    return _DIGIT.search(text) is not None


def _has_long_number(text: str) -> bool:
    """Whether six or more digits stand together that are no date."""
    return any(_DATE_ALONE.fullmatch(run[0]) is None for run in _NUMBER.finditer(text))


_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_DATE = (
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}(?:st|nd|rd|th|\.)? (?:of )?[^\W\d_]{3,9},? \d{4}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
)

_ID_LABEL = (
    r"(?:ssn|social security|national insurance|nino|pesel|steuer-?id(?:entifikationsnummer|nummer)?|tax id"
    r"|bsn|aadhaar|cpf|dni|nie|nir|tfn|passport|personnummer|ahv|id card|personalausweis)"
)
_ID_WORDS = r"(?:[ -](?:number|no|nr|card|id))?\.?[ :#=\"'-]{0,4}(?:(?:is|number)[ :]{1,2})?"
_BORN = (
    r"(?:born(?: on)?(?: the)?|date of birth|birth ?date|birthday|geboren(?: am)?|geburtsdatum"
    r"|née? le|fecha de nacimiento|d\.?o\.?b\.?)(?: is| was|:| -|,)? {0,2}"
)
_ROAD = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Close|Way"
    r"|Court|Ct|Boulevard|Blvd|Place|Square|Terrace|Crescent|Highway|Hwy)"
)

_RULES: tuple[Rule, ...] = (
    Rule("secret",
         r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[A-Za-z0-9+/=\s]{0,8000}(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?"
         r"|\b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)?[-_]?[A-Za-z0-9_-]{16,256}|\bgh[opsur]_[A-Za-z0-9]{20,255}"
         r"|\bgithub_pat_[A-Za-z0-9_]{20,255}|\bglpat-[A-Za-z0-9_-]{16,64}|\bxox[abeprs]-[A-Za-z0-9-]{10,250}"
         r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[A-Za-z0-9_-]{35}|\bhf_[A-Za-z0-9]{20,64}|\bnpm_[A-Za-z0-9]{30,64}"
         r"|\beyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]{4,1000}",
         r"PRIVATE KEY-----|[spr]k[-_][\w-]{16}|gh[opsur]_\w{20}|github_pat_|glpat-|xox[abeprs]-|A[KS]IA[\dA-Z]{16}"
         r"|AIza|hf_\w{20}|npm_\w{20}|eyJ[^\s.]{8}"),
    Rule("secret", r"(?i:\b(?:Bearer|Basic) {1,3})(?P<v>[A-Za-z0-9._~+/-]{16,2000}={0,2})",
         r"(?i:bearer|basic) {1,3}[\w.~+/-]{16}"),
    Rule("secret",
         r"(?i:\b(?:password|passwd|passphrase|pwd|secret|(?:api|access|secret|private|auth)[ _-]?(?:key|token)"
         r"|token|passcode)\b[\"']?(?: ?(?:is|was) ?[:=]?| ?[:=]) {0,2})[\"']?(?P<v>[^\s\"',;&<>]{4,256})",
         r"(?i)(?:pass(?:word|wd|phrase|code)|pwd|secret|key|token)[\"']? ?(?:is|was|[:=])",
         check=lambda piece: any(not char.isalpha() for char in piece.rstrip(".!?"))),
    Rule("url", r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/@:]{1,256}:[^\s/@]{1,256}@[^\s\"'<>]{1,2000}",
         r"://[^/@ ]+:[^/@ ]+@", is_unbroken=True),
    Rule("email",
         r"(?<![\w.+-])[\w.+%'-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}\b", r"@[^ @.]+\.[^ @.]", is_unbroken=True),
    Rule("iban", r"(?i)\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b",
         r"(?i)[A-Z]{2}\d{2}[ -]?[A-Z0-9]{4}[ -]?[A-Z0-9]{4}", _has_long_number, is_iban),
    Rule("card", r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])", r"\d(?:[ -]?\d){12}", _has_long_number,
         passes_luhn),
    Rule("national_id",
         rf"(?i:\b{_ID_LABEL}\b{_ID_WORDS})"
         r"(?P<v>[A-Z]{0,3}\d[\dA-Z]{0,3}(?:[ ./-]?[\dA-Z]{1,4}){1,5}\b)",
         rf"(?i){_ID_LABEL}{_ID_WORDS}[A-Z]{{0,3}}\d"),
    Rule("national_id", r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])",
         r"\d{3}-\d{2}-\d{4}", _has_long_number),
    Rule("national_id", r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b",
         r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]", _has_long_number),
    Rule("national_id", r"\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b",
         r"[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]"),
    Rule("national_id", r"\b[XYZ\d]\d{7}-?[A-Z]\b", r"[XYZ\d]\d{7}-?[A-Z]", _has_long_number, is_dni),
    Rule("national_id", r"\b[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}\b",
         r"[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}", _has_long_number, is_insee),
    Rule("national_id", r"\b\d{3}\.\d{3}\.\d{3}-\d{2}\b", r"\d{3}\.\d{3}\.\d{3}-\d{2}", _has_long_number,
         passes_cpf),
    Rule("national_id", r"\b756\.\d{4}\.\d{4}\.\d{2}\b", r"756\.\d{4}\.\d{4}\.\d{2}", _has_long_number),
    Rule("national_id", r"(?<![\d-])\d{6}[-+]\d{4}(?![\d-])", r"\d{6}[-+]\d{4}", _has_long_number,
         passes_luhn),
    Rule("national_id", r"(?<![\d.,-])\d{11}(?![\d.,-]?\d)", r"\d{11}", _has_long_number,
         lambda piece: is_pesel(piece) or is_ident_number(piece)),
    Rule("ip",
         r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\.?\d)"
         r"|(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])"
         r"|(?<![\w:])(?=[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{6,39}(?![\w:])",
         r"\d\.\d{1,3}\.\d{1,3}\.\d|(?:[0-9A-Fa-f]{2}[:-]){5}|::|(?:[0-9A-Fa-f]{1,4}:){7}", _has_digit, _is_ip),
    Rule("birth", rf"(?i:\b{_BORN})(?P<v>{_DATE})", rf"(?i){_BORN}(?:\d|{_MONTH})"),
    Rule("phone",
         r"(?<![\w-])(?:\+|00)\d{1,3}[ ().-]{0,3}\d(?:[ ()./-]{0,3}\d){5,11}(?!\w)"
         r"|(?<![\w.-])(?:1[ .-])?\(?[2-9]\d{2}\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?![\w-])"
         r"|(?<![\w-])\(?0\d{2,4}\)?[ /-]{0,2}\d{2,4}(?:[ -]?\d{2,4}){1,3}(?!\w)",
         r"(?:\+|00)\d{1,3}[ ().-]{0,3}\d(?:[ ()./-]{0,3}\d){5}|[2-9]\d{2}\)?[ .-]{1,2}\d{3}[ .-]\d{4}"
         r"|0\d{2,4}\)?[ /-]{0,2}\d{2,4}[ -]?\d{2}", _has_long_number, lambda piece: passes_length(piece, 7, 15)),
    Rule("street",
         rf"\b\d{{1,5}}[A-Za-z]? (?:[A-Z][\w'-]{{0,30}} ){{1,3}}{_ROAD}\b\.?",
         rf"\d[A-Za-z]? (?:[A-Z][^ ]* ){{1,3}}{_ROAD}"),
    Rule("street",
         r"\b[A-ZÄÖÜ][\wäöüß-]{1,40}(?:straße|strasse|str\.|weg|gasse|platz|allee|ufer) \d{1,4} ?[a-z]?\b",
         r"(?:straße|strasse|str\.|weg|gasse|platz|allee|ufer) \d"),
    Rule("street",
         r"\b\d{1,4}(?: bis| ter)?,? (?:rue|avenue|boulevard|chemin|allée|impasse|quai) (?:de la |de l'|du |des |de )?"
         r"[A-ZÉÈ][\w'-]{1,30}(?: [A-ZÉÈ][\w'-]{1,30}){0,3}"
         r"|\b(?:Calle|Avenida|Plaza|Via|Viale|Piazza|Corso|Rua) (?:de |del |la |di |do |da )?[A-Z][\w'-]{1,30}"
         r"(?: [A-Z][\w'-]{1,30}){0,3},? \d{1,4}\b"
         r"|(?i:\bP\.?O\.? ?Box) \d{1,7}\b",
         r"\d(?: bis| ter)?,? (?:rue|avenue|boulevard|chemin|allée|impasse|quai) |(?i:P\.?O\.? ?Box) \d"
         r"|(?:Calle|Avenida|Plaza|Via|Viale|Piazza|Corso|Rua) (?:de |del |la |di |do |da )?(?:[A-Z][^ ]* ){1,4}\d"),
    Rule("street",
         r"\b(?:GIR ?0AA|[A-PR-UWYZ][A-HK-Y]?\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2})\b|(?<=, )[A-Z]{2} \d{5}(?:-\d{4})?\b",
         r"GIR ?0AA|[A-Z]\d[A-Z\d]? ?\d[A-Z]{2}|, [A-Z]{2} \d{5}"),
)  # fmt: skip


@cache
def _clues() -> Any:
    """One automaton that tells which clues are in a text; the last one, after those of the rules, is in every text."""
    library: Any = re2
    options = library.Options()
    options.never_capture = True
    found = library.Set.SearchSet(options)
    for clue in (*(rule.clue for rule in _RULES), ""):
        found.Add(clue.replace(r"\d", r"\p{Nd}"))  # as `re` has it; its own \d knows ASCII alone
    found.Compile()
    return found


def passes_length(text: str, fewest: int, most: int) -> bool:
    """Whether the digits of a number are as many as such a number has."""
    return fewest <= sum(char.isdigit() for char in text) <= most


FIELDS: Mapping[str, str] = {
    name: kind
    for kind, names in {
        "name": "firstname lastname fullname surname givenname familyname middlename maidenname customername username "
        "recipientname contactname cardholder cardholdername accountholder patientname employeename nickname",
        "email": "email emailaddress mail",
        "phone": "phone phonenumber mobile mobilenumber telephone tel fax",
        "street": "street streetaddress address addressline1 addressline2 homeaddress shippingaddress billingaddress "
        "postcode zip zipcode postalcode",
        "birth": "dob dateofbirth birthdate birthday",
        "national_id": "ssn socialsecuritynumber nationalid passport passportnumber taxid nino pesel aadhaar",
        "iban": "iban accountnumber bankaccount",
        "card": "cardnumber creditcard creditcardnumber ccnumber cvv cvc",
        "ip": "ip ipaddress clientip remoteaddr clientaddress",
        "secret": "password passwd pwd passphrase secret apikey accesstoken refreshtoken authtoken authorization token "
        "clientsecret privatekey sessiontoken cookie setcookie pin otp",
        "user": "userid enduserid",
    }.items()
    for name in names.split()
}
"""Names of fields whose text is personal data whatever it looks like, and its kind. Spelled without separators."""


def kind_of_field(name: str) -> str | None:
    """What the field of a JSON object or a span attribute holds, when its name tells: `user.email` → `email`."""
    return _kind_of_field(name[:64])


@lru_cache(1024)
def _kind_of_field(name: str) -> str | None:
    words = re.sub(r"[^a-z0-9.]", "", name.lower())
    return FIELDS.get(words.replace(".", "")) or FIELDS.get(words.rpartition(".")[2])
