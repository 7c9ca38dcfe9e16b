"""`gate --against REV` with an application in worker processes: each side runs its own code, in turn, and a run that
was cut short goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.git_repository import Repository, new_repository

TARGET = 'kind = "python"\ncall = "acme.app:answer"\nfingerprints = { prompt = "prompts/*.md" }\nconcurrency = 2'

APP = """
import os
import time
from pathlib import Path

PROMPT = Path("prompts/p.md").read_text().strip()


def answer(question, context):
    with open(os.environ["CALLS"], "a") as file:
        file.write(f"{PROMPT} {context['case_id']} {context['seed']} {os.getcwd()}\\n")
    time.sleep(float(os.environ.get("PAUSE", "0")))
    return "yes" if PROMPT != "bad" or int(context["case_id"][2:]) % 2 else "no"
"""


@dataclass
class Lab:
    """A repository with an application that notes every call in a file."""

    repository: Repository
    folder: Path

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """A command that is under way."""
        return subprocess.Popen(
            [sys.executable, "-m", "foretell", *words],
            cwd=self.repository.path,
            env={**os.environ, "CALLS": str(self.folder / "calls"), "TMPDIR": str(self.folder), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def foretell(self, *words: str, **environment: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error of a command."""
        process = self.start(*words, **environment)
        out, err = process.communicate()
        return process.returncode, out, err

    def decision(self, *words: str, **environment: str) -> tuple[int, dict[str, Any]]:
        """Exit code and JSON of the gate's decision."""
        code, out, err = self.foretell("gate", "deploy", *words, "--json", **environment)
        assert out, err
        return code, json.loads(out)

    def starts(self) -> list[list[str]]:
        """(prompt, case, seed, folder) of every call, in the order in which they started."""
        calls = self.folder / "calls"
        return [line.split(" ") for line in calls.read_text("utf-8").splitlines()] if calls.exists() else []

    def left(self) -> list[str]:
        return self.repository.left(self.folder)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A good prompt in the first commit, a bad one in the second."""
    made = Lab(new_repository(tmp_path / "repository"), tmp_path)
    made.repository.write_project(TARGET, "contains_expected")
    made.repository.write("acme/__init__.py", "")
    made.repository.write("acme/app.py", APP)
    made.repository.write("prompts/p.md", "good\n")
    made.repository.commit()
    made.repository.write("prompts/p.md", "bad\n")
    made.repository.commit()
    return made


def test_a_worse_prompt_is_held_and_both_sides_ran_in_turn_on_the_same_seeds(lab: Lab) -> None:
    base, head = (lab.repository.git("rev-parse", name) for name in ("HEAD~1", "HEAD"))
    code, decision = lab.decision("--against", "HEAD~1")
    assert (code, decision["ruling"], lab.left()) == (1, "hold", [])
    assert decision["changed"][0] == f"app: code {base[:12]} → {head[:12]}"
    assert decision["changed"][1].startswith("app: prompt ")
    assert decision["changed"][2:] == ["files: prompts/p.md"]

    starts = lab.starts()
    sides = {side: [start for start in starts if start[0] == side] for side in ("good", "bad")}
    assert (len(starts), len(sides["good"])) == (120, 60)
    assert sorted(start[1:3] for start in sides["good"]) == sorted(start[1:3] for start in sides["bad"])
    assert {start[3] for start in sides["bad"]} == {str(lab.repository.path)}
    assert {Path(start[3]).name for start in sides["good"]} == {"tree"}
    ahead = [sum(1 if start[0] == "good" else -1 for start in starts[: at + 1]) for at in range(len(starts))]
    assert max(map(abs, ahead)) <= 12  # four rounds of two, and what is under way on both sides


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.full)],
    ids=lambda one: one.name,
)
def test_a_run_that_was_cut_short_goes_on_with_its_revision(lab: Lab, number: signal.Signals) -> None:
    process = lab.start("gate", "deploy", "--against", "HEAD~1", PAUSE="0.05")
    until = time.monotonic() + 60
    while len(lab.starts()) < 20 and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(number)
    process.communicate()
    is_killed = number == signal.SIGKILL
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}.get(number, -number)
    assert bool(lab.left()) == is_killed
    before = len(lab.starts())
    assert before < 120

    code, out, said = lab.foretell("run", "--resume", "latest", "--json")
    assert (code, lab.left()) == (0, []), said
    after = lab.starts()[before:]
    assert {(start[0], Path(start[3]).name) for start in after} == {("good", "tree"), ("bad", "repository")}
    assert len(after) <= 120 - before + 20
    assert sorted(run["success"]["value"] for run in json.loads(out)["runs"]) == [0.5, 1.0]


def test_an_application_on_the_path_by_its_absolute_folder_is_taken_from_the_checkout(lab: Lab) -> None:
    """As an editable installation, or PYTHONPATH, puts it there; the scorer is the head's for both sides."""
    lab.repository.git("checkout", "-q", "HEAD~1")
    lab.repository.git("mv", "acme", "lib")
    lab.repository.write("packages/src/acme/__init__.py", "PROMPT = 'old'\n")
    lab.repository.write("packages/src/acme/app.py", APP.replace('Path("prompts/p.md").read_text().strip()', '"old"'))
    lab.repository.commit()
    lab.repository.write("packages/src/acme/app.py", APP.replace('Path("prompts/p.md").read_text().strip()', '"new"'))
    path = str(lab.repository.path / "packages" / "src")
    code, decision = lab.decision("--against", "HEAD", PYTHONPATH=path)
    assert (code, decision["ruling"]) == (0, "ship")
    assert {(start[0], Path(start[3]).name) for start in lab.starts()} == {("old", "tree"), ("new", "repository")}
