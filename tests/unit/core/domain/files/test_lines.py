import pytest

from foretell.core.domain.files.lines import PRINTED, bad_input, decode, rows
from foretell.core.domain.files.rows import Row
from foretell.core.errors import BadInput, Problem


def values(*lines: bytes) -> tuple[list[object], list[str]]:
    problems: list[Problem] = []
    found = [(row.line, row.value) for row in rows(lines, "f.jsonl", problems)]
    return found, [str(problem) for problem in problems]


def test_byte_order_mark_carriage_returns_and_blank_lines_are_fine() -> None:
    assert values(b'\xef\xbb\xbf{"a": 1}\r\n', b"\r\n", b"  \n", '{"a": "\u2028é"}'.encode()) == (
        [(1, {"a": 1}), (4, {"a": "\u2028é"})],
        [],
    )


def test_every_bad_line_is_told_with_its_place() -> None:
    assert values(b'{"a": 1}', b'{"a": }', b"[1]", b'{"a": "\xe9"}', b'{"a": 2}') == (
        [(1, {"a": 1}), (5, {"a": 2})],
        [
            "f.jsonl:2:7: the line is not JSON: Expecting value at '}'.",
            'f.jsonl:3: the line is [1], not an object. Write {"name": value, …}.',
            "f.jsonl:4: byte 8 of the line (0xe9) is not UTF-8. Save the file as UTF-8.",
        ],
    )


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ((b"\n", b'[{"a": 1},\n', b'{"a": 2}]\n'), "f.jsonl:2: the file is one JSON list, not JSON Lines."),
        ((b"{\n", b'  "a": 1\n', b"}\n"), "f.jsonl:1: an object begins here and goes on in the next line."),
        (tuple('{"a": 1}\n'.encode("utf-16").splitlines(keepends=True)), "f.jsonl:1: the file is UTF-16, not UTF-8."),
    ],
)
def test_another_format_earns_one_problem(lines: tuple[bytes, ...], problem: str) -> None:
    found, problems = values(*lines)
    assert found == []
    assert [text[: len(problem)] for text in problems] == [problem]


def test_a_name_that_occurs_twice_tells_both_lines() -> None:
    def item(row: Row) -> str:
        return row.name("id")

    lines = [b'{"id": "a"}', b'{"id": 1}', b'{"id": "b"}', b'{"id": "a"}']
    found = decode(lines, "f.jsonl", item, str.upper, "thing '{}'".format)
    assert found.items == ("a", "b")
    assert [str(problem) for problem in found.problems] == [
        "f.jsonl:2: 'id' is 1, not text. Write \"1\".",
        "f.jsonl:4: thing 'A' is on line 1 already. Keep one of the two.",
    ]
    with pytest.raises(BadInput, match="line 1 already"):
        found.or_raise()


def test_many_problems_are_cut_and_counted() -> None:
    error = bad_input(Problem(f"f:{n}", "bad.") for n in range(PRINTED + 2))
    assert len(error.problems) == PRINTED + 1
    assert str(error.problems[-1]) == "and 2 more problems. Repair these first, then try again."
    assert len(bad_input(Problem(f"f:{n}", "bad.") for n in range(PRINTED)).problems) == PRINTED
