"""Suites as pytest tests: what is collected, how it fails, and that the scores are those of `foretell run`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.worker_sessions import alive_in

pytest_plugins = ["pytester"]

PROJECT = """
[project]
name = "shop"

[targets.app]
kind = "python"
call = "app:answer"

[targets.recording]
kind = "recorded"
path = "outcomes.jsonl"

[evalsets]
core = "cases.jsonl"

[scorers.length]
use = "app:length"

[suites.system]
layer = "system"
evalset = "core"
target = "app"
scorers = ["contains_expected", "length"]
success = "contains_expected"
repeats = 2
seed = 7

[suites.recorded]
layer = "system"
evalset = "core"
target = "recording"
scorers = ["contains_expected", "recorded"]

[suites.traffic]
layer = "behavioural"
target = "app"
scorers = ["no_refusal"]
traffic = { source = "traffic.jsonl" }
"""
APP = """
import os
from pathlib import Path

def answer(question, context):
    with (Path(__file__).parent / "calls.txt").open("a") as file:
        file.write(f"{os.getpid()}\\n")
    if question == "crash":
        raise ValueError("the shop is closed")
    return f"You asked: {question}, seed {context['seed']}"

def length(trial):
    return len(trial.text)
"""
CASES = [
    {"id": "good", "input": "boots", "expected": "boots"},
    {"id": "bad", "input": "boots", "expected": "hats"},
    {"id": "crash", "input": "crash", "expected": "hats"},
    {"id": "open", "input": "boots"},
]
TESTS = """
import pytest

@pytest.mark.foretell(suite="system")
def test_system(trial):
    trial.check()

@pytest.mark.foretell(suite="recorded")
def test_recorded(trial):
    assert trial.outcome.output == "boots" and trial.conclusion.state == "success"
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project in an empty folder, with a pytest of its own that knows nothing but foretell and xdist."""
    outcomes = [
        {"case_id": "good", "output": "boots", "success": True},
        {"case_id": "bad", "output": "\u001b[31mboots", "success": False, "failure_mode": "wrong_shoes"},
        {"case_id": "crash", "error": "out of stock"},
    ]
    files = {
        "foretell.toml": PROJECT,
        "app.py": APP,
        "cases.jsonl": lines(CASES),
        "outcomes.jsonl": lines(outcomes),
        "pytest.ini": "[pytest]\naddopts = -p no:randomly -p no:asyncio -p no:cacheprovider\nfilterwarnings = error\n",
    }
    for name, text in files.items():
        (pytester.path / name).write_text(text, encoding="utf-8")
    return pytester


def lines(rows: list[dict[str, object]]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def outcomes_of(result: pytest.RunResult) -> dict[str, str]:
    """Test → how it ended, from the verbose lines."""
    words = ("PASSED", "FAILED", "ERROR")
    found = [line.split(" ") for line in result.outlines if "[" in line and "::" in line.split(" ")[0]]
    return {line[0]: line[1] for line in found if line[1] in words}


def test_a_suite_needs_no_code(project: pytest.Pytester) -> None:
    project.makepyfile(TESTS)
    result = project.runpytest_subprocess("-v", "--foretell-suite", "system")
    assert outcomes_of(result) == {
        f"foretell.toml::system[{case}/{repeat}]": ended
        for case, ended in {"good": "PASSED", "bad": "FAILED", "crash": "FAILED", "open": "ERROR"}.items()
        for repeat in (0, 1)
    }
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of system[[]open/0[]]*",
            "unscored: no score of the success rule applies to this trial",
            "  trial     system, case 'open', repeat 0",
            "*_ system[[]bad/0[]] _*",
            "failure (unnamed): contains_expected: the expected missing: “hats”",
            "  trial     system, case 'bad', repeat 0",
            "  input     boots",
            "  expected  hats",
            "  output    You asked: boots, seed *",
            "  contains_expected: false (the expected missing: “hats”)",
            "*_ system[[]crash/1[]] _*",
            "failure (error): ValueError: the shop is closed (app.py:* in answer)",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*foretell/pytest_plugin*")


def test_a_mark_runs_a_test_for_each_case(project: pytest.Pytester) -> None:
    project.makepyfile(TESTS)
    result = project.runpytest_subprocess("-v")
    ended = {name.partition("::")[2]: word for name, word in outcomes_of(result).items()}
    assert ended == {
        **{f"test_system[good/{repeat}]": "PASSED" for repeat in (0, 1)},
        **{f"test_system[{case}/{repeat}]": "FAILED" for case in ("bad", "crash", "open") for repeat in (0, 1)},
        "test_recorded[good]": "PASSED",
        "test_recorded[bad]": "FAILED",
        "test_recorded[crash]": "FAILED",
        "test_recorded[open]": "ERROR",  # nothing is recorded: there is no outcome to look at
    }
    result.stdout.fnmatch_lines(["*Captured foretell setup*", "failure (wrong_shoes): *", r"  output    \x1b*31mboots"])


@pytest.mark.parametrize("suite", ["system", "recorded"])
def test_the_scores_are_those_of_a_run(project: pytest.Pytester, suite: str) -> None:
    project.makepyfile(
        f"""
        import dataclasses, json, pytest

        @pytest.mark.foretell(suite={suite!r})
        def test_write(trial):
            row = [repr(trial.scores), repr(trial.conclusion), repr(trial.outcome.output)]
            with open("tested.jsonl", "a") as file:
                print(json.dumps([trial.case.id, trial.repeat, row]), file=file)
        """
    )
    project.runpytest_subprocess("-q")
    tested = [json.loads(line) for line in (project.path / "tested.jsonl").read_text().splitlines()]
    ran = subprocess.run(
        [sys.executable, "-c", READ_BACK, suite], cwd=project.path, check=True, capture_output=True, text=True
    )
    stored = [row for row in json.loads(ran.stdout) if suite == "system" or row[0] != "open"]
    assert len(stored) == (8 if suite == "system" else 3)
    assert sorted(tested) == sorted(stored)


READ_BACK = """
import asyncio, json, sys
from foretell.services.plan import RunRequest
from foretell.services.run import run_plan
from foretell.services.suites import prepare_suites
from foretell.wiring import open_house, open_project

class Watcher:
    rows = []
    def begin(self, *_): pass
    def end(self, *_): pass
    def trial(self, row):
        said = [repr(row.record.scores), repr(row.conclusion), repr(row.record.outcome.output)]
        self.rows.append([row.record.case_id, row.record.repeat, said])

async def main():
    async with open_house(open_project()) as house:
        for plan in await prepare_suites(house, RunRequest((sys.argv[1],))):
            await run_plan(house, plan, "g", Watcher())
    print(json.dumps(Watcher.rows))

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes under /proc")
def test_one_worker_serves_the_session_and_none_is_left(project: pytest.Pytester) -> None:
    project.makepyfile(f"{TESTS}\n@pytest.mark.foretell(suite='system')\ndef test_again(trial): pass\n")
    project.runpytest_subprocess("-q")
    processes = [int(line) for line in (project.path / "calls.txt").read_text().split()]
    assert (len(processes), len(set(processes))) == (8, 1)  # a trial is carried out once, whoever asks again
    assert alive_in(set(processes)) == []
    assert not (project.path / ".foretell").exists()


def test_xdist_shares_the_cases_out(project: pytest.Pytester) -> None:
    project.makepyfile(TESTS)
    result = project.runpytest_subprocess("-n", "2", "--foretell-suite", "system", "--foretell-suite", "recorded")
    result.assert_outcomes(passed=3, failed=6, errors=3)
    assert len((project.path / "calls.txt").read_text().split()) == 8


def test_one_case_can_be_named(project: pytest.Pytester) -> None:
    project.makepyfile(TESTS)
    named = project.runpytest_subprocess("--foretell-suite", "system", "foretell.toml::system[good/1]")
    named.assert_outcomes(passed=1)
    beside = project.runpytest_subprocess("--foretell-suite", "recorded", "-k", "recorded and good", ".")
    beside.assert_outcomes(passed=2, deselected=14)


def test_the_project_file_may_lie_elsewhere(project: pytest.Pytester) -> None:
    shop = project.mkdir("shop")
    for name in ("foretell.toml", "app.py", "cases.jsonl", "outcomes.jsonl"):
        (project.path / name).rename(shop / name)
    config = ["--foretell-config", "shop/foretell.toml"]
    project.runpytest_subprocess(*config, "--foretell-suite", "recorded").assert_outcomes(passed=1, failed=2, errors=1)
    inner = PROJECT.replace("\n[", "\n[tool.foretell.")
    (shop / "pyproject.toml").write_text(inner)
    (shop / "foretell.toml").unlink()
    result = project.runpytest_subprocess(
        "--foretell-config", "shop/pyproject.toml", "--foretell-suite", "recorded", "-v"
    )
    assert outcomes_of(result)["shop/pyproject.toml::recorded[good]"] == "PASSED"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--foretell-suite", "sytem"], "ERROR: suite 'sytem' is not known. Did you mean 'system'?"),
        (["--foretell-suite", "traffic"], "ERROR: suite 'traffic': replays traffic, and has no cases to be tests. *"),
        (["--foretell-suite", "system", "--foretell-config", "no.toml"], "ERROR: *no.toml: it cannot be read: *"),
    ],
)
def test_a_mistake_in_the_call_is_told_before_anything_runs(
    project: pytest.Pytester, arguments: list[str], told: str
) -> None:
    result = project.runpytest_subprocess(*arguments)
    result.stderr.fnmatch_lines([told])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize(
    ("mark", "argument", "told"),
    [
        ('@pytest.mark.foretell(suite="sytem")', "trial", "*suite 'sytem' is not known. Did you mean 'system'?"),
        ("@pytest.mark.foretell", "trial", 'test_* names no suite: write @pytest.mark.foretell(suite="NAME").'),
        ('@pytest.mark.foretell(suite="system")', "", "*does not ask for the fixture 'trial'."),
        ("", "trial", "*The fixture trial needs a suite: *"),
    ],
)
def test_a_mistake_in_a_test_is_told_where_it_stands(
    project: pytest.Pytester, mark: str, argument: str, told: str
) -> None:
    project.makepyfile(f"import pytest\n\n{mark}\ndef test_it({argument}):\n    pass\n")
    result = project.runpytest_subprocess()
    result.stdout.fnmatch_lines([told])
    result.assert_outcomes(errors=1)


def test_a_target_that_cannot_start_is_an_error_of_every_case(project: pytest.Pytester) -> None:
    (project.path / "foretell.toml").write_text(PROJECT.replace("app:answer", "app:anser"))
    result = project.runpytest_subprocess("--foretell-suite", "system")
    result.assert_outcomes(errors=8)
    result.stdout.fnmatch_lines(["*app:anser*"])


def test_a_pytest_without_suites_hardly_notices(tmp_path: Path) -> None:
    """What starting costs: neither numpy nor the store nor anything else of ours is imported."""
    show = "import sys; old = set(sys.modules); import foretell.pytest_plugin; print(*sorted(set(sys.modules) - old))"
    ran = subprocess.run(
        [sys.executable, "-c", f"import pytest; {show}"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert ran.stdout.split() == ["foretell", "foretell.pytest_plugin"]
