"""`foretell init` writes a project that runs; `foretell doctor` says what is missing around it."""

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

import foretell
from foretell.adapters.evalsets.files import FileEvalSets
from foretell.cli import run_command_line
from foretell.cli.init import EXAMPLES
from foretell.services.doctor import EXTRAS

ROOT = Path(__file__).parents[2]
PACKAGED = Path(foretell.__file__).parent / "examples"


def files_in(folder: Path) -> dict[str, bytes]:
    """Relative path → content, without what Python and foretell leave behind."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {"__pycache__", ".foretell"} & set(path.relative_to(folder).parts)
    }


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """The folder of a fresh scaffold, which is also the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    assert run_command_line(["init"]) == 0
    capsys.readouterr()
    return tmp_path


def states(output: str) -> dict[str, str]:
    """What the doctor looked at → the worst that it found."""
    worst: dict[str, str] = {}
    for state, name in re.findall(r"^(ok|warn|fail) +(\S+(?: \S+)*?)(?=  )", output, re.MULTILINE):
        worst[name] = max(worst.get(name, "ok"), state, key=("ok", "warn", "fail").index)
    return worst


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_written_whole(example: str, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert run_command_line(["init", str(folder), "--example", example]) == 0
    assert files_in(folder) == files_in(PACKAGED / example)


def test_the_next_steps_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new"
    run_command_line(["init", str(folder)])
    told = capsys.readouterr().out
    assert f"wrote {folder / 'evals/core/working.jsonl'}\n" in told
    assert f"cd {folder}\n" in told
    assert "foretell gate deploy --first" in told


def test_no_file_is_overwritten_and_all_in_the_way_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "app.py").write_text("mine")
    (tmp_path / "foretell.toml").symlink_to("nowhere")
    assert run_command_line(["init", str(tmp_path)]) == 64
    assert [line.split(":")[1].strip() for line in capsys.readouterr().err.splitlines()] == [
        str(tmp_path / "app.py"),
        str(tmp_path / "foretell.toml"),
    ]
    assert (tmp_path / "app.py").read_text() == "mine"
    assert not (tmp_path / "evals").exists()


def test_a_place_that_takes_no_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run_command_line(["init", str(tmp_path / "file")]) == 64
    assert "cannot be written: " in capsys.readouterr().err


def test_an_unknown_example_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["init", str(tmp_path / "x"), "--example", "suport"]) == 64
    assert "--example: 'suport' is not known. Did you mean 'support'?" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_a_scaffold_is_sound(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["doctor", "--live"]) == 0
    found = states(capsys.readouterr().out)
    assert {name: found[name] for name in ("project file", "eval set core", "target assistant", "store")} == {
        "project file": "ok",
        "eval set core": "warn",
        "target assistant": "ok",
        "store": "ok",
    }


def test_a_scaffold_runs_and_its_gate_decides(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The margin of the scaffold's gate is one that its twelve cases can show."""
    commands = ["run", "failures latest", "gate deploy --first", "baseline set latest", "gate deploy"]
    assert {words: run_command_line(words.split()) for words in commands} == dict.fromkeys(commands, 0)
    assert "wrong_answer" in capsys.readouterr().out


def test_a_drill_of_which_nothing_could_be_tried_says_where_faults_act(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["drill", "--fault", "retrieval_empty", "--fault-free", "0"]) == 2
    told = capsys.readouterr().out
    assert "1 fault, none could be tried" in told
    assert "Faults act on steps that the project file declares of a target" in told


def test_the_checks_as_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "foretell.doctor/1"
    assert {"name": "store", "state": "ok", "found": "can be written", "hint": "", "code": 0} in told["checks"]


def test_every_mistake_of_the_file_is_a_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = project / "foretell.toml"
    file.write_text(file.read_text().replace('target = "assistant"', 'target = "asistant"\nrepeats = 0'))
    assert run_command_line(["doctor"]) == 64
    told = capsys.readouterr().out
    assert "[suites.system] repeats: must be at least 1, not 0." in told
    assert "Did you mean 'assistant'?" in told


def test_an_application_that_is_not_there_is_found_by_a_live_look(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project / "foretell.toml"
    file.write_text(file.read_text().replace("app:answer", "no_such_application:answer"))
    assert run_command_line(["doctor"]) == 0
    assert run_command_line(["doctor", "--live"]) == 64
    assert "no_such_application" in capsys.readouterr().out


def test_a_store_that_cannot_be_opened(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = project / "foretell.toml"
    file.write_text(file.read_text().replace("[project]", '[project]\nstore = "sqlite:///app.py/store.db"'))
    assert run_command_line(["doctor"]) == 69
    assert states(capsys.readouterr().out)["store"] == "fail"


def test_a_changed_eval_set_is_found(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    FileEvalSets({"core": "evals/core"}, str(project)).freeze("core")
    assert run_command_line(["doctor"]) == 0
    assert states(capsys.readouterr().out)["eval set core"] == "ok"
    frozen = project / "evals/core/v1.jsonl"
    frozen.write_text(frozen.read_text().replace("9:00 to 18:00", "never"))
    assert run_command_line(["doctor"]) == 65
    assert states(capsys.readouterr().out)["eval set core"] == "fail"


def test_the_extras_are_those_of_the_package() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    named = {extra.name: set(extra.needs) for extra in EXTRAS}
    assert named == {
        name: {re.split(r"[\[<>=]", requirement)[0] for requirement in requirements}
        for name, requirements in declared.items()
        if name != "dev"
    }
