"""What the command line shows, as text to be reviewed: every help, and the form of every JSON object.

`python -m tests.architecture.faces` writes the snapshots and docs/cli.md anew.
"""

import importlib.util
import io
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from foretell import cli
from tests.architecture.source import ROOT
from tests.e2e.recorded_project import change, write_lines, write_project

SNAPSHOTS = Path(__file__).parent / "snapshots"

# Objects whose keys are names that a project chose: one line stands for all of them.
NAMED = frozenset(
    {
        "examples",
        "fingerprints",
        "fired",
        "modes",
        "params",
        "references",
        "runs",
        "baseline_runs",
        "anchor_runs",
        "scores",
        "slices",
    }
)

# (how the JSON is had, after what, and the code that the command ends with)
TAKEN_IN = "traffic import traffic.jsonl --ephemeral-key"

JSON_COMMANDS: list[tuple[str, tuple[str, ...], int]] = [
    ("doctor", (), 0),
    ("evalset import core more.jsonl", (), 0),
    ("evalset freeze frozen", (), 0),
    ("evalset list", (), 0),
    ("evalset show core", (), 0),
    ("evalset diff frozen", ("evalset freeze frozen",), 0),
    ("evalset coverage core --window 30d", (TAKEN_IN,), 0),
    ("evalset vary core", (), 0),
    (TAKEN_IN, (), 0),
    ("traffic list", (TAKEN_IN,), 0),
    ("traffic sample --window 30d", (TAKEN_IN,), 0),
    ("traffic verify --ephemeral-key", (TAKEN_IN,), 0),
    ("traffic prune --older-than 1d", (TAKEN_IN,), 0),
    ("traffic forget --subject <email:abcdefghij>", (TAKEN_IN,), 0),
    ("run", (), 0),
    ("run --dry-run", (), 0),
    ("runs", ("run",), 0),
    ("gate drop", ("run", "baseline set --gate drop"), 1),
    ("gate drop --aa 1", ("run", "baseline set --gate drop"), 0),
    ("drill --fault tool_slow", (), 2),
    ("plan drop", ("run", "baseline set --gate drop"), 0),
    ("verify-decision record.json", ("run", "baseline set --gate drop", "gate drop --record record.json"), 0),
    ("compare target:recording latest", ("run", "run"), 0),
    ("failures latest", ("run",), 0),
    ("steps latest", ("run",), 0),
    ("contracts learn latest", ("run",), 0),
    ("contracts show steps", ("run", "contracts learn latest"), 0),
    ("cost latest", ("run",), 0),
    ("report latest", ("run",), 0),
    ("show latest/c-39", ("run",), 0),
]


def reference() -> ModuleType:
    """docs/make_cli.py, which is no module of a package."""
    place = importlib.util.spec_from_file_location("make_cli", ROOT / "docs" / "make_cli.py")
    assert place is not None
    assert place.loader is not None
    script = importlib.util.module_from_spec(place)
    place.loader.exec_module(script)
    return script


def full_names() -> Iterator[tuple[str, Any]]:
    """Every command by its full name, groups and what is in them."""
    commands = reference().commands
    return (pair for name in cli.COMMANDS for pair in commands(name))


def help_text() -> str:
    """Every help, at the width that it has without a terminal."""
    parts = []
    for name in ["", *(name for name, _ in full_names())]:
        words = [*name.split(), "--help"]
        parts.append(f"$ foretell {' '.join(words)}\n\n{told(words)}")
    return "\n".join(parts)


def told(words: list[str], code: int = 0) -> str:
    """What a command prints when it ends as it should."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        ended = cli.run_command_line(words)
    assert ended == code, f"foretell {' '.join(words)}: {ended}\n{out.getvalue()}{err.getvalue()}"
    return out.getvalue()


def json_text(folder: Path) -> str:
    """The form of every JSON object, each had in a project of its own below the folder, which is the working one."""
    parts = []
    for number, (words, before, code) in enumerate(JSON_COMMANDS):
        place = folder / str(number)
        place.mkdir()
        write_sets(place)
        os.chdir(place)
        for earlier in before:
            told(earlier.split(), 1 if earlier.startswith("gate") else 0)
        value = json.loads(told([*words.split(), "--json"], code))
        lines = sorted(set(_forms(value, "")))
        parts.append(f"## {words}: {value['schema']}\n" + "".join(f"{line}\n" for line in lines))
        os.chdir(folder)
    return "\n".join(parts)


def write_sets(place: Path) -> None:
    """A project with failures and the steps at which they start, a set to freeze and cases to import."""
    write_project(place, good=20, bad=20)
    outcomes = place / "outcomes.jsonl"
    spans: list[dict[str, object]] = [{"name": name, "kind": "tool"} for name in ("look_up", "pay")]
    broken = [{**span, "error": "it raised"} for span in spans]
    rows = [json.loads(line) for line in outcomes.read_text(encoding="utf-8").splitlines()]
    write_lines(outcomes, [{**row, "spans": spans if row["success"] else broken} for row in rows])
    change(place / "foretell.toml", 'core = "cases.jsonl"', 'core = "cases.jsonl"\nfrozen = "frozen"')
    case: dict[str, object] = {"id": "new", "input": "?", "expected": "!", "slices": {"topic": "t"}}
    write_lines(place / "more.jsonl", [case])
    asked: dict[str, object] = {"input": "where is it", "release": "r1", "feedback": {"resolved": True}}
    times = [f"2026-11-01T10:00:0{number}Z" for number in range(4)]
    write_lines(place / "traffic.jsonl", [{"id": time, "at": time, **asked} for time in times])
    write_lines(place / "frozen" / "working.jsonl", [case])


def _forms(value: Any, at: str) -> Iterator[str]:
    """`place: type` for everything inside a value."""
    if isinstance(value, dict):
        if not value:
            yield f"{at}: {{}}"
        is_named = at.rpartition(".")[2] in NAMED
        for key, inner in value.items():
            name = "*" if is_named else key
            yield from _forms(inner, f"{at}.{name}" if at else name)
    elif isinstance(value, list):
        yield f"{at}: []"
        for inner in value:
            yield from _forms(inner, f"{at}[]")
    else:
        kind = "null" if value is None else {bool: "bool", str: "text"}.get(type(value), "number")
        yield f"{at}: {kind}"


def write_anew() -> None:
    """Write all snapshots and the reference."""
    SNAPSHOTS.mkdir(exist_ok=True)
    (SNAPSHOTS / "help.txt").write_text(help_text(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        text = json_text(Path(folder))
        os.chdir(ROOT)
    (SNAPSHOTS / "json.txt").write_text(text, encoding="utf-8")
    script = reference()
    script.PAGE.write_text(script.page(), encoding="utf-8")


if __name__ == "__main__":
    write_anew()
