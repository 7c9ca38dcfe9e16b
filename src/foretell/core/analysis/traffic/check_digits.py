"""Check digits of cards, accounts and identity numbers: what tells them from numbers that only look alike."""

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def digits_of(text: str) -> list[int]:
    """The digits of a text, whatever stands between them."""
    return [int(char) for char in text if char.isdecimal()]


def passes_luhn(text: str) -> bool:
    """Payment cards and several national numbers (ISO/IEC 7812-1, annex B): 10 to 19 digits, mod 10."""
    digits = digits_of(text)
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return 10 <= len(digits) <= 19 and any(digits) and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def is_iban(text: str) -> bool:
    """An IBAN (ISO 13616, mod 97)."""
    plain = "".join(char for char in text.upper() if char.isalnum())
    if not 15 <= len(plain) <= 34:
        return False
    turned = "".join(str(int(char, 36)) for char in plain[4:] + plain[:4])
    return int(turned) % 97 == 1


def is_dni(text: str) -> bool:
    """A Spanish DNI or NIE: eight digits (X, Y, Z stand for 0, 1, 2 in front) and a letter, mod 23."""
    plain = text.replace("-", "")
    number = str("XYZ".find(plain[0])) + plain[1:-1] if plain[0] in "XYZ" else plain[:-1]
    return _DNI_LETTERS[int(number) % 23] == plain[-1]


def is_insee(text: str) -> bool:
    """A French social security number: thirteen digits (2A and 2B stand for 19 and 18) and a key, 97 - n mod 97."""
    plain = text.replace(" ", "").replace("2A", "19").replace("2B", "18")
    return plain.isdecimal() and len(plain) == 15 and 97 - int(plain[:13]) % 97 == int(plain[13:])


def passes_cpf(text: str) -> bool:
    """A Brazilian CPF: nine digits and two check digits, each mod 11."""
    digits = digits_of(text)
    for kept in (9, 10):
        total = sum(digit * (kept + 1 - place) for place, digit in enumerate(digits[:kept]))
        if total * 10 % 11 % 10 != digits[kept]:
            return False
    return True


def is_pesel(text: str) -> bool:
    """A Polish PESEL: eleven digits, weights 1, 3, 7, 9, with a month that exists."""
    digits = digits_of(text)
    month = (digits[2] * 10 + digits[3]) % 20
    weighted = sum(digit * weight for digit, weight in zip(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), strict=True))
    return 1 <= month <= 12 and 1 <= digits[4] * 10 + digits[5] <= 31 and weighted % 10 == 0


def is_ident_number(text: str) -> bool:
    """A German tax identification number: eleven digits, ISO 7064 mod 11, 10, one digit of the first ten repeated."""
    digits = digits_of(text)
    carry = 10
    for digit in digits[:10]:
        carry = ((digit + carry - 1) % 10 + 1) * 2 % 11
    repeated = 10 - len(set(digits[:10]))
    return digits[0] != 0 and repeated in (1, 2) and (11 - carry) % 10 == digits[10]
