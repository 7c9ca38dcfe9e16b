"""A person forgotten: nowhere in the store, its file or the eval sets is anything left that they said."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from foretell.adapters.store.squeeze import unsqueeze
from foretell.cli import run_command_line
from foretell.core.domain.people import Rating
from foretell.wiring import open_house, open_project

PROJECT = """
[project]
name = "shop"

[targets.assistant]
kind = "python"
call = "app:answer"

[evalsets]
asked = "evals/asked"
hand = "evals/hand.jsonl"

[suites.asked]
layer = "behavioural"
target = "assistant"
evalset = "asked"
scorers = ["no_refusal"]
"""
APP = """
def answer(question):
    return f"You said: {question}"
"""
ADA, PIECE = "ada@x.example", 24
WORDS = ("parcel", "refund", "shoes", "lamp", "tent", "kettle", "rope", "boots", "stove", "map")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "foretell.toml").write_text(PROJECT)
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals/hand.jsonl").write_text('{"id": "h", "input": "by hand"}\n')
    rows = [
        {
            "id": f"i{number}", "at": f"2026-11-01T10:{number:02d}:00Z", "conversation_id": f"c{number}",
            "input": f"{word} number {number * 7919} never came" + (f", write to {ADA}" if number % 5 == 0 else ""),
            "output": f"we look for the {word} of {ADA if number % 5 == 0 else 'yours'}",
        }
        for number, word in enumerate(WORDS * 4)
    ]  # fmt: skip
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORETELL_PSEUDONYM_KEY", "a long random text")
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert run_command_line([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def bodies(shop: Path) -> list[bytes]:
    """Every compressed value in the store."""
    with closing(sqlite3.connect(shop / ".foretell/store.db")) as connection:
        tables = ("interactions", "cases", "transcripts")
        return [body for table in tables for (body,) in connection.execute(f"select body from {table}")]


def rate(item: str) -> None:
    async def add() -> None:
        async with open_house(open_project()) as house:
            await house.store.people.add([Rating(item, "jo", "good")])

    asyncio.run(add())


def test_a_person_is_forgotten_everywhere_and_scores_stay(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "traffic", "import", "t.jsonl", "--upstream", "1")
    with closing(sqlite3.connect(shop / ".foretell/store.db")) as other:  # as long as it is open, the log stays
        assert other.execute("select count(*) from interactions").fetchone() == (40,)
        forget_ada(shop, capsys)


def forget_ada(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "traffic", "sample", "--at-most", "40", "--into", "asked")
    told(capsys, "evalset", "freeze", "asked")
    runs = told(capsys, "run", "asked")["runs"]
    cases = [json.loads(line) for line in (shop / "evals/asked/v1.jsonl").read_text().splitlines()]
    hers = [case["id"] for case in cases if "<email:" in case["input"]]
    for name in hers[:1]:
        rate(f"{runs[0]['id']}/{name}/0")
        rate(name)
    secret = [body for body in bodies(shop) if b"<email:" in unsqueeze(body)]
    assert (len(hers), len(secret)) == (8, 8 + 8 + 2 * 8)
    assert told(capsys, "traffic", "forget", "--subject", ADA, "--dry-run")["removed"] == 0
    assert sorted(bodies(shop)) == sorted([*secret, *(body for body in bodies(shop) if body not in secret)])

    found = told(capsys, "traffic", "forget", "--subject", ADA)

    assert (found["removed"], found["trials"], len(found["runs"]), found["ratings"]) == (8, 16, 2, 2)
    assert [(one["version"], one["cases"]) for one in found["sets"]] == [("asked@v1", 8), ("asked@working", 8)]
    assert found["sets"][0]["before"] != found["sets"][0]["after"]
    left = bodies(shop)
    assert not any(b"<email:" in unsqueeze(body) for body in left)
    on_disk = b"".join(path.read_bytes() for path in (shop / ".foretell").iterdir())
    pieces = {body[at : at + PIECE] for body in secret for at in range(0, len(body) - PIECE, 8)}
    kept = b"\0".join(left)
    assert [piece for piece in pieces if piece in on_disk and piece not in kept] == []
    assert "<email:" not in "".join(path.read_text() for path in (shop / "evals").rglob("*.*"))
    assert told(capsys, "traffic", "list")["interactions"] == 32


def test_what_was_emptied_is_shown_as_such_and_counts_on(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "traffic", "import", "t.jsonl", "--upstream", "1")
    told(capsys, "traffic", "sample", "--at-most", "40", "--into", "asked")
    told(capsys, "evalset", "freeze", "asked")
    runs = told(capsys, "run", "asked")["runs"]
    assert run_command_line(["traffic", "forget", "--subject", ADA]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "8 interactions removed." in text
    assert "16 trials of 2 runs emptied; their scores stay." in text
    assert "git still has the old content" in text
    again = told(capsys, "traffic", "forget", "--subject", ADA)
    assert (again["removed"], again["trials"], again["sets"]) == (0, 0, [])
    shown = told(capsys, "runs")["runs"]
    assert {one["run"]["note"] for one in shown} == {"a person was forgotten: trials without their content: 8"}
    assert [one["tally"]["successes"] for one in shown if one["run"]["id"] == runs[0]["id"]] == [40]
    assert told(capsys, "evalset", "show", "asked@1")["version"] == "v1"
    told(capsys, "run", "asked")
    assert run_command_line(["failures", runs[0]["id"]]) == 0
    with closing(sqlite3.connect(shop / ".foretell/store.db")) as connection:
        assert connection.execute("select count(*) from case_sets").fetchone() == (2,)


def test_a_set_that_would_be_empty_keeps_a_case_without_content(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "traffic", "import", "t.jsonl", "--upstream", "1")
    case = {"id": "only", "input": "x", "metadata": {"origin": "traffic", "conversation_id": "0" * 20}}
    (shop / "evals/hand.jsonl").write_text(json.dumps(case))
    found = told(capsys, "traffic", "forget", "--subject", "0" * 20)
    assert [(one["cases"], one["version"][:9]) for one in found["sets"]] == [(1, "hand@sha-")]
    assert json.loads((shop / "evals/hand.jsonl").read_text()) == {"id": "removed", "input": "[removed]"}
