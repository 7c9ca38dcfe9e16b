"""Rules on slices, times and scores, from the project file to the verdict, and back from the record."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foretell import cli
from tests.e2e.recorded_project import change, write_lines, write_project

pytestmark = pytest.mark.e2e

DEMANDS = """
slices = { "language=de" = { at_least = 0.7, may_drop = 0.3 } }
latency = { "8s" = { at_least = 0.8, may_drop = 0.2 } }
metrics = { similarity = { at_least = 0.5, may_drop = 0.3 } }
"""
NAMES = [
    "slice language=de",
    "slice language=de against baseline",
    "latency within 8s",
    "latency within 8s against baseline",
    "metric similarity",
    "metric similarity against baseline",
]

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def foretell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A project of 60 cases, the first 20 of them German, whose gate demands all of these."""
    write_project(tmp_path, good=60)
    change(tmp_path / "foretell.toml", '["recorded"]', '["recorded", "similarity"]')
    change(tmp_path / "foretell.toml", "[gates.drop]", f"[gates.drop]{DEMANDS}")
    cases = [
        {"id": f"c-{n}", "input": "?", "expected": "abcd", "slices": {"language": "de" if n < 20 else "en"}}
        for n in range(60)
    ]
    write_lines(tmp_path / "cases.jsonl", cases)
    answers(tmp_path)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = cli.run_command_line(list(words))
        told = capsys.readouterr().out
        return code, json.loads(told) if "--json" in words else told

    return run


def answers(folder: Path, *, bad: range = range(0), slow: range = range(0), wrong: range = range(0)) -> None:
    """Outcomes of all cases: failures, late ones, and unlike ones where they are asked for."""
    write_lines(
        folder / "outcomes.jsonl",
        [
            {
                "case_id": f"c-{n}",
                "output": "wxyz" if n in wrong else "abcd",
                "success": n not in bad,
                "cost_usd": 0.01,
                "latency_ms": 9000 if n in slow else 700,
            }
            for n in range(60)
        ],
    )


def rulings(body: Any) -> dict[str, str]:
    return {rule["rule"]: rule["ruling"] for rule in body["rules"] if rule["rule"] in NAMES}


def with_baseline(foretell: Run) -> None:
    assert foretell("run")[0] == 0
    assert foretell("baseline", "set", "latest", "--gate", "drop")[0] == 0


def test_a_system_that_keeps_every_demand_ships(foretell: Run, tmp_path: Path) -> None:
    with_baseline(foretell)
    code, body = foretell("gate", "drop", "--json", "--out", "json=decision.json")
    assert rulings(body) == dict.fromkeys(NAMES, "ship")
    assert (code, body["ruling"]) == (0, "ship")
    found = {rule["rule"]: (rule["n"], rule["estimate"]) for rule in body["rules"]}
    assert found["slice language=de"] == (20, 1.0)
    assert found["latency within 8s against baseline"] == (60, 0.0)
    assert found["metric similarity"] == (60, pytest.approx(1.0))
    assert foretell("verify-decision", "decision.json")[0] == 0


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"bad": range(16)}, NAMES[:2]),
        ({"slow": range(40)}, NAMES[2:4]),
        ({"wrong": range(50)}, NAMES[4:]),
    ],
)
def test_each_demand_holds_what_breaks_it(
    change: dict[str, range], broken: list[str], foretell: Run, tmp_path: Path
) -> None:
    with_baseline(foretell)
    answers(tmp_path, **change)
    code, body = foretell("gate", "drop", "--json", "--out", "json=decision.json", "--out", "markdown=comment.md")
    held = [name for name, ruling in rulings(body).items() if ruling == "hold"]
    assert (code, held) == (1, broken)
    assert foretell("verify-decision", "decision.json")[0] == 0
    text = (tmp_path / "comment.md").read_text(encoding="utf-8")
    assert broken[0] in text


def test_by_floors_alone_nothing_is_compared(foretell: Run) -> None:
    code, body = foretell("gate", "drop", "--first", "--json")
    assert code == 0
    assert rulings(body) == dict.fromkeys(NAMES[::2], "ship")


def test_a_plan_tells_of_every_comparison(foretell: Run) -> None:
    code, body = foretell("plan", "drop", "--json")
    assert code == 0
    found = {one["rule"]: (one["cases"], one["margin"]) for one in body["gates"][0]["outlooks"]}
    assert found == {
        "success against baseline": (60, 0.1),
        NAMES[1]: (20, 0.3),
        NAMES[3]: (60, 0.2),
        NAMES[5]: (60, 0.3),
    }


def test_a_stored_run_serves_as_well_as_a_file(foretell: Run, tmp_path: Path) -> None:
    with_baseline(foretell)
    _, by_file = foretell("gate", "drop", "--json")
    change(tmp_path / "foretell.toml", 'baseline = "file:baseline.json"', 'baseline = "target:recording"')
    _, by_run = foretell("gate", "drop", "--json")
    assert by_run["rules"] == by_file["rules"]


def test_a_demand_can_be_waived(foretell: Run, tmp_path: Path) -> None:
    change(tmp_path / "foretell.toml", "[gates.drop]", '[gates.drop]\nowners = ["ops"]')
    with_baseline(foretell)
    answers(tmp_path, slow=range(40))
    for rule in NAMES[2:4]:
        words = ("waive", rule, "--gate", "drop", "--reason", "new region", "--owner", "ops", "--until", "2999-01-01")
        assert foretell(*words)[0] == 0
    code, body = foretell("gate", "drop", "--json")
    assert (code, body["ruling"]) == (0, "hold")


def test_a_step_is_held_over_the_traces_that_executed_it(foretell: Run, tmp_path: Path) -> None:
    demands = "steps = { retrieve = { at_least = 0.8 }, rerank = { at_least = 0.5 } }"
    change(tmp_path / "foretell.toml", "[gates.floor]", f"[gates.floor]\n{demands}")
    spans = [
        {"name": "retrieve", "kind": "retrieval"} | ({"error": "index is gone"} if number < 20 else {})
        for number in range(50)
    ]
    write_lines(
        tmp_path / "outcomes.jsonl",
        [
            {"case_id": f"c-{number}", "output": "abcd", "success": True, "spans": spans[number : number + 1]}
            for number in range(60)
        ],
    )
    code, body = foretell("gate", "floor", "--json", "--out", "json=decision.json")
    found = {rule["rule"]: (rule["ruling"], rule["n"], rule["estimate"], rule["note"]) for rule in body["rules"]}
    assert (code, found["step retrieve"]) == (1, ("hold", 50, 0.6, ""))
    assert found["step rerank"] == ("not-enough-evidence", 0, None, "no trace executed it")
    assert foretell("verify-decision", "decision.json")[0] == 0
