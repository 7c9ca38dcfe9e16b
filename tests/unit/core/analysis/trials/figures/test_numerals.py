"""Numbers in the writings of several countries."""

import pytest

from foretell.core.analysis.trials.figures.numerals import find_numbers, read_number, read_words


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("42", (42.0,)),
        ("1,234", (1234.0,)),
        ("1.234", (1234.0, 1.234)),
        ("1.000", (1000.0,)),
        ("0.125", (0.125,)),
        ("8,50", (8.5,)),
        ("1,234,567.89", (1234567.89,)),
        ("1.234.567,89", (1234567.89,)),
        ("12,34,567", (1234567.0,)),
        ("1'234", (1234.0,)),
        ("1\u202f234,5", (1234.5,)),
        ("1.5e3", (1500.0,)),
        ("6.02 × 10^23", (6.02e23,)),
        (".5", (0.5,)),
        ("1e999", ()),
    ],
)
def test_a_number_is_read(text: str, readings: tuple[float, ...]) -> None:
    assert read_number(text) == readings


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("seven", 7.0),
        ("twenty-one", 21.0),
        ("two hundred and fifty-five", 255.0),
        ("three thousand four hundred", 3400.0),
        ("hundred", 100.0),
        ("douze", 12.0),
        ("and", None),
        ("seven tents", None),
    ],
)
def test_number_words_are_read(words: str, value: float | None) -> None:
    assert read_words(words) == value


def test_numbers_are_found_in_order_with_their_signs() -> None:
    found = find_numbers("-4.5% of [1,2,3], 3-5 (see A4, v2), −£7, and 1,5.")
    assert [(number.readings[0], number.is_percent) for number in found] == [
        (-4.5, True), (1, False), (2, False), (3, False), (3, False), (5, False), (-7, False), (1.5, False),
    ]  # fmt: skip
