import json
from collections.abc import Sequence

from foretell.core.analysis.traffic.personal import REMEMBERED, Anonymiser, texts_in
from foretell.core.analysis.traffic.recognise import own_rule
from foretell.core.domain.personal import Found

ANONYMISER = Anonymiser(b"key")


class Annas:
    """A names model that knows one name, and counts how often it is asked."""

    identity = "annas 1"

    def __init__(self) -> None:
        self.asked: list[int] = []

    def find(self, texts: Sequence[str]) -> list[list[Found]]:
        self.asked.append(len(texts))
        return [[Found(at, at + 4, "name")] if (at := text.find("Anna")) >= 0 else [] for text in texts]


def test_the_same_text_gets_the_same_pseudonym_however_it_is_spaced() -> None:
    covered = ANONYMISER.text("4111 1111 1111 1111 is 4111-1111-1111-1111")
    first, _, second = covered.partition(" is ")
    assert first == second
    assert first.startswith("<card:")
    assert Anonymiser(b"another").text("4111 1111 1111 1111") != first


def test_covering_twice_changes_nothing() -> None:
    text = "a@b.example, +49 30 1234567, my password is hunter2!, born 1.2.1990"
    once = ANONYMISER.text(text)
    assert ANONYMISER.text(once) == once
    assert list(ANONYMISER.remains(once)) == []


def test_values_are_covered_by_patterns_field_names_and_numbers() -> None:
    covered = ANONYMISER.value(
        {
            "a@b.example": 1,
            "customer_name": "Anna Schmidt",
            "phone": 491712345678,
            "paid_with": 4111111111111111,
            "tool": {"name": "refund", "tokens": 512, "is_new": True, "nothing": None, "notes": ["call 555-123-4567"]},
        }
    )
    assert covered == {
        ANONYMISER.pseudonym("email", "a@b.example"): 1,
        "customer_name": ANONYMISER.pseudonym("name", "Anna Schmidt"),
        "phone": ANONYMISER.pseudonym("phone", "491712345678"),
        "paid_with": ANONYMISER.pseudonym("card", "4111111111111111"),
        "tool": {
            "name": "refund",
            "tokens": 512,
            "is_new": True,
            "nothing": None,
            "notes": [f"call {ANONYMISER.pseudonym('phone', '5551234567')}"],
        },
    }


def test_json_inside_a_text_is_covered_as_json() -> None:
    covered = ANONYMISER.text('{"customer_name": "Anna", "order": 8}')
    assert json.loads(covered) == {"customer_name": ANONYMISER.pseudonym("name", "Anna"), "order": 8}
    assert ANONYMISER.text('{"order":8}') == '{"order":8}'
    assert ANONYMISER.text("{a@b.example") == f"{{{ANONYMISER.pseudonym('email', 'a@b.example')}"


def test_what_is_allowed_stays() -> None:
    anonymiser = Anonymiser(b"key", allow=frozenset({"help@acme.example"}))
    assert anonymiser.value({"email": "Help@acme.example", "text": "write to help@acme.example"}) == {
        "email": "Help@acme.example",
        "text": "write to help@acme.example",
    }


def test_own_patterns_are_replaced_under_their_kind() -> None:
    anonymiser = Anonymiser(b"key", own=(own_rule("employee", r"EMP-\d{6}"),))
    assert anonymiser.text("ask EMP-123456") == f"ask {anonymiser.pseudonym('employee', 'EMP-123456')}"


def test_names_come_from_the_model_asked_in_batches() -> None:
    names = Annas()
    anonymiser = Anonymiser(b"key", names=names)
    texts = ["Anna called", "nobody called", "Anna called"]
    anonymiser.prepare(texts)
    name = anonymiser.pseudonym("name", "Anna")
    assert [anonymiser.text(text) for text in texts] == [f"{name} called", "nobody called", f"{name} called"]
    assert names.asked == [2]
    assert list(anonymiser.remains(["Anna"])) == ["name"]
    assert (anonymiser.names_covered, ANONYMISER.names_covered) == ("covered by annas 1", "not covered")


def test_what_remains_is_told_by_kind() -> None:
    assert list(ANONYMISER.remains({"phone": "5", "notes": ["a@b.example"], "n": 4111111111111111})) == [
        "phone",
        "email",
        "card",
    ]


def test_no_more_is_remembered_than_has_room() -> None:
    anonymiser = Anonymiser(b"key")
    for number in range(REMEMBERED + 50):
        anonymiser.text(f"text {number}")
        anonymiser.text(f"{number}@b.example")
    assert (len(anonymiser._plain), len(anonymiser._remembered)) == (REMEMBERED, REMEMBERED)


def test_nothing_that_was_covered_is_remembered_as_it_was() -> None:
    anonymiser = Anonymiser(b"key")
    texts = ("small-1", "a@b.example", "words " * 20)
    covered = [anonymiser.text(text) for text in texts]
    assert [anonymiser.text(text) for text in texts] == covered
    assert list(anonymiser._plain) == ["small-1"]
    assert list(anonymiser._remembered.values()) == covered[1:]


def test_every_text_of_a_value_is_walked() -> None:
    assert list(texts_in({"a": ["b", {"c": 1}], "d": None})) == ["a", "b", "c", "d"]
