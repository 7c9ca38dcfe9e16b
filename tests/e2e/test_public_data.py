"""Published data through the public commands: the numbers of their papers must come out."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(os.environ.get("FORETELL_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
LLMDRIFT = SHARED / "llmdrift-prime-sensitive" / "PRIME_FULL_EVAL.csv"
TAU = SHARED / "tau-airline-gpt4o" / "trajectories.jsonl"

Foretell = Callable[..., tuple[int, Any]]

# The authors' rule: commas and full stops become blanks, each word is put in brackets, `[yes]` is looked for first.
AUTHORS_RULE = """
from foretell import scorer

@scorer(needs_expected=True)
def answered_right(trial):
    words = "".join(f"[{word}]" for word in trial.text.lower().replace(",", " ").replace(".", " ").split())
    said = "yes" if "[yes]" in words else "no" if "[no]" in words else None
    return said == str(trial.expected).lower()
"""


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


@pytest.fixture
def foretell(tmp_path: Path) -> Foretell:
    def call(*words: str) -> tuple[int, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "foretell", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout + done.stderr

    return call


@pytest.fixture
def llmdrift(tmp_path: Path) -> Path:
    """A project with the 1,000 questions and the recorded answers of four model versions."""
    if not LLMDRIFT.exists():
        pytest.skip(f"{LLMDRIFT.name} is not here")
    with LLMDRIFT.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    models = sorted({row["model"] for row in rows})
    questions = {row["id"]: row for row in rows}
    cases = [{"id": key, "input": row["query"], "expected": row["ref_answer"]} for key, row in questions.items()]
    write_lines(tmp_path / "evals/prime.jsonl", cases)
    config = ['[project]\nname = "prime"\n[evalsets]\nprime = "evals/prime.jsonl"']
    for model in models:
        name = model.split("/")[-1].replace(".", "-")
        answers = [
            {
                "case_id": row["id"],
                "output": row["answer"],
                "cost_usd": float(row["cost"]),
                "latency_ms": float(row["latency"]) * 1000,
                "model": model,
            }
            for row in rows
            if row["model"] == model
        ]
        write_lines(tmp_path / f"{name}.jsonl", answers)
        config.append(f'[targets.{name}]\nkind = "recorded"\npath = "{name}.jsonl"')
        config.append(
            f'[suites.{name}]\nlayer = "model"\nevalset = "prime"\ntarget = "{name}"\n'
            'scorers = ["scorers:answered_right"]\nsuccess = "answered_right"'
        )
    (tmp_path / "scorers.py").write_text(AUTHORS_RULE)
    (tmp_path / "foretell.toml").write_text("\n".join(config) + "\n")
    return tmp_path


def names_of(project: Path, family: str) -> tuple[str, str]:
    found = sorted(path.stem for path in project.glob(f"*{family}*.jsonl"))
    march, june = (next(name for name in found if tag in name) for tag in ("03", "0613"))
    return march, june


def run_both(foretell: Foretell, march: str, june: str) -> tuple[str, str]:
    ids: list[str] = []
    for name in (march, june):
        code, body = foretell("run", name, "--json")
        assert code == 0, body
        ids.append(body["runs"][0]["id"])
    return ids[0], ids[1]


@pytest.mark.e2e
def test_gpt4_on_primes_fell_from_march_to_june(foretell: Foretell, llmdrift: Path) -> None:
    march, june = names_of(llmdrift, "gpt-4")
    a, b = run_both(foretell, march, june)
    code, found = foretell("compare", a, b, "--json")
    assert code == 0, found
    assert found["success"]["a"]["value"] == pytest.approx(0.840)
    assert found["success"]["b"]["value"] == pytest.approx(0.511)
    assert (found["lost"], found["gained"]) == (476, 147)
    difference = found["success"]["difference"]
    assert difference["value"] == pytest.approx(-0.329)
    assert difference["low"] < -0.329 < difference["high"] < -0.27
    assert found["cost"]["a"]["per_success"]["value"] == pytest.approx(0.016461, abs=5e-7)
    assert found["cost"]["b"]["per_success"]["value"] == pytest.approx(0.002101, abs=5e-7)
    assert gate_code(foretell, llmdrift, march, june) == 1


@pytest.mark.e2e
def test_gpt35_on_primes_rose_from_march_to_june(foretell: Foretell, llmdrift: Path) -> None:
    march, june = names_of(llmdrift, "gpt-3")
    a, b = run_both(foretell, march, june)
    _, found = foretell("compare", a, b, "--json")
    assert found["success"]["a"]["value"] == pytest.approx(0.496)
    assert found["success"]["b"]["value"] == pytest.approx(0.762)
    assert (found["lost"], found["gained"]) == (153, 419)
    assert gate_code(foretell, llmdrift, march, june) == 0


def gate_code(foretell: Foretell, project: Path, march: str, june: str) -> int:
    """Deploy June in place of March: the suite's target changes, the baseline is March's file."""
    config = project / "foretell.toml"
    policy = (
        f'\n[gates.deploy]\nsuites = ["{march}"]\nbaseline = "file:evals/baselines/deploy.json"\n'
        "success = { at_least = 0.4, may_drop = 0.03 }\n"
    )
    config.write_text(config.read_text() + policy)
    _, runs = foretell("runs", "--json")
    old = next(one["run"]["id"] for one in runs["runs"] if one["run"]["suite"] == march)
    assert foretell("baseline", "set", old)[0] == 0
    config.write_text(
        config.read_text().replace(f'evalset = "prime"\ntarget = "{march}"', f'evalset = "prime"\ntarget = "{june}"')
    )
    code, decision = foretell("gate", "deploy", "--json")
    assert isinstance(decision, dict), decision
    assert decision["ruling"] == {0: "ship", 1: "hold", 2: "not-enough-evidence"}[code]
    return code


@pytest.fixture
def tau(tmp_path: Path) -> Path:
    """A project with 50 airline tasks × 4 recorded conversations."""
    if not TAU.exists():
        pytest.skip(f"{TAU.name} is not here")
    with TAU.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    tasks = {row["task_id"]: row["info"]["task"]["instruction"] for row in rows}
    write_lines(
        tmp_path / "evals/airline.jsonl", [{"id": f"task-{key}", "input": text} for key, text in sorted(tasks.items())]
    )
    outcomes: list[dict[str, Any]] = []
    for row in rows:
        has_error = any(m["role"] == "tool" and str(m.get("content")).startswith("Error") for m in row["traj"])
        outcomes.append(
            {
                "case_id": f"task-{row['task_id']}",
                "repeat": row["trial"],
                "messages": row["traj"],
                "success": row["reward"] == 1.0,
                "cost_usd": row["info"]["user_cost"],
                "failure_modes": ["tool-error"] if has_error else [],
            }
        )
    write_lines(tmp_path / "airline.jsonl", outcomes)
    (tmp_path / "foretell.toml").write_text(
        '[project]\nname = "airline"\n[evalsets]\nairline = "evals/airline.jsonl"\n'
        '[targets.agent]\nkind = "recorded"\npath = "airline.jsonl"\n'
        '[suites.airline]\nlayer = "system"\nevalset = "airline"\ntarget = "agent"\nrepeats = 4\n'
        'scorers = ["recorded"]\n'
        '[failure_modes.tool-error]\nmeans = "a tool answered with an error"\ncost = 1.0\n'
    )
    return tmp_path


@pytest.mark.e2e
@pytest.mark.usefixtures("tau")
def test_airline_agent_is_as_reliable_as_published(foretell: Foretell) -> None:
    code, body = foretell("run", "airline", "--json")
    assert code == 0, body
    run = body["runs"][0]
    assert run["tally"] == {"trials": 200, "successes": 84, "failures": 116, "unscored": 0, "environment": 0}
    assert run["success"]["value"] == pytest.approx(0.42)
    assert run["success"]["n"] == 50  # tasks are the clusters
    assert [one["value"] for one in run["reliability"]] == pytest.approx([0.42, 0.2733, 0.22, 0.20], abs=5e-5)
    _, failed = foretell("failures", "latest", "--json")
    mode = next(one for one in failed["modes"] if one["mode"]["name"] == "tool-error")
    assert (mode["count"], mode["occurrences"]) == (27, 36)  # 25.0 % of the 36 with a tool error succeeded


@pytest.mark.e2e
@pytest.mark.usefixtures("tau")
def test_unknown_costs_are_named_and_zero_only_on_request(foretell: Foretell) -> None:
    assert foretell("run", "airline")[0] == 0
    _, zero = foretell("cost", "latest", "--unknown-cost", "zero", "--json")
    assert zero["runs"][0]["cost"]["per_success"]["value"] == pytest.approx(0.005990, abs=5e-7)
    _, known = foretell("cost", "latest", "--json")
    found = known["runs"][0]["cost"]
    assert (found["trials"], found["priced"]) == (200, 195)
    assert found["per_success"]["value"] == pytest.approx(found["total"] / found["successes"])
    assert "97.5 %" in foretell("cost", "latest")[1]
