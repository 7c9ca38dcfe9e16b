"""Traffic replayed through a Python target with a tool."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from foretell.cli import run_command_line
from foretell.wiring import open_house, open_project

PROJECT = """
[project]
name = "shop"

[targets.assistant]
kind = "python"
call = "app:answer"
steps = { lookup = { call = "app:lookup", kind = "tool" } }

[suites.replay]
layer = "behavioural"
target = "assistant"
scorers = ["no_refusal", "not_truncated"]
traffic = { source = "t.jsonl", window = "30d", share = 1.0 }
"""
APP = """
def lookup(order):
    return {"status": "live"}

def answer(question):
    first, second = lookup(question), lookup(question)
    return f"{first.get('status')} {second.get('status', second.get('error'))}"
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "foretell.toml").write_text(PROJECT)
    (tmp_path / "app.py").write_text(APP)
    span = {"name": "lookup", "kind": "tool", "output": {"status": "shipped"}}
    rows = [
        {"id": "a", "at": "2026-11-01T10:00:00Z", "input": "LK-1", "output": "It has been shipped.", "spans": [span],
         "cost_usd": 0.01},
        {"id": "b", "at": "2026-11-01T10:00:01Z", "input": "LK-2"},
    ]  # fmt: skip
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def outputs(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, list[Any]]:
    """What each target of the replay answered, in the order of the cases."""
    assert run_command_line(["run", "--ephemeral-key", "--json", *words]) == 0
    found: dict[str, list[Any]] = {}
    for run in json.loads(capsys.readouterr().out)["runs"]:
        tally = run["tally"]
        found[run["target"]] = [tally["successes"], tally["failures"], tally["unscored"], run["id"]]
    return found


def answers(run: str, capsys: pytest.CaptureFixture[str], shop: Path) -> list[Any]:
    async def read() -> list[Any]:
        async with open_house(open_project(str(shop / "foretell.toml"))) as house:
            rows = [await house.store.facts.trial(run, number, 0) for number in range(2)]
            return [row.record.outcome.output for row in rows if row is not None]

    capsys.readouterr()
    return asyncio.run(read())


def test_tools_give_what_they_gave_and_production_stands_beside(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = outputs(capsys)
    stub = "this is a replay: no result was recorded for this call"
    assert found["assistant"][:3] == [2, 0, 0]
    assert found["production"][:3] == [1, 0, 1]
    assert answers(found["assistant"][3], capsys, shop) == [f"shipped {stub}", f"None {stub}"]
    assert answers(found["production"][3], capsys, shop)[0] == "It has been shipped."


def test_live_tools_are_called_when_asked_for(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = outputs(capsys, "--live-tools")
    assert answers(found["assistant"][3], capsys, shop) == ["live live", "live live"]


def test_both_sides_count_by_conversation(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {
            "id": name,
            "at": f"2026-11-01T10:00:0{place}Z",
            "input": name,
            "output": "yes",
            "conversation_id": f"c{place // 2}",
        }
        for place, name in enumerate("abcd")
    ]
    (shop / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert run_command_line(["run", "--ephemeral-key", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["runs"]
    assert [(run["target"], run["success"]["n"], run["success"]["unit"]) for run in found] == [
        ("assistant", 2, "conversation"),
        ("production", 2, "conversation"),
    ]
