"""Personal data in a text, found by patterns: where each piece lies and what kind it is.

Covered: secrets (keys, tokens, labelled passwords), web addresses with credentials, mail addresses, IBANs (mod 97),
payment cards (Luhn), national identity numbers (by form and check digits, or by their label), IP and MAC addresses,
dates of birth, phones, street addresses and postcodes of a few countries. Names of people need a model and are **not**
found here.

Every pattern is bounded, so that hostile text costs time in proportion to its length.
"""

import ipaddress
import re
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from foretell.core.analysis.check_digits import (
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

    `needs` is a cheap test of the whole text that must hold before the pattern is tried; `check` confirms a piece.
    """

    kind: str
    pattern: re.Pattern[str]
    needs: "Callable[[Look], object]"
    check: Callable[[str], bool] | None = None

    def find(self, text: str, look: "Look") -> Iterator[Found]:
        """The pieces of a text, of which `look` is the first look."""
        if not self.needs(look):
            return
        group = "v" if "v" in self.pattern.groupindex else 0
        for match in self.pattern.finditer(text):
            if self.check is None or self.check(match[group]):
                yield Found(*match.span(group), self.kind)


@dataclass(frozen=True, slots=True)
class Look:
    """A first look at a text, which spares most texts most patterns.

    `lower` is the text in lower case; `has_number` says that six or more digits stand together that are no date.
    """

    lower: str
    has_digit: bool
    has_number: bool

    @classmethod
    def at(cls, text: str) -> "Look":
        """Look at a text."""
        has_digit = _DIGIT.search(text) is not None
        has_number = has_digit and any(_DATE_ALONE.fullmatch(run[0]) is None for run in _NUMBER.finditer(text))
        return cls(text.lower(), has_digit, has_number)


def find_personal(text: str, own: Sequence[Rule] = ()) -> list[Found]:
    """The pieces of personal data in a text, in its order, none overlapping: a project's own patterns go first."""
    look = Look.at(text)
    return settle(text, (found for rule in (*own, *_RULES) for found in rule.find(text, look)))


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
    return Rule(kind, re.compile(pattern), lambda _: True)


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


def _has(*parts: str) -> Callable[[Look], bool]:
    return lambda look: any(part in look.lower for part in parts)


def _has_digit(look: Look) -> bool:
    return look.has_digit


def _has_long_number(look: Look) -> bool:
    return look.has_number


def _may_be_address(look: Look) -> bool:
    if not look.has_digit:
        return False
    has_groups = look.lower.count(":") > 4 or "::" in look.lower
    return has_groups or _BYTES.search(look.lower) is not None


_BYTES = re.compile(r"\d\.\d{1,3}\.\d{1,3}\.\d|[0-9a-f]-(?:[0-9a-f]{2}-){4}")
_has_id_label = _has(
    *("ssn", "social security", "national insurance", "nino", "pesel", "steuer", "tax id", "bsn", "aadhaar", "cpf"),
    *("dni", "nie", "nir", "tfn", "passport", "personnummer", "ahv", "id card", "personalausweis"),
)
_has_secret_shape = _has(
    *("sk-", "sk_", "pk-", "pk_", "rk-", "rk_", "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "xox"),
    *("akia", "asia", "aiza", "hf_", "npm_", "eyj", "private key"),
)
_has_secret_label = _has("password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "key")
_has_birth_label = _has("born", "birth", "geboren", "geburts", "né", "nacimiento", "dob", "d.o.b")
_has_english_street = _has(
    *(" street", " st", " road", " rd", " ave", " lane", " ln", " dr", " close", " way", " court", " ct", " boulevard"),
    *(" blvd", " place", " square", " terrace", " crescent", " highway", " hwy"),
)
_has_german_street = _has("straße", "strasse", "str.", "weg", "gasse", "platz", "allee", "ufer")
_has_romance_street = _has(
    *(" rue ", " avenue ", " boulevard ", " chemin ", " allée ", " impasse ", " quai ", "calle ", "avenida ", "plaza "),
    *("via ", "viale ", "piazza ", "corso ", "rua ", "box "),
)

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_DATE = (
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}(?:st|nd|rd|th|\.)? (?:of )?[^\W\d_]{3,9},? \d{4}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
)

_RULES: tuple[Rule, ...] = (
    Rule("secret", re.compile(
        r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[A-Za-z0-9+/=\s]{0,8000}(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?"
        r"|\b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)?[-_]?[A-Za-z0-9_-]{16,256}|\bgh[opsur]_[A-Za-z0-9]{20,255}"
        r"|\bgithub_pat_[A-Za-z0-9_]{20,255}|\bglpat-[A-Za-z0-9_-]{16,64}|\bxox[abeprs]-[A-Za-z0-9-]{10,250}"
        r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[A-Za-z0-9_-]{35}|\bhf_[A-Za-z0-9]{20,64}|\bnpm_[A-Za-z0-9]{30,64}"
        r"|\beyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]{4,1000}"), _has_secret_shape),
    Rule("secret", re.compile(r"(?i:\b(?:Bearer|Basic) {1,3})(?P<v>[A-Za-z0-9._~+/-]{16,2000}={0,2})"),
         _has("bearer ", "basic ")),
    Rule("secret", re.compile(
        r"(?i:\b(?:password|passwd|passphrase|pwd|secret|(?:api|access|secret|private|auth)[ _-]?(?:key|token)"
        r"|token|passcode)\b[\"']?(?: ?(?:is|was) ?[:=]?| ?[:=]) {0,2})[\"']?(?P<v>[^\s\"',;&<>]{4,256})"),
         _has_secret_label, lambda piece: any(not char.isalpha() for char in piece.rstrip(".!?"))),
    Rule("url", re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/@:]{1,256}:[^\s/@]{1,256}@[^\s\"'<>]{1,2000}"),
         _has("://")),
    Rule("email", re.compile(
        r"(?<![\w.+-])[\w.+%'-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}\b"), _has("@")),
    Rule("iban", re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b", re.IGNORECASE),
         _has_long_number, is_iban),
    Rule("card", re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])"), _has_long_number, passes_luhn),
    Rule("national_id", re.compile(
        r"(?i:\b(?:ssn|social security|national insurance|nino|pesel|steuer-?id(?:entifikationsnummer|nummer)?|tax id"
        r"|bsn|aadhaar|cpf|dni|nie|nir|tfn|passport|personnummer|ahv|id card|personalausweis)\b"
        r"(?:[ -](?:number|no|nr|card|id))?\.?[ :#=\"'-]{0,4}(?:(?:is|number)[ :]{1,2})?)"
        r"(?P<v>[A-Z]{0,3}\d[\dA-Z]{0,3}(?:[ ./-]?[\dA-Z]{1,4}){1,5}\b)"), _has_id_label),
    Rule("national_id", re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])"),
         _has_long_number),
    Rule("national_id", re.compile(r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"),
         _has_long_number),
    Rule("national_id", re.compile(r"\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b"), _has_digit),
    Rule("national_id", re.compile(r"\b[XYZ\d]\d{7}-?[A-Z]\b"), _has_long_number, is_dni),
    Rule("national_id", re.compile(r"\b[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}\b"),
         _has_long_number, is_insee),
    Rule("national_id", re.compile(r"\b\d{3}\.\d{3}\.\d{3}-\d{2}\b"), _has_long_number, passes_cpf),
    Rule("national_id", re.compile(r"\b756\.\d{4}\.\d{4}\.\d{2}\b"), _has_long_number),
    Rule("national_id", re.compile(r"(?<![\d-])\d{6}[-+]\d{4}(?![\d-])"), _has_long_number, passes_luhn),
    Rule("national_id", re.compile(r"(?<![\d.,-])\d{11}(?![\d.,-]?\d)"), _has_long_number,
         lambda piece: is_pesel(piece) or is_ident_number(piece)),
    Rule("ip", re.compile(
        r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\.?\d)"
        r"|(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])"
        r"|(?<![\w:])(?=[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{6,39}(?![\w:])"), _may_be_address, _is_ip),
    Rule("birth", re.compile(
        rf"(?i:\b(?:born(?: on)?(?: the)?|date of birth|birth ?date|birthday|geboren(?: am)?|geburtsdatum"
        rf"|née? le|fecha de nacimiento|d\.?o\.?b\.?)(?: is| was|:| -|,)? {{0,2}})(?P<v>{_DATE})"), _has_birth_label),
    Rule("phone", re.compile(
        r"(?<![\w-])(?:\+|00)\d{1,3}[ ().-]{0,3}\d(?:[ ()./-]{0,3}\d){5,11}(?!\w)"
        r"|(?<![\w.-])(?:1[ .-])?\(?[2-9]\d{2}\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?![\w-])"
        r"|(?<![\w-])\(?0\d{2,4}\)?[ /-]{0,2}\d{2,4}(?:[ -]?\d{2,4}){1,3}(?!\w)"), _has_long_number,
         lambda piece: passes_length(piece, 7, 15)),
    Rule("street", re.compile(
        r"\b\d{1,5}[A-Za-z]? (?:[A-Z][\w'-]{0,30} ){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Close|Way"
        r"|Court|Ct|Boulevard|Blvd|Place|Square|Terrace|Crescent|Highway|Hwy)\b\.?"), _has_english_street),
    Rule("street", re.compile(
        r"\b[A-ZÄÖÜ][\wäöüß-]{1,40}(?:straße|strasse|str\.|weg|gasse|platz|allee|ufer) \d{1,4} ?[a-z]?\b"),
         _has_german_street),
    Rule("street", re.compile(
        r"\b\d{1,4}(?: bis| ter)?,? (?:rue|avenue|boulevard|chemin|allée|impasse|quai) (?:de la |de l'|du |des |de )?"
        r"[A-ZÉÈ][\w'-]{1,30}(?: [A-ZÉÈ][\w'-]{1,30}){0,3}"
        r"|\b(?:Calle|Avenida|Plaza|Via|Viale|Piazza|Corso|Rua) (?:de |del |la |di |do |da )?[A-Z][\w'-]{1,30}"
        r"(?: [A-Z][\w'-]{1,30}){0,3},? \d{1,4}\b"
        r"|(?i:\bP\.?O\.? ?Box) \d{1,7}\b"), _has_romance_street),
    Rule("street", re.compile(
        r"\b(?:GIR ?0AA|[A-PR-UWYZ][A-HK-Y]?\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2})\b|(?<=, )[A-Z]{2} \d{5}(?:-\d{4})?\b"),
         _has_digit),
)  # fmt: skip


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
    words = re.sub(r"[^a-z0-9.]", "", name.lower()[:64])
    return FIELDS.get(words.replace(".", "")) or FIELDS.get(words.rpartition(".")[2])
