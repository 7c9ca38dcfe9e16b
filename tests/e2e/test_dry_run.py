"""What a run will cost, told before anything is asked."""

import json
from pathlib import Path

import pytest

from foretell import cli
from tests.e2e.recorded_project import write_lines, write_text

PROJECT = """
[project]
name = "told"

[targets.priced]
kind = "model"
model = "openai:m"
url = "http://127.0.0.1:9/v1"
price = { input = 0.0, output = 10.0 }
max_tokens = 50

[targets.capped]
kind = "http"
url = "http://127.0.0.1:9/answer"
answer = "text"
max_cost_per_trial = 0.25

[targets.open]
kind = "model"
model = "openai:m"
url = "http://127.0.0.1:9/v1"
price = { input = 0.0, output = 10.0 }

[evalsets]
core = "cases.jsonl"

[suites.system]
layer = "system"
evalset = "core"
target = "priced"
alternatives = ["capped", "open"]
scorers = ["contains_expected"]
repeats = 3
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lines(tmp_path / "cases.jsonl", ({"id": f"c-{number}", "input": "?", "expected": "yes"} for number in (1, 2)))
    write_text(tmp_path / "foretell.toml", PROJECT)
    monkeypatch.chdir(tmp_path)


def test_money_is_told_by_tokens_and_price_or_by_the_limit_of_a_trial(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run_command_line(["run", "--dry-run", "--json"]) == 0
    runs = json.loads(capsys.readouterr().out)["runs"]
    version = runs[0]["evalset"]
    priced = pytest.approx(6 * 50 * 10 / 1_000_000)  # trials x longest answer x price of a million
    assert runs == [
        {"suite": "system", "target": "priced", "evalset": version, "trials": 6, "at_most": priced},
        {"suite": "system", "target": "capped", "evalset": version, "trials": 6, "at_most": 6 * 0.25},
        {"suite": "system", "target": "open", "evalset": version, "trials": 6, "at_most": None},
    ]


def test_what_nobody_knows_says_how_it_would_be_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run_command_line(["run", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "priced: 6 trials" in told
    assert "cost at most $0.003" in told
    assert "cost unknown" in told
    assert "max_tokens" in told
