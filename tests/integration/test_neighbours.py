"""Neighbours of cases and coverage, by the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from foretell.cli import run_command_line

PROJECT = """
[project]
name = "shop"

[targets.assistant]
kind = "command"
command = ["python3", "-c", '''
import json, sys
asked = json.load(sys.stdin)["input"]
print(json.dumps({"output": "" if "??" in asked or "?" not in asked else "parcel"}))
''']

[evalsets]
core = "evals/core"
wide = "evals/wide"

[suites.system]
layer = "system"
evalset = "wide"
target = "assistant"
scorers = ["contains_expected"]
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "foretell.toml").write_text(PROJECT)
    (tmp_path / "evals/core").mkdir(parents=True)
    cases = [
        {"id": f"c{number}", "input": f"Where is my parcel number {number}?", "expected": "parcel"}
        for number in range(12)
    ]
    cases.append({"id": "odd", "input": "How tall is the tower of Pisa", "expected": "56 m"})
    (tmp_path / "evals/core/working.jsonl").write_text("\n".join(map(json.dumps, cases)) + "\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORETELL_PSEUDONYM_KEY", "a long random text")
    return tmp_path


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert run_command_line([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_neighbours_keep_the_answer_and_say_where_they_come_from(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = asked(capsys, "evalset", "vary", "core", "--rules", "punctuation,polite", "--into", "wide")
    assert found["by_rule"] == {"punctuation": 13, "polite": 13}
    first = found["cases"][0]
    assert first == {
        "id": "c0~punctuation", "input": "Where is my parcel number 0??", "expected": "parcel",
        "metadata": {"varied_from": "c0", "rule": "punctuation"},
    }  # fmt: skip
    again = asked(capsys, "evalset", "vary", "wide", "--rules", "punctuation")
    assert len(again["cases"]) == 13
    assert len((shop / "evals/wide/working.jsonl").read_text().splitlines()) == 39


def test_a_run_sets_neighbours_beside_their_originals(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked(capsys, "evalset", "vary", "core", "--rules", "punctuation,polite", "--into", "wide")
    (run,) = asked(capsys, "run", "system")["runs"]
    found = {
        one["rule"]: (one["neighbours"]["value"], one["originals"]["value"], one["difference"]["n"])
        for one in run["robustness"]
    }
    assert found["punctuation"] == (0.0, pytest.approx(12 / 13), 13)
    assert found["polite"] == (pytest.approx(12 / 13), pytest.approx(12 / 13), 13)
    assert found["all"][2] == 13
    assert run_command_line(["runs"]) == 0
    assert "neighbours by punctuation succeed in 0.0 %, their originals in 92.3 %" in " ".join(
        capsys.readouterr().out.split()
    )


def test_unknown_rules_and_models_are_told_together(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["evalset", "vary", "core", "--rules", "typos", "--model", "assistant"]) == 64
    told = capsys.readouterr().err
    assert "'typos' is not known. Did you mean 'typo'?" in told
    assert "'assistant' is no model target" in told


def test_coverage_tells_what_no_case_reaches_and_what_nobody_asks(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = ["where is my parcel number 7, please"] * 3 + ["can I pay by invoice with my firm"]
    rows = [
        {"id": str(number), "at": "2026-11-01T10:00:00Z", "input": f"{questions[number % 4]}", "probability": 0.5}
        for number in range(40)
    ]
    (shop / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert run_command_line(["evalset", "coverage", "core"]) == 2
    asked(capsys, "traffic", "import", "t.jsonl")
    found = asked(capsys, "evalset", "coverage", "core")
    assert (found["covered"]["value"], found["covered"]["n"]) == (0.75, 40)
    assert found["covered"]["low"] < 0.75 < found["covered"]["high"]
    (region,) = found["regions"]
    assert (region["interactions"], region["share"], region["examples"]) == (
        10,
        0.25,
        ["can I pay by invoice with my firm"],
    )
    assert found["unasked"] == ["odd"]


def test_weights_of_cases_weigh_in_the_success_of_a_run(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [
        {"id": "often", "input": "x?", "expected": "parcel", "metadata": {"weight": 9}},
        {"id": "seldom", "input": "??", "expected": "parcel", "metadata": {"weight": 1}},
    ]
    (shop / "evals/wide").mkdir()
    (shop / "evals/wide/working.jsonl").write_text("\n".join(map(json.dumps, cases)) + "\n")
    (run,) = asked(capsys, "run", "system")["runs"]
    assert run["success"]["value"] == pytest.approx(0.9)
