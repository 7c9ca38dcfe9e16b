"""The example's traffic: made by its generator, in the format for interactions, and about nobody who exists."""

import importlib.util
import json
import re
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import foretell
from foretell.core.domain.files.interactions import decode_interactions

FOLDER = Path(foretell.__file__).parent / "examples" / "support"
LINES = (FOLDER / "traffic" / "interactions.jsonl").read_bytes().splitlines()
ROWS: list[dict[str, Any]] = [json.loads(line) for line in LINES]
TEXTS = [
    *(part["content"] for row in ROWS if isinstance(row["input"], list) for part in row["input"]),
    *(row["input"] for row in ROWS if isinstance(row["input"], str)),
    *(row["output"] for row in ROWS),
]
ALL_TEXT = "\n".join(TEXTS)

CARDS = {"4111111111111111", "5555555555554444", "4242424242424242", "378282246310005", "6011111111111117",
         "4012888888881881"}  # fmt: skip
IBANS = {"GB82WEST12345698765432", "DE89370400440532013000", "FR1420041010050500013M02606"}
# Kept free for fiction: in the United Kingdom by its regulator, in North America 555-0100 to 555-0199.
PHONES = re.compile(r"0207946\d{4}|07700900\d{3}|(\+44|0)1632960\d{3}|21255501\d{2}")


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_traffic", FOLDER / "make_traffic.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def has_luhn_checksum(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def strays(text: str) -> list[str]:
    """Whatever looks like personal data and is not from a range that belongs to nobody."""
    mails = re.findall(r"\S+@\S+", text)
    found = [mail for mail in mails if not re.search(r"@((mail\.)?example\.(com|org)|larkspur\.example)\W*$", mail)]
    ibans = re.findall(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,8}\b", text)
    found += [iban for iban in ibans if iban.replace(" ", "") not in IBANS]
    rest = re.sub("|".join(map(re.escape, ibans)), "", text) if ibans else text
    for number in re.findall(r"\+?\(?\d(?:[ ()-]{0,2}\d){8,}", rest):
        plain = re.sub(r"[ ()-]", "", number)
        if not (PHONES.fullmatch(plain) or (plain in CARDS and has_luhn_checksum(plain))):
            found.append(number)
    postcodes = re.findall(r"\b[A-Z]{1,2}\d{1,2} \d[A-Z]{2}\b", text)
    return found + [code for code in postcodes if not code.startswith("ZZ")]


def test_the_file_is_what_the_generator_makes() -> None:
    assert generator().text().encode().splitlines() == LINES


def test_the_file_is_in_the_format_for_interactions() -> None:
    found = decode_interactions(LINES, "interactions.jsonl").or_raise()
    assert len(found) == len(ROWS) == len({row["id"] for row in ROWS})


def test_it_is_six_weeks_of_varied_traffic() -> None:
    times = [row["at"] for row in ROWS]
    assert times == sorted(times)
    assert (times[0][:10], times[-1][:10]) == ("2026-10-05", "2026-11-15")
    assert [release for release, _ in sorted(Counter(row["release"] for row in ROWS).items())] == [
        f"2026.{week}" for week in range(41, 47)
    ]
    assert 1400 <= len(ROWS) <= 1600
    assert sum(map(len, LINES)) < 700_000
    assert len(set(TEXTS)) > 1100
    assert max(Counter(row["conversation_id"] for row in ROWS).values()) == 3
    assert {key for row in ROWS for key in row.get("feedback", ())} == {"resolved", "rating", "escalated"}
    assert 0.25 < sum("feedback" in row for row in ROWS) / len(ROWS) < 0.45


def test_a_new_topic_grows_in_the_last_two_weeks() -> None:
    asked = [(row["release"], row["input"] if isinstance(row["input"], str) else "") for row in ROWS]
    renting = Counter(release for release, text in asked if re.search(r"\b(rent|hire)", text, re.IGNORECASE))
    weekly = Counter(row["release"] for row in ROWS)
    assert renting.keys() <= {"2026.45", "2026.46"}
    assert 0 < renting["2026.45"] < renting["2026.46"]
    assert 0.03 < renting["2026.46"] / weekly["2026.46"] < 0.07
    cases = (FOLDER / "evals/core/working.jsonl").read_text("utf-8")
    assert not re.search(r"\b(rent|rental|hire)\b", cases, re.IGNORECASE)


def test_it_holds_personal_data_of_every_kind() -> None:
    kinds = {
        "mail": "@example.com", "card": "4111 1111 1111 1111", "account": "GB82 WEST", "phone": "07700 900",
        "postcode": ", ZZ", "name": "My name is ", "order": "LK-4102",
    }  # fmt: skip
    assert {kind for kind, mark in kinds.items() if ALL_TEXT.count(mark) >= 5} == kinds.keys()


def test_nobody_in_it_exists() -> None:
    pages = [path.read_text("utf-8") for path in (*FOLDER.glob("articles/*.md"), FOLDER / "data/orders.json")]
    assert len(pages) == 28
    assert [strays(text) for text in (ALL_TEXT, *pages)] == [[]] * 29


def test_real_looking_data_would_be_seen() -> None:
    real = "ann@shop.test, 4000 0000 0000 0002, GB33 BUKB 2020 1555 5555 55, 020 7123 4567, LA9 4BD"
    assert len(strays(real)) == 5
