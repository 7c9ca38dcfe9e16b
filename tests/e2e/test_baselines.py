"""Every form of a gate's baseline, from the command line: a file, a run, a target's and a branch's newest run."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from foretell.cli import run_command_line
from tests.git_repository import Repository, new_repository

SECOND = """
[suites.other]
layer = "system"
evalset = "core"
target = "app"
scorers = ["recorded"]
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """60 good outcomes, committed. It is the working directory."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    made = new_repository(tmp_path / "repository")
    made.write_project()
    made.record(60, 0)
    made.commit()
    monkeypatch.chdir(made.path)
    return made


def say(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    """The JSON of a command that ends with this code."""
    capsys.readouterr()
    ended = run_command_line([*words, "--json"])
    out, err = capsys.readouterr()
    assert ended == code, err
    return json.loads(out) if out else {"said": " ".join(err.split())}


def take_as_baseline(repository: Repository, reference: str, extra: str = "") -> None:
    """A gate with this baseline."""
    repository.write_project()
    text = (repository.path / "foretell.toml").read_text("utf-8")
    head, gate, rest = text.partition("[gates.deploy]")
    repository.write("foretell.toml", f'{head}{extra}{gate}\nbaseline = "{reference}"{rest}')


def run(capsys: pytest.CaptureFixture[str]) -> str:
    """The id of a new run."""
    return str(say(capsys, "run")["runs"][0]["id"])


@pytest.mark.parametrize("reference", ["file:base.json", "run:{run}", "target:app", "branch:main"])
def test_a_worse_candidate_is_held_against_every_form_of_baseline(
    repository: Repository, reference: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = run(capsys)
    take_as_baseline(repository, "file:base.json")
    assert run_command_line(["baseline", "set", before]) == 0
    take_as_baseline(repository, reference.format(run=before))
    repository.record(30, 30)
    for _ in range(2):  # what was held is no baseline of the next one
        assert say(capsys, "gate", "deploy", code=1)["baseline_runs"] == {"system": before}
    repository.record(59, 1)
    shipped = say(capsys, "gate", "deploy")["runs"]["system"]
    moves = reference in ("target:app", "branch:main")
    assert say(capsys, "gate", "deploy")["baseline_runs"] == {"system": shipped if moves else before}


def test_a_branch_is_what_was_run_on_it(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    before = run(capsys)
    repository.git("checkout", "-q", "-b", "feature")
    repository.record(30, 30)
    take_as_baseline(repository, "branch:main")
    for _ in range(2):
        assert say(capsys, "gate", "deploy", code=1)["baseline_runs"] == {"system": before}
    take_as_baseline(repository, "branch:release")
    told = say(capsys, "gate", "deploy", code=65)["said"]
    assert "no finished run of suite 'system' for branch 'release' on core@" in told


def test_alternatives_are_no_baseline_of_a_branch(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    take_as_baseline(repository, "branch:main", '[targets.alt]\nkind = "recorded"\npath = "alt.jsonl"\n')
    text = (repository.path / "foretell.toml").read_text("utf-8")
    repository.write("foretell.toml", text.replace('target = "app"', 'target = "app"\nalternatives = ["alt"]'))
    repository.write_lines("alt.jsonl", ({"case_id": f"c-{at}", "output": "!", "success": False} for at in range(60)))
    runs = {one["target"]: one["id"] for one in say(capsys, "run")["runs"]}
    assert say(capsys, "gate", "deploy")["baseline_runs"] == {"system": runs["app"]}


def test_a_run_stands_for_all_suites_that_were_started_with_it(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    take_as_baseline(repository, "file:none.json", SECOND)
    runs = {one["suite"]: one["id"] for one in say(capsys, "run")["runs"]}
    take_as_baseline(repository, f"run:{runs['system']}", SECOND)
    text = (repository.path / "foretell.toml").read_text("utf-8")
    repository.write("foretell.toml", text.replace('suites = ["system"]', 'suites = ["system", "other"]'))
    assert say(capsys, "gate", "deploy")["baseline_runs"] == runs


def test_a_run_that_is_not_finished_is_no_baseline(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.write_lines(
        "outcomes.jsonl",
        ({"case_id": f"c-{at}", "output": "!", "success": True, "cost_usd": 0.01} for at in range(60)),
    )
    assert run_command_line(["run", "--max-cost", "0.05"]) == 2
    run_id = say(capsys, "runs")["runs"][0]["run"]["id"]
    take_as_baseline(repository, f"run:{run_id}")
    told = say(capsys, "gate", "deploy", code=65)["said"]
    assert f"run '{run_id}': is stopped, not done: no baseline can be made of it." in told


def test_a_run_in_a_shared_store(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two clones on one machine, as two runners have them: each knows the runs of the other."""
    text = (repository.path / "foretell.toml").read_text("utf-8")
    shared = f'name = "against"\nstore = "sqlite:///{tmp_path}/shared.db"'
    repository.write("foretell.toml", text.replace('name = "against"', shared))
    before = run(capsys)
    other = new_repository(tmp_path / "other")
    take_as_baseline(other, f"run:{before}")
    given = (other.path / "foretell.toml").read_text("utf-8")
    other.write("foretell.toml", given.replace('name = "against"', shared))
    other.record(30, 30)
    monkeypatch.chdir(other.path)
    decision = say(capsys, "gate", "deploy", "--record", "record.json", code=1)
    assert decision["baseline_runs"] == {"system": before}
    assert run_command_line(["verify-decision", "record.json"]) == 0
