"""A sound project of recorded outcomes, for tests that give it commands, and ways to write its files otherwise."""

import json
from collections.abc import Iterable
from pathlib import Path

PROJECT = """
[project]
name = "codes"

[targets.recording]
kind = "recorded"
path = "outcomes.jsonl"

[evalsets]
core = "cases.jsonl"

[suites.system]
layer = "system"
evalset = "core"
target = "recording"
scorers = ["recorded"]

[gates.floor]
suites = ["system"]
success = { at_least = 0.8 }

[gates.drop]
suites = ["system"]
baseline = "file:baseline.json"
success = { at_least = 0.8, may_drop = 0.1 }
"""


def write_project(folder: Path, good: int = 40, bad: int = 0, text: str = PROJECT) -> None:
    """A project with recorded outcomes; `text` is its file."""
    write_text(folder / "foretell.toml", text)
    write_outcomes(folder, good, bad)


def write_outcomes(folder: Path, good: int, bad: int = 0) -> None:
    """Cases `c-0`, `c-1` … of which the first `good` went well, and their recorded outcomes; each costs a cent."""
    cases = [{"id": f"c-{number}", "input": "?"} for number in range(good + bad)]
    outcomes = [
        {"case_id": case["id"], "output": "!", "success": number < good, "cost_usd": 0.01}
        for number, case in enumerate(cases)
    ]
    write_lines(folder / "cases.jsonl", cases)
    write_lines(folder / "outcomes.jsonl", outcomes)


def write_text(path: Path, text: str) -> None:
    """A file with this text, its folder made when it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_lines(path: Path, rows: Iterable[dict[str, object]]) -> None:
    """A JSON Lines file of these objects."""
    write_text(path, "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows))


def change(path: Path, old: str, new: str) -> None:
    """Replace what stands in a file; it must stand there."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path} does not hold {old!r}"
    write_text(path, text.replace(old, new))
