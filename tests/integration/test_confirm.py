"""Proof by substitution: the blame is confirmed for the step that broke, and for no other."""

import json
from pathlib import Path

import pytest

from foretell import cli

PROJECT = """
[project]
name = "shop"
[targets.shop]
kind = "python"
call = "shop:answer"
isolate = false
steps = { search = "shop:search", tidy = { call = "shop:tidy", kind = "postprocess" } }
[evalsets]
core = "cases.jsonl"
[scorers.found]
use = "retrieval_rank"
at_least = 1.0
[scorers.kept]
use = "content_kept"
[suites.system]
layer = "system"
evalset = "core"
target = "shop"
scorers = ["contains_expected", "found", "kept"]
success = "contains_expected"
"""
# What breaks is read anew from a file, since a module is imported once in a process.
SHOP = """
import pathlib

TEXTS = {"returns": "Returns take 45 days.", "ropes": "Ropes stay with you."}

def broken():
    return pathlib.Path(__file__).with_name("broken").read_text()

def search(question):
    name = question if broken() != "search" else {"returns": "ropes", "ropes": "returns"}[question]
    return [{"id": name, "text": TEXTS[name]}]

def tidy(text):
    return "Hello." if broken() == "tidy" else text

def answer(question):
    text = search(question)[0]["text"]
    return "Nothing." if broken() == "answer" else tidy(text)
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A run in which all went well is stored."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "shop", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    rows = [
        {"id": "r", "input": "returns", "expected": {"facts": ["45 days"], "documents": ["returns"]}},
        {"id": "o", "input": "ropes", "expected": {"facts": ["Ropes"], "documents": ["ropes"]}},
    ]
    (tmp_path / "cases.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    (tmp_path / "foretell.toml").write_text(PROJECT, "utf-8")
    (tmp_path / "shop.py").write_text(SHOP, "utf-8")
    (tmp_path / "broken").write_text("", "utf-8")
    assert cli.run_command_line(["run"]) == 0
    capsys.readouterr()
    return tmp_path


def verdicts(capsys: pytest.CaptureFixture[str], *words: str) -> list[tuple[str, str]]:
    capsys.readouterr()
    assert cli.run_command_line(["steps", "--confirm", "--json", *words]) == 0
    return [(one["step"], one["verdict"]) for one in json.loads(capsys.readouterr().out)["replays"]]


def test_a_good_output_of_the_step_that_broke_confirms_the_blame(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "broken").write_text("search", "utf-8")
    assert cli.run_command_line(["run"]) == 0
    assert verdicts(capsys) == [("search", "confirmed")] * 2
    (shop / "broken").write_text("", "utf-8")
    assert verdicts(capsys) == [("search", "flaky")] * 2
    (shop / "broken").write_text("answer", "utf-8")
    assert verdicts(capsys) == [("search", "suspected")] * 2


def test_what_a_proof_asks_for_is_told_before_and_kept_to(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "broken").write_text("search", "utf-8")
    assert cli.run_command_line(["run"]) == 0
    capsys.readouterr()
    priced = PROJECT.replace("isolate = false\n", "isolate = false\nmax_cost_per_trial = 0.5\n")
    (shop / "foretell.toml").write_text(priced, "utf-8")
    assert cli.run_command_line(["run"]) == 0
    capsys.readouterr()
    assert verdicts(capsys, "--max-cost", "9", "--baseline", first_run(capsys)) == [("search", "confirmed")] * 2
    assert cli.run_command_line(["steps", "--confirm", "--baseline", first_run(capsys), "--max-cost", "0.7"]) == 0
    said = capsys.readouterr()
    assert "at most 4 trials in 1 run, cost at most $2.00" in said.err
    assert "unscored" in said.out
    assert cli.run_command_line(["steps", "--confirm", "--max-cost", "0"]) == 2


def first_run(capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.run_command_line(["runs", "--json"]) == 0
    return json.loads(capsys.readouterr().out)["runs"][-1]["run"]["id"]


def test_without_a_good_output_nothing_is_replayed(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "broken").write_text("search", "utf-8")
    assert cli.run_command_line(["run"]) == 0
    assert verdicts(capsys, "--baseline", "latest") == [("search", "no-good-output")] * 2
    assert cli.run_command_line(["steps", "--confirm"]) == 0
    said = capsys.readouterr().out
    assert "Blame in" in said
    assert "confirmed  suspected  flaky" in said
