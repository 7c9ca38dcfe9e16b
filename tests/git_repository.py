"""A project under version control, for tests that compare revisions of it."""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROJECT = """
[project]
name = "against"

[targets.app]
{target}

[evalsets]
core = "cases.jsonl"

[suites.system]
layer = "system"
evalset = "core"
target = "app"
scorers = ["{scorer}"]

[gates.deploy]
suites = ["system"]
success = {{ at_least = 0.3, may_drop = 0.1 }}
"""

RECORDED = 'kind = "recorded"\npath = "outcomes.jsonl"'


@dataclass(frozen=True)
class Repository:
    """A repository in a folder."""

    path: Path

    def write(self, name: str, text: str) -> None:
        """A file with this text."""
        place = self.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")

    def write_lines(self, name: str, rows: Iterable[object]) -> None:
        """A JSON Lines file of these objects."""
        self.write(name, "".join(f"{json.dumps(row)}\n" for row in rows))

    def write_project(self, target: str = RECORDED, scorer: str = "recorded", cases: int = 60) -> None:
        """A project file with this target, and its cases."""
        self.write("foretell.toml", PROJECT.format(target=target, scorer=scorer))
        self.write_lines("cases.jsonl", ({"id": f"c-{at}", "input": "?", "expected": "yes"} for at in range(cases)))

    def record(self, good: int, bad: int) -> None:
        """Recorded outcomes, the good ones first."""
        self.write_lines(
            "outcomes.jsonl",
            ({"case_id": f"c-{at}", "output": "!", "success": at < good} for at in range(good + bad)),
        )

    def git(self, *words: str) -> str:
        """What a git command says."""
        told = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *told, *words], cwd=self.path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self) -> str:
        """Commit all there is; the revision."""
        self.git("add", "-A", ".")
        self.git("commit", "-q", "--allow-empty", "-m", "x")
        return self.git("rev-parse", "HEAD")

    def left(self, temporary: Path) -> list[str]:
        """Checkouts that are still there, for git or on disk."""
        listed = self.git("worktree", "list", "--porcelain").splitlines()
        trees = [line for line in listed if line.startswith("worktree ")][1:]
        return [*trees, *map(str, temporary.glob("foretell-checkout-*"))]


def new_repository(folder: Path) -> Repository:
    """An empty one, whose main branch is `main`."""
    folder.mkdir(parents=True)
    made = Repository(folder)
    made.git("init", "-q", "-b", "main")
    made.write(".gitignore", ".foretell/\n__pycache__/\n*.json\n")
    return made
