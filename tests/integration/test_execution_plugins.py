"""Targets and scorers of others that keep no promise: their trials are unscored or failed, and the run goes on."""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foretell.adapters.store import open_store
from foretell.cli import run_command_line

PLUGINS = '''
import sys
from foretell import scorer
from foretell.core.domain.trial import Outcome

class Odd:
    """Answers what its question says, JSON or not."""
    def connect(self, tools):
        return self
    async def answer(self, turn):
        if turn.input == "object":
            return Outcome(object())
        if turn.input == "quit":
            sys.exit(0)
        return Outcome(turn.input)
    async def aclose(self):
        pass

@scorer
def picky(trial):
    if trial.text == "leave":
        sys.exit(0)
    return {"no": "score"} if trial.text == "strange" else trial.text == "fine"
'''
PROJECT = """
[project]
name = "odd"
[targets.odd]
kind = "plugins:Odd"
[evalsets]
core = "core.jsonl"
[suites.s]
layer = "system"
evalset = "core"
target = "odd"
scorers = ["plugins:picky"]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "plugins.py").write_text(PLUGINS)
    (tmp_path / "foretell.toml").write_text(PROJECT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "plugins", raising=False)
    yield tmp_path
    sys.modules.pop("plugins", None)


async def ends_of(folder: Path, count: int) -> list[tuple[str, str | None, str]]:
    store = open_store("sqlite:///.foretell/store.db", folder)
    try:
        (run,) = await store.facts.runs()
        assert run.status == "done"
        rows = [await store.facts.trial(run.id, number, 0) for number in range(count)]
        return [(row.conclusion.state, row.conclusion.mode, row.conclusion.reason) for row in rows if row]
    finally:
        await store.aclose()


def test_nothing_that_a_plugin_does_ends_the_run(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = ["fine", "wrong", "object", "quit", "leave", "strange"]
    lines = [json.dumps({"id": question, "input": question}) for question in questions]
    (project / "core.jsonl").write_text("\n".join(lines))
    assert run_command_line(["run", "--json"]) == 0
    tally = json.loads(capsys.readouterr().out)["runs"][0]["tally"]
    assert (tally["successes"], tally["failures"], tally["unscored"]) == (1, 1, 4)
    ends = asyncio.run(ends_of(project, len(questions)))
    assert ends[:2] == [("success", None, ""), ("failure", "unnamed", "picky")]
    assert [state for state, _, _ in ends[2:]] == ["unscored"] * 4
    reasons = [reason for _, _, reason in ends[2:]]
    assert "cannot be stored" in reasons[0]
    assert reasons[1:] == [
        "SystemExit: 0",
        "picky: SystemExit: 0",
        "picky: it gave a dict; a score is true, false, a number or text",
    ]
