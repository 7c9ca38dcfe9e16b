import pytest

from foretell.core.domain.files.rows import Row


def asked(reader: str, value: object) -> tuple[object, list[str]]:
    row = Row("f:1", {"x": value})
    found = getattr(row, reader)("x")
    return found, [str(problem) for problem in row.problems]


@pytest.mark.parametrize(
    ("reader", "value", "found"),
    [
        ("text", "", ""),
        ("text", None, None),
        ("name", "ann", "ann"),
        ("number", 0, 0.0),
        ("number", 2.5, 2.5),
        ("whole", 3, 3),
        ("flag", False, False),
        ("mapping", {"a": 1}, {"a": 1}),
        ("mapping", None, {}),
        ("items", [1, None], (1, None)),
        ("texts", ["a"], ("a",)),
        ("time", "2026-03-01T09:30:00+02:00", "2026-03-01T07:30:00.000000Z"),
    ],
)
def test_a_good_field_is_read(reader: str, value: object, found: object) -> None:
    assert asked(reader, value) == (found, [])


@pytest.mark.parametrize(
    ("reader", "value", "problem"),
    [
        ("text", 7, "f:1: 'x' is 7, not text. Write \"7\"."),
        ("text", ["a"], "f:1: 'x' is [\"a\"], not text."),
        ("name", None, "f:1: 'x' is missing. It is required."),
        ("name", " ", "f:1: 'x' is empty. It is required."),
        ("name", "a\nb", "f:1: 'x' is \"a\\nb\", which holds a control character. Use letters, digits and signs."),
        (
            "name",
            "a\x9b2J",
            "f:1: 'x' is \"a\x9b2J\", which holds a control character. Use letters, digits and signs.",
        ),
        ("number", True, "f:1: 'x' is true, not a number."),
        ("number", "0.1", "f:1: 'x' is \"0.1\", not a number. Write 0.1 without quotes."),
        ("number", -1, "f:1: 'x' is -1, not 0 or more."),
        ("whole", 1.0, "f:1: 'x' is 1.0, not a whole number."),
        ("whole", -1, "f:1: 'x' is -1, not 0 or more."),
        ("flag", 1, "f:1: 'x' is 1, not true or false."),
        ("flag", "true", "f:1: 'x' is \"true\", not true or false. Write true without quotes."),
        ("mapping", [], "f:1: 'x' is [], not an object."),
        ("items", "a", 'f:1: \'x\' is "a", not a list. Write ["a"].'),
        ("texts", ["a", 1], "f:1: 'x[1]' is 1, not text."),
        ("time", "yesterday", "f:1: 'x' is \"yesterday\", not an RFC 3339 time. Write it like 2026-03-01T09:30:00Z."),
        ("children", [{}, 2], "f:1: 'x[1]' is 2, not an object."),
    ],
)
def test_a_wrong_field_is_one_problem(reader: str, value: object, problem: str) -> None:
    assert asked(reader, value)[1] == [problem]


def test_the_rest_is_what_nobody_asked_for_and_children_report_their_path() -> None:
    row = Row("f:1", {"a": {"b": {"c": 1}}, "d": 2})
    inner = row.child("a", row.mapping("a"))
    inner.child("b", inner.mapping("b")).text("c")
    assert row.rest() == {"d": 2}
    assert [str(problem) for problem in row.problems] == ["f:1: 'a.b.c' is 1, not text. Write \"1\"."]
