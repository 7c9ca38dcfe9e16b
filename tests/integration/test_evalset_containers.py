"""JSON, YAML and CSV on their way in: what cannot be read, and what must stay as it is."""

from pathlib import Path

import pytest

from foretell.adapters.evalsets.imports import read_import
from foretell.core.domain.cases import Case
from tests.integration.evalset_files import imported


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("c.jsonl", "", "c.jsonl: holds no cases."),
        ("c.json", "[]", "c.json: holds no cases."),
        ("c.json", "{", "c.json: is not JSON: Expecting property name enclosed in double quotes at the end."),
        (
            "c.json",
            '{"rows": []}',
            "c.json: holds no list of cases. Put them in a list, at the top or under cases, data,",
        ),
        (
            "c.json",
            '{"tests": "file://t.csv"}',
            'c.json: has its tests in another file, "file://t.csv". Import that one.',
        ),
        ("c.json", '["a"]', 'c.json, item 1: is "a", not an object.'),
        ("c.yaml", "a: [", "c.yaml:1: is not YAML: "),
        ("c.yaml", "- a: 1\n  a: 2\n", "c.yaml:2: is not YAML: the key 'a' occurs twice."),
        ("c.yaml", "- 1: 2\n", "c.yaml:1: is not YAML: the key '1' is not text."),
        ("c.yaml", "", "c.yaml: holds nothing."),
        ("c.yaml", "&a [*a]", "c.yaml: holds a value that JSON does not have: Circular reference detected."),
        ("c.csv", "", "c.csv: holds no cases."),
        ("c.csv", "id,input\n", "c.csv: holds no cases."),
        ("c.csv", "id;input\na;b\n", "c.csv:1: the first row is one name, 'id;input'. Separate the columns by commas."),
        ("c.csv", "id,input,id\na,b,c\n", "c.csv:1: column 3 has the name 'id' of an earlier one."),
        ("c.csv", "id,,input\na,b,c\n", "c.csv:1: column 2 has no name."),
        ("c.csv", 'id,input\na,"b\n', "c.csv:2: is not CSV: unexpected end of data. Check the quotes."),
    ],
)
def test_an_unreadable_file_is_told(name: str, content: str, problem: str) -> None:
    cases, problems, _ = imported(name, content)
    assert cases == []
    assert problems[0].startswith(problem)


def test_bad_csv_rows_are_told_by_the_line_on_which_they_begin() -> None:
    text = 'id,input\na,"one\ntwo"\n\nb\nc,x,y\nd,\ne,"said ""hi"""\n'
    cases, problems, _ = imported("c.csv", text)
    assert cases == [Case("a", "one\ntwo"), Case("e", 'said "hi"')]
    assert problems == [
        "c.csv:5: has 1 cells, and the first row names 2. Quote cells that hold a comma or a line break.",
        "c.csv:6: has 3 cells, and the first row names 2. Quote cells that hold a comma or a line break.",
        "c.csv:7: 'input' is missing. Give what the target is asked: text, messages or any JSON.",
    ]


def test_csv_of_spreadsheets(here: Path) -> None:
    (here / "c.csv").write_bytes('\ufeffid,input,metadata\r\na,é,"{""k"": 1}"\r\nb,x,word\r\n'.encode())
    assert list(read_import("c.csv").items) == [
        Case("a", "é", metadata={"k": 1}),
        Case("b", "x", metadata={"metadata": "word"}),
    ]
    (here / "c.csv").write_bytes("id,input\na,x\nb,é\n".encode("latin-1"))
    assert [str(one) for one in read_import("c.csv").problems] == [
        "c.csv:3: byte 0xe9 is not UTF-8. Save the file as UTF-8; spreadsheets call it 'CSV UTF-8'."
    ]


def test_tabs_and_long_cells(here: Path) -> None:
    (here / "c.tsv").write_text(f"id\tinput\na\t{'x' * 200_000}\n")
    [case] = read_import("c.tsv").items
    assert len(case.input) == 200_000


def test_yaml_keeps_texts_that_look_like_something_else() -> None:
    text = "- id: 007\n  input: no\n  expected: 2026-03-01\n- id: '1'\n  input: 12:30\n  expected: 1e3\n"
    assert imported("c.yml", text)[0] == [Case("007", "no", "2026-03-01"), Case("1", "12:30", 1000.0)]
