import pytest

from foretell.core.domain.files.strict import NotJson, parse, show


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, true, null, "é"]}', {"a": [1, 2.5, True, None, "é"]}),
        ('"\\ud83d\\ude00"', "😀"),
        ("9223372036854775807", 2**63 - 1),
        ("1e10", 1e10),
        ("[" * 100 + "]" * 100, eval("[" * 100 + "]" * 100)),
    ],
)
def test_json_is_read(text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("text", "what", "column"),
    [
        ('{"a" 1}', "is not JSON: Expecting ':' delimiter at '1}'.", 6),
        ("[1,", "is not JSON: Expecting value at the end.", 4),
        ("{} {}", "is not JSON: Extra data at '{}'.", 4),
        ("[NaN]", "holds NaN, which is not JSON.", None),
        ("-Infinity", "holds -Infinity, which is not JSON.", None),
        ("1e999", "holds a number too large to be one.", None),
        ("9223372036854775808", "holds the number 9223372036854775808, which needs more than 64 bits.", None),
        ("9" * 5000, "holds a number with thousands of digits.", None),
        ('{"a": 1, "b": {"c": 1, "c": 1}}', "holds the key 'c' twice in one object.", None),
        ('"\\ud800"', "holds \\ud800, half of a character.", None),
        ('{"\\udfff": 1}', "holds \\udfff, half of a character.", None),
        ("[" * 102 + "]" * 102, "is nested more than 100 deep.", None),
        ("[" * 100_000, "is nested more than 100 deep.", None),
    ],
)
def test_what_readers_could_understand_differently_is_refused(text: str, what: str, column: int | None) -> None:
    with pytest.raises(NotJson) as caught:
        parse(text)
    assert (caught.value.what, caught.value.column) == (what, column)


def test_a_long_value_is_shortened_in_the_middle() -> None:
    assert show({"key": "x" * 90}, width=21) == '{"key": "x…xxxxxxxx"}'
    assert show("short") == '"short"'
