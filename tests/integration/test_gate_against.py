"""`gate --against REV`: the revision is checked out beside the head, both run in turn, and nothing is left behind."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROJECT = """
[project]
name = "against"

[targets.app]
kind = "python"
call = "acme.app:answer"
fingerprints = { prompt = "prompts/*.md" }
concurrency = 2

[evalsets]
core = "cases.jsonl"

[suites.system]
layer = "system"
evalset = "core"
target = "app"
scorers = ["contains_expected"]

[gates.deploy]
suites = ["system"]
success = { at_least = 0.3, may_drop = 0.1 }
"""

APP = """
import os
from pathlib import Path
from typing import Any

PROMPT = (Path(__file__).parent.parent / "prompts" / "p.md").read_text().strip()


def answer(question, context):
    with open(os.environ["CALLS"], "a") as file:
        file.write(f"{PROMPT} {context['case_id']} {context['seed']} {os.getcwd()}\\n")
    return "yes" if PROMPT != "bad" or int(context["case_id"][2:]) % 2 else "no"
"""


@dataclass
class Repository:
    """A project under version control, whose application notes every call."""

    path: Path
    calls: Path

    def write(self, name: str, text: str) -> None:
        place = self.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")

    def git(self, *words: str) -> str:
        told = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *told, *words], cwd=self.path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self) -> str:
        """Commit the whole folder; the revision."""
        self.git("add", "-A", ".")
        self.git("commit", "-q", "--allow-empty", "-m", "x")
        return self.git("rev-parse", "HEAD")

    def foretell(self, *words: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error of a command."""
        done = subprocess.run(
            [sys.executable, "-m", "foretell", *words],
            cwd=self.path,
            env={**os.environ, "CALLS": str(self.calls), "TMPDIR": str(self.calls.parent)},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def decision(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Exit code and JSON of the gate's decision."""
        code, out, err = self.foretell("gate", "deploy", *words, "--json")
        assert out, err
        return code, json.loads(out)

    def starts(self) -> list[tuple[str, ...]]:
        """(prompt, case, seed, folder) of every call, in the order in which they started."""
        return [tuple(line.split(" ")) for line in self.calls.read_text("utf-8").splitlines()]

    def left(self) -> list[str]:
        """Checkouts that are still there, for git or on disk."""
        listed = self.git("worktree", "list", "--porcelain").splitlines()
        trees = [line for line in listed if line.startswith("worktree ")][1:]
        return [*trees, *map(str, self.calls.parent.glob("foretell-checkout-*"))]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """60 cases that all succeed, in one commit."""
    folder = tmp_path / "repository"
    folder.mkdir()
    made = Repository(folder, tmp_path / "calls")
    made.git("init", "-q", "-b", "main")
    cases = "".join(json.dumps({"id": f"c-{at}", "input": "?", "expected": "yes"}) + "\n" for at in range(60))
    made.write("cases.jsonl", cases)
    made.write("foretell.toml", PROJECT)
    made.write("acme/__init__.py", "")
    made.write("acme/app.py", APP)
    made.write("prompts/p.md", "good\n")
    made.write(".gitignore", ".foretell/\n__pycache__/\n")
    made.commit()
    return made


def test_a_worse_prompt_is_held_against_the_revision_before_it(repository: Repository) -> None:
    base = repository.git("rev-parse", "HEAD")
    repository.write("prompts/p.md", "bad\n")
    head = repository.commit()
    code, decision = repository.decision("--against", "HEAD~1")
    assert (code, decision["ruling"], repository.left()) == (1, "hold", [])
    assert [line.partition(" ")[2].split(" ")[0] for line in decision["changed"]] == ["code", "prompt"]
    assert decision["changed"][0] == f"app: code {base[:12]} → {head[:12]}"

    starts = repository.starts()
    assert len(starts) == 120
    sides = {side: [start for start in starts if start[0] == side] for side in ("good", "bad")}
    assert sorted(start[1:3] for start in sides["good"]) == sorted(start[1:3] for start in sides["bad"])
    assert {start[3] for start in sides["bad"]} == {str(repository.path)}
    assert {Path(start[3]).name for start in sides["good"]} == {"tree"}
    balance = [sum(1 if start[0] == "good" else -1 for start in starts[: at + 1]) for at in range(120)]
    assert max(map(abs, balance)) <= 12  # neither side runs ahead by more than a few rounds


def test_an_unknown_revision_is_refused(repository: Repository) -> None:
    code, _, said = repository.foretell("gate", "deploy", "--against", "mian")
    assert (code, "revision 'mian': is not known" in said, "Did you mean 'main'?" in said) == (64, True, True)
