"""`foretell evalset` from the outside: what it prints, what it writes, how it ends."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from foretell.cli import run_command_line
from foretell.core.domain.cases import Case
from foretell.core.domain.files.cases import hash_of

A, B = Case("a", "one", "1", {"lang": "en"}), Case("b", "two [bold]\x1b[31m", slices={"lang": "de"})
PROJECT = '[project]\nname = "p"\n\n[evalsets]\ncore = "evals/core"\none = "one.jsonl"\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "foretell.toml").write_text(PROJECT)
    return tmp_path


class Shell:
    """Runs one command and tells code, standard output and standard error."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *words: str) -> tuple[int, str, str]:
        code = run_command_line(["evalset", *words])
        out, err = self._capture.readouterr()
        return code, out, err

    def json(self, *words: str) -> dict[str, Any]:
        code, out, err = self(*words, "--json")
        assert (code, err) == (0, "")
        return json.loads(out)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


def write(name: str, *rows: object) -> None:
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def filled(shell: Shell, *cases: Case) -> None:
    write("in.jsonl", *(case.as_json() for case in cases))
    assert shell("import", "core", "in.jsonl", "--from", "jsonl")[0] == 0


def test_the_life_of_a_set(shell: Shell) -> None:
    write("in.jsonl", A.as_json())
    assert shell("import", "core", "in.jsonl") == (0, "1 case added to core; it has 1 now.\n", "")
    assert shell("freeze", "core") == (0, f"core@v1 frozen: 1 case, hash {hash_of([A])[:12]}.\n", "")
    write("in.jsonl", B.as_json())
    assert shell("import", "core", "in.jsonl") == (0, "1 case added to core; it has 2 now.\n", "")
    assert shell("diff", "core") == (0, "core v1 → working: 1 added, 0 removed, 0 changed\n+ b\n", "")
    assert shell("freeze", "core") == (
        0,
        f"core@v2 frozen: 2 cases, hash {hash_of([A, B])[:12]}.\nSince v1: 1 added, 0 removed, 0 changed.\n",
        "",
    )
    assert shell("freeze", "core") == (
        65,
        "",
        "bad-input: evals/core/working.jsonl: nothing changed since v2. Use core@2.\n",
    )


def test_what_was_not_taken_goes_to_standard_error(shell: Shell) -> None:
    write("in.jsonl", {"id": "a", "input": "x", "target": "y", "sandbox": "docker"})
    assert shell("import", "core", "in.jsonl", "--from", "inspect") == (
        0,
        "1 case added to core; it has 1 now.\n",
        "note: in.jsonl: field 'sandbox' is kept under metadata.inspect (at 1).\n",
    )


def test_all_or_nothing_unless_bad_rows_are_skipped(shell: Shell, here: Path) -> None:
    write("in.jsonl", {"id": "a", "input": "x"}, {"id": 7, "input": "x"})
    problem = "in.jsonl:2: 'id' is 7, not text. Write \"7\".\n"
    assert shell("import", "core", "in.jsonl") == (65, "", f"bad-input: {problem}")
    assert not (here / "evals").exists()
    assert shell("import", "core", "in.jsonl", "--skip-bad") == (
        0,
        "1 case added to core, 1 skipped; it has 1 now.\n",
        f"skipped: {problem}",
    )
    again = shell.json("import", "core", "in.jsonl", "--skip-bad")
    assert again == {
        "schema": "foretell.evalset.import/1",
        "set": "core",
        "added": 0,
        "total": 1,
        "skipped": [
            {"where": "in.jsonl:2", "what": "'id' is 7, not text.", "hint": 'Write "7".'},
            {"where": "", "what": "case 'a' is in 'core' already.", "hint": ""},
        ],
        "notes": [],
    }


def test_many_bad_rows_are_cut_and_counted(shell: Shell) -> None:
    write("in.jsonl", *({"id": n, "input": "x"} for n in range(30)), {"id": "a", "input": "x"})
    for words in ((), ("--skip-bad",)):
        _, _, err = shell("import", "core", "in.jsonl", *words)
        assert (len(err.splitlines()), "and 10 more" in err) == (21, True)


def test_the_table_of_sets(shell: Shell) -> None:
    filled(shell, A)
    shell("freeze", "core")
    code, out, err = shell("list")
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["set", "version", "cases", "frozen", "hash", "path"]
    assert lines[1][:3] == ["core", "v1", "1"]
    assert lines[1][4:] == [hash_of([A])[:12], "evals/core"]
    assert lines[2] == ["core", "working", "1", hash_of([A])[:12], "evals/core"]
    assert lines[3] == ["one", "no", "cases", "yet", "one.jsonl"]

    listed = shell.json("list")
    frozen_at = listed["sets"][0]["versions"][0].pop("frozen_at")
    assert frozen_at.endswith("Z")
    assert listed == {
        "schema": "foretell.evalset.list/1",
        "sets": [
            {
                "name": "core",
                "path": "evals/core",
                "versions": [
                    {"version": "v1", "hash": hash_of([A]), "cases": 1, "is_changed": False},
                    {"version": "working", "hash": hash_of([A]), "frozen_at": None, "cases": 1, "is_changed": False},
                ],
                "problems": [],
            },
            {"name": "one", "path": "one.jsonl", "versions": [], "problems": []},
        ],
    }


def test_a_set_that_cannot_be_read_ends_the_listing_with_65_and_hides_no_other(shell: Shell) -> None:
    filled(shell, A)
    Path("one.jsonl").write_text("{}\n")
    code, out, err = shell("list")
    assert (code, "core  working" in out, "one   cannot be read" in out) == (65, True, True)
    assert err.splitlines()[0] == "bad-input: one.jsonl:1: 'id' is missing. It is required."
    code, out, _ = shell("list", "--json")
    assert (code, [bool(one["problems"]) for one in json.loads(out)["sets"]]) == (65, [False, True])


def test_a_frozen_version_that_was_edited_is_marked_in_the_listing(shell: Shell) -> None:
    filled(shell, A)
    shell("freeze", "core")
    frozen = Path("evals/core/v1.jsonl")
    frozen.write_text(frozen.read_text().replace('"a"', '"b"'))
    code, out, err = shell("list")
    assert (code, err.startswith("bad-input: evals/core/v1.jsonl: was changed after it was frozen")) == (65, True)
    assert [line.split("  ")[:2] for line in out.splitlines()[1:3]] == [
        ["core", "v1, changed since"],
        ["core", "working"],
    ]
    assert "one   no cases yet" in out


def test_a_version_is_shown_and_no_text_of_a_case_reaches_the_terminal_as_a_command(shell: Shell) -> None:
    filled(shell, A, B)
    code, out, _ = shell("show", "core")
    assert code == 0
    assert [line.split() for line in out.splitlines()[2:]] == [
        ["lang:", "en", "1,", "de", "1"],
        ["id", "input", "expected", "slices"],
        ["a", "one", "1", "lang=en"],
        ["b", "two", "[bold]\\x1b[31m", "lang=de"],
    ]
    assert out.splitlines()[:2] == [
        f"core@working: 2 cases, hash {hash_of([A, B])[:12]}",
        "with an expected answer 1, scripted 0, simulated 0",
    ]
    assert shell("show", "core", "--limit", "1")[1].splitlines()[-1] == "… and 1 more; --limit 2 prints them all."
    assert shell.json("show", "core@working") == {
        "schema": "foretell.evalset.show/1",
        "set": "core",
        "version": "working",
        "hash": hash_of([A, B]),
        "with_expected": 1,
        "scripted": 0,
        "simulated": 0,
        "slices": {"lang": {"en": 1, "de": 1}},
        "cases": [A.as_json(), B.as_json()],
    }


def test_a_diff_tells_fields(shell: Shell, here: Path) -> None:
    filled(shell, A)
    shell("freeze", "core")
    working = here / "evals" / "core" / "working.jsonl"
    working.write_text(working.read_text().replace('"1"', "2"))
    assert shell("diff", "core", "v1", "working") == (
        0,
        'core v1 → working: 0 added, 0 removed, 1 changed\n~ a\n    expected: "1" → 2\n',
        "",
    )
    assert shell.json("diff", "core") == {
        "schema": "foretell.evalset.diff/1",
        "set": "core",
        "before": "v1",
        "after": "working",
        "added": [],
        "removed": [],
        "changed": [{"id": "a", "fields": [{"field": "expected", "before": "1", "after": 2}]}],
        "is_reordered": False,
    }
    frozen = shell.json("freeze", "core")
    assert (frozen["schema"], frozen["version"], frozen["changes"]["before"]) == (
        "foretell.evalset.freeze/1",
        "v2",
        "v1",
    )


def test_a_frozen_file_that_others_wrote_is_adopted(shell: Shell, here: Path) -> None:
    filled(shell, A)
    (here / "evals" / "core" / "v1.jsonl").write_text('{"id": "z", "input": "x"}\n')
    assert shell("show", "core")[0] == 65
    assert shell("freeze", "core", "--adopt")[0] == 0
    assert shell.json("show", "core")["version"] == "v1"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 64),
        (("import", "core"), 64),
        (("import", "core", "lost.jsonl"), 65),
        (("import", "nope", "foretell.toml", "--from", "jsonl"), 65),
        (("import", "core", "in.jsonl", "--from", "nope"), 64),
        (("freeze", "core"), 64),
        (("freeze", "one"), 64),
        (("freeze", "core", "--adopt"), 64),
        (("show", "nope"), 64),
        (("show", "core"), 64),
        (("diff", "core"), 64),
        (("list", "--config", "lost.toml"), 64),
    ],
)
def test_how_it_ends_when_something_is_wrong(shell: Shell, words: tuple[str, ...], code: int) -> None:
    write("in.jsonl", A.as_json())
    assert shell(*words)[0] == code


def test_it_runs_as_a_program(here: Path) -> None:
    write("in.jsonl", A.as_json())
    words = [sys.executable, "-m", "foretell", "evalset", "import", "one", "in.jsonl"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=here, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 case added to one; it has 1 now.\n", "")
    assert (here / "one.jsonl").read_bytes() == (here / "in.jsonl").read_bytes()
