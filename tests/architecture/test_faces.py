"""What the command line shows does not change unseen. After a change: `python -m tests.architecture.faces`."""

from pathlib import Path

import pytest

from tests.architecture import faces

HINT = "run python -m tests.architecture.faces and review what changed"


def snapshot(name: str) -> str:
    return (faces.SNAPSHOTS / name).read_text(encoding="utf-8")


def test_every_help_is_as_reviewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert faces.help_text() == snapshot("help.txt"), HINT


def test_every_json_object_has_its_reviewed_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert faces.json_text(tmp_path) == snapshot("json.txt"), HINT


def test_every_command_with_json_is_there() -> None:
    with_json = {name for name, found in faces.full_names() if any("--json" in one.opts for one in found.params)}
    covered = {words for words, _, _ in faces.JSON_COMMANDS}
    assert {name for name in with_json if not any(f"{words} ".startswith(f"{name} ") for words in covered)} == set()


def test_the_reference_is_up_to_date() -> None:
    script = faces.reference()
    assert script.PAGE.read_text(encoding="utf-8") == script.page(), HINT


def test_every_argument_and_option_is_explained() -> None:
    unexplained = [f"{name} {one.name}" for name, found in faces.full_names() for one in found.params if not one.help]
    assert unexplained == []
