import re
import time

import pytest

from foretell.core.analysis.traffic.recognise import find_personal, kind_of_field, own_rule


def pieces(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in find_personal(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail o'neil+x@acme-corp.co.uk!", [("email", "o'neil+x@acme-corp.co.uk")]),
        ("ring +49 30 1234567 or (030) 123-4567", [("phone", "+49 30 1234567"), ("phone", "(030) 123-4567")]),
        ("ring 555-123-4567 or 0171 2345678", [("phone", "555-123-4567"), ("phone", "0171 2345678")]),
        ("card 4111 1111 1111 1111.", [("card", "4111 1111 1111 1111")]),
        ("to DE89 3704 0044 0532 0130 00 now", [("iban", "DE89 3704 0044 0532 0130 00")]),
        ("SSN 123-45-6789", [("national_id", "123-45-6789")]),
        ("my ssn is 123 45 6789, ok", [("national_id", "123 45 6789")]),
        ("AB 12 34 56 C", [("national_id", "AB 12 34 56 C")]),
        ("RSSMRA85T10A562S", [("national_id", "RSSMRA85T10A562S")]),
        ("12345678Z and X1234567L", [("national_id", "12345678Z"), ("national_id", "X1234567L")]),
        ("1 85 05 78 006 084 91", [("national_id", "1 85 05 78 006 084 91")]),
        ("529.982.247-25", [("national_id", "529.982.247-25")]),
        ("44051401359", [("national_id", "44051401359")]),
        ("86095742719", [("national_id", "86095742719")]),
        ("756.9217.0769.85", [("national_id", "756.9217.0769.85")]),
        ("811228-9874", [("national_id", "811228-9874")]),
        ("passport number: C01X00T47", [("national_id", "C01X00T47")]),
        ("from 192.168.0.1, fe80::1ff:fe23:4567:890a", [("ip", "192.168.0.1"), ("ip", "fe80::1ff:fe23:4567:890a")]),
        ("MAC 00:1B:44:11:3A:B7", [("ip", "00:1B:44:11:3A:B7")]),
        ("https://bob:pw@x.example/p?q=1 here", [("url", "https://bob:pw@x.example/p?q=1")]),
        ("born on 12.03.1984; DOB: March 3, 1990", [("birth", "12.03.1984"), ("birth", "March 3, 1990")]),
        ("geboren am 3. März 1990", [("birth", "3. März 1990")]),
        ("at 221B Baker Street, NW1 6XE", [("street", "221B Baker Street"), ("street", "NW1 6XE")]),
        ("Hauptstraße 12, Austin, TX 78701", [("street", "Hauptstraße 12"), ("street", "TX 78701")]),
        ("12 rue de la Paix; Via Roma 12; PO Box 77", [("street", "12 rue de la Paix"), ("street", "Via Roma 12"),
                                                         ("street", "PO Box 77")]),
        ("Bearer abcdefghijklmnop1234", [("secret", "abcdefghijklmnop1234")]),
        ("my password is hunter2!", [("secret", "hunter2!")]),
        ('{"api_key": "abcd1234efgh"}', [("secret", "abcd1234efgh")]),
        ("use sk-proj-abcdefghijklmnopqrstuv", [("secret", "sk-proj-abcdefghijklmnopqrstuv")]),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJ", [("secret", "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJ")]),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
         [("secret", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----")]),
    ],
)  # fmt: skip
def test_a_piece_is_found_where_it_lies(text: str, expected: list[tuple[str, str]]) -> None:
    assert pieces(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "order 12345678901 was 49.99 EUR on 2024-03-15 at 12:30:45, invoice 2024-0001-2333, version 1.2.3",
        "card 4111 1111 1111 1112",
        "DE89370400440532013001",
        "12345678A",
        "529.982.247-26",
        "token limit exceeded; the password reset link; total_tokens=512; secret santa",
        "12 Monkeys is a film; the street was long; 3 Red Apples",
        "<email:abcdefghij> wrote to <phone:ponmlkjihg>",
        "::",
        "",
    ],
)
def test_what_only_looks_alike_is_left(text: str) -> None:
    assert pieces(text) == []


def test_pieces_never_overlap_and_a_projects_own_pattern_goes_first() -> None:
    text = "employee EMP-4111111111111111 wrote"
    found = find_personal(text, [own_rule("employee", r"EMP-\d+")])
    assert [(one.kind, text[one.start : one.end]) for one in found] == [("employee", "EMP-4111111111111111")]


def test_a_broken_pattern_is_refused() -> None:
    with pytest.raises(re.error):
        own_rule("employee", "EMP-(")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("customer_name", "name"),
        ("user.email", "email"),
        ("Date-Of-Birth", "birth"),
        ("http.request.header.authorization", "secret"),
        ("user.id", "user"),
        ("name", None),
        ("gen_ai.usage.input_tokens", None),
        ("order_id", None),
    ],
)
def test_a_field_name_tells_what_it_holds(name: str, kind: str | None) -> None:
    assert kind_of_field(name) == kind


@pytest.mark.parametrize(
    "piece",
    ["1", "1 ", "a@", "a.", "A1 ", "+1", "(", "sk-", "::", "-----BEGIN PRIVATE KEY-----", "http://a:", "ssn ", "Aa Bb ",
     "12 Aa Bb Cc ", "password: ", "DE89", "0 ", "born ", "<", "12 rue de ", "eyJ.", "4111 "],
)  # fmt: skip
def test_hostile_text_takes_time_in_proportion(piece: str) -> None:
    text = (piece * (40_000 // len(piece))) + "x"
    start = time.process_time()
    find_personal(text)
    assert time.process_time() - start < 2.0
