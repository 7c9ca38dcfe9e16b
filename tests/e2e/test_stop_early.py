"""Gates that may stop early, by command: they end on a part of the set, and go on after a cut."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foretell import cli
from tests.e2e.recorded_project import change, write_lines, write_project
from tests.git_repository import new_repository

pytestmark = pytest.mark.e2e

CASES = 300
DEMANDS = """
slices = { "language=de" = { at_least = 0.6 } }
latency = { "8s" = { at_least = 0.8 } }
metrics = { similarity = { at_least = 0.5 } }
"""
PROJECT = Path("foretell.toml")

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def foretell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A project of 300 cases, every third of them German, whose gates may stop early, with a perfect baseline.

    It is committed whenever the gate is asked: an answer is told again only where the code is known.
    """
    repository = new_repository(tmp_path / "project")
    write_project(repository.path)
    write_lines(
        repository.path / "cases.jsonl",
        [
            {"id": f"c-{n}", "input": "?", "expected": "abcd", "slices": {"language": "en" if n % 3 else "de"}}
            for n in range(CASES)
        ],
    )
    monkeypatch.chdir(repository.path)
    answers()

    def run(*words: str) -> tuple[int, Any]:
        if repository.git("status", "--porcelain"):
            repository.commit()
        capsys.readouterr()
        code = cli.run_command_line(list(words))
        out, err = capsys.readouterr()
        return code, json.loads(out) if "--json" in words and out else " ".join(f"{out} {err}".split())

    assert run("run")[0] == 0
    assert run("baseline", "set", "latest", "--gate", "drop")[0] == 0
    for gate in ("floor", "drop"):
        change(PROJECT, f"[gates.{gate}]", f"[gates.{gate}]\nstop_early = true")
    return run


def answers(*, bad: range = range(0), slow: range = range(0), wrong: range = range(0)) -> None:
    """Outcomes of all cases: failures, late ones, and unlike ones where they are asked for."""
    write_lines(
        Path("outcomes.jsonl"),
        [
            {
                "case_id": f"c-{n}",
                "output": "wxyz" if n in wrong else "abcd",
                "success": n not in bad,
                "cost_usd": 0.01,
                "latency_ms": 9000 if n in slow else 700,
            }
            for n in range(CASES)
        ],
    )


@pytest.mark.parametrize(
    ("bad", "code", "ruling", "most"), [(range(0), 0, "ship", 90), (range(0, CASES, 2), 1, "hold", 90)]
)
def test_it_ends_on_a_part_of_the_set(bad: range, code: int, ruling: str, most: int, foretell: Run) -> None:
    answers(bad=bad)
    found, body = foretell("gate", "drop", "--json", "--record", "record.json")
    (stop,) = body["stops"]
    assert (found, body["ruling"], stop["suite"], stop["planned"]) == (code, ruling, "system", CASES)
    assert 10 <= stop["seen"] < most
    assert {rule["n"] for rule in body["rules"]} == {stop["seen"]}
    again, told = foretell("gate", "drop")
    assert (again, f"decided on {stop['seen']} of {CASES} cases" in told) == (code, True), told
    assert foretell("gate", "drop", "--json") == (code, body)
    assert foretell("verify-decision", "record.json")[0] == 0


def test_what_money_ended_goes_on_when_it_is_asked_again(foretell: Run) -> None:
    words = ("gate", "drop", "--max-cost", "0.25", "--json", "--record", "record.json")
    code, first = foretell(*words)
    assert (code, first["ruling"], first["reasons"][0].split(":")[0]) == (2, "not-enough-evidence", "max_cost")
    assert foretell("verify-decision", "record.json")[0] == 0
    found, second = foretell(*words)
    assert (found, second["ruling"], second["runs"]) == (0, "ship", first["runs"])
    assert first["stops"][0]["seen"] < second["stops"][0]["seen"] < 60
    assert foretell("verify-decision", "record.json")[0] == 0


@pytest.mark.parametrize(
    ("faults", "held"),
    [
        ({}, []),
        ({"bad": range(0, CASES, 3)}, ["slice language=de"]),
        ({"slow": range(150)}, ["latency within 8s"]),
        ({"wrong": range(225)}, ["metric similarity"]),
    ],
)
def test_it_holds_the_slice_the_time_or_the_score_that_fails(
    faults: dict[str, range], held: list[str], foretell: Run
) -> None:
    change(PROJECT, '["recorded"]', '["recorded", "similarity"]')
    change(PROJECT, "[gates.floor]", f"[gates.floor]{DEMANDS}")
    change(PROJECT, "success = { at_least = 0.8 }", "success = { at_least = 0.5 }")
    answers(**faults)
    code, body = foretell("gate", "floor", "--json", "--record", "record.json")
    assert [rule["rule"] for rule in body["rules"] if rule["ruling"] == "hold"] == held
    assert (code, body["stops"][0]["seen"] < CASES) == (1 if held else 0, True)
    found = {rule["rule"]: rule["n"] for rule in body["rules"]}
    assert 0 < found["slice language=de"] < found["success"] == body["stops"][0]["seen"]
    assert foretell("verify-decision", "record.json")[0] == 0


def test_a_ratio_of_sums_cannot_be_looked_at_in_between(foretell: Run) -> None:
    change(PROJECT, "[gates.drop]", "[gates.drop]\ncost_per_success = { may_rise = 0.1 }")
    code, told = foretell("gate", "drop")
    assert (code, "stop_early cannot go with cost_per_success: no test" in told) == (64, True), told


def test_a_plan_tells_where_it_would_end(foretell: Run) -> None:
    code, body = foretell("plan", "drop", "--json")
    ends = [one["cases_expected"] for one in body["gates"][0]["outlooks"][0]["prospects"]]
    assert (code, ends, 30 < ends[0] < ends[2] < 200) == (0, sorted(ends), True)
    assert "on average with no change; the slowest rule decides" in foretell("plan", "drop")[1]


@pytest.mark.parametrize(("good", "ending"), [(200, (0, "ship")), (0, (1, "hold"))])
def test_a_base_that_is_run_beside_it_ends_with_it(
    good: int,
    ending: tuple[int, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    repository = new_repository(tmp_path / "project")
    monkeypatch.chdir(repository.path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    repository.write_project(cases=200)
    change(PROJECT, "[gates.deploy]", "[gates.deploy]\nstop_early = true")
    repository.record(200, 0)
    repository.commit()
    repository.record(good, 200 - good)
    repository.write("README", "Another revision.\n")
    repository.commit()
    words = ["gate", "deploy", "--against", "HEAD~1", "--json", "--record", "record.json"]
    code = cli.run_command_line(words)
    body = json.loads(capsys.readouterr().out)
    (stop,) = body["stops"]
    assert (code, body["ruling"]) == ending
    assert (stop["planned"], 10 <= stop["seen"] < 100) == (200, True)
    assert [rule["n"] for rule in body["rules"]] == [stop["seen"]] * 2
    assert cli.run_command_line(["verify-decision", "record.json"]) == 0
