"""The Python face: as powerful as the command line, with the same values, at home in a notebook."""

import asyncio
import html
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import foretell
from foretell import api, cli
from foretell.core.domain.scores import ScorerSpec
from foretell.reports.numbers import as_json
from tests.e2e.recorded_project import change, write_project

CASES = [{"id": f"c-{number}", "input": number, "expected": str(number)} for number in range(12)]


def right(question: int) -> str:
    return str(question)


def half_right(question: int) -> str:
    if question == 11:
        raise ValueError("eleven is too much")
    return str(question - question % 2)


def is_even(trial: foretell.Trial) -> foretell.Score | None:
    return foretell.Score(int(trial.text) % 2 == 0, reason=f"{trial.text} <b>") if trial.text else None


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(words: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> Any:
    """What a command says as JSON."""
    capsys.readouterr()
    assert cli.run_command_line([*words.split(), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_a_plan_made_in_code_runs_with_alternatives_modes_and_repeats() -> None:
    reading = foretell.Reading(
        success="exact_match",
        modes=[foretell.FailureMode("odd", when="not exact_match", cost=2.0)],
        repeats=2,
    )
    plan = foretell.plan("numbers", CASES, [half_right, right, lambda question: "7"], ["exact_match", is_even], reading)
    found = foretell.run(plan)
    assert [(one.run.arm.target.name, one.run.is_alternative) for one in found.summaries] == [
        ("half_right", False), ("right", True), ("lambda", True),
    ]  # fmt: skip
    tallies = [(one.tally.successes, one.tally.failures, one.tally.unscored) for one in found.summaries]
    assert tallies == [(12, 12, 0), (24, 0, 0), (2, 22, 0)]
    named = [[(one.mode.name, one.count) for one in report.modes] for report in found.failures]
    assert named == [[("odd", 10), ("error", 2)], [], [("odd", 22)]]
    assert [rate.value for rate in found.summaries[0].reliability] == [0.5, 0.5]
    assert [[run.arm.target.name for run, _ in costs] for costs in found.costs] == [["half_right", "right", "lambda"]]


def test_targets_of_one_name_are_told_apart() -> None:
    plan = foretell.plan("two", CASES, [lambda question: "1", lambda question: "2"], ["exact_match"])
    assert [arm.target.name for arm in plan.arms] == ["lambda", "lambda-2"]
    assert [one.tally.successes for one in foretell.run(plan).summaries] == [1, 1]


def test_a_spec_stands_for_a_scorer_with_parameters() -> None:
    short = ScorerSpec("short", "regex", {"pattern": "^.$"})
    assert foretell.run(foretell.plan("short", CASES, right, [short])).summaries[0].tally.successes == 10


def test_the_values_are_those_of_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(folder, good=36, bad=4)
    project = foretell.load()
    found = foretell.run(project)
    (summary,) = found.summaries
    run = summary.run.id
    assert told("runs", capsys)["runs"] == as_json(found.summaries)
    assert told(f"failures {run} --examples 3", capsys) == {
        "schema": "foretell.failures/1", "run": run,
        "tally": as_json(summary.tally), "success": as_json(summary.success),
        "modes": as_json(found.failures[0].modes), "examples": as_json(found.failures[0].examples), "unscored": [],
        "origins": [],
    }  # fmt: skip
    ((of_run,),) = found.costs
    assert told(f"cost {run}", capsys)["runs"] == [{"run": run, "target": "recording", "cost": as_json(of_run[1])}]
    assert as_json(foretell.results(project, run[:-2])) == as_json(found)


def test_comparisons_are_those_of_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(folder)
    project = foretell.load()
    first = foretell.run(project).summaries[0].run.id
    change(folder / "outcomes.jsonl", '"c-3", "output": "!", "success": true', '"c-3", "output": "!", "success": false')
    second = foretell.run(project).summaries[0].run.id
    report = foretell.compare(project, first, second).report
    said = told(f"compare {first} {second}", capsys)
    assert said["success"]["difference"] == as_json(report.comparison.difference)
    assert (said["worse"], said["lost"]) == (["c-3"], report.comparison.lost)


def test_runs_without_a_common_case_are_not_compared() -> None:
    plans = [foretell.plan("halves", half, right, ["exact_match"]) for half in (CASES[:6], CASES[6:])]
    first, second = (foretell.run(plan).summaries[0].run.id for plan in plans)
    with pytest.raises(foretell.ForetellError, match=rf"{first} \(halves@code\) and {second} .* no case in common"):
        foretell.compare(plans[0], first, second)


def test_decisions_are_those_of_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(folder, good=20, bad=20)
    decided = foretell.gate(foretell.load(), "floor", is_first=True)
    assert (decided.ruling, decided.blocking) == ("hold", "hold")
    said = told("gate floor --first", capsys, code=1)
    assert [rule["p_hold"] for rule in said["rules"]] == [rule.p_hold for rule in decided.decision.rules]
    assert said["reasons"] == list(decided.decision.reasons)


def test_a_request_is_that_of_the_command_line(folder: Path) -> None:
    write_project(folder)
    request = foretell.RunRequest(suites=("system",), limit=3)
    assert foretell.run(foretell.load(str(folder)), request).summaries[0].tally.trials == 3


def tables(call: Callable[..., Any] | str, scorer: Callable[..., Any] | str) -> dict[str, Any]:
    """A project as a dict."""
    return {
        "project": {"name": "dict"},
        "targets": {"app": {"kind": "python", "call": call}},
        "evalsets": {"core": "cases.jsonl"},
        "suites": {"system": {"layer": "system", "evalset": "core", "target": "app", "scorers": [scorer]}},
        "gates": {"floor": {"suites": ["system"], "success": {"at_least": 0.5}}},
    }


def test_a_project_may_be_a_dict_with_functions_in_it(folder: Path) -> None:
    write_project(folder, good=12)
    project = foretell.load(tables(lambda question: "fine", lambda trial: trial.text == "fine"))
    assert foretell.gate(project, "floor").ruling == "ship"


def test_a_dict_is_checked_as_the_file_is() -> None:
    wrong = tables("nowhere", "exact_mach")
    wrong["gates"]["floor"]["success"]["at_least"] = 80
    with pytest.raises(foretell.ForetellError) as told_of:
        foretell.load(wrong)
    assert [problem.where for problem in told_of.value.problems] == [
        "tables, [gates.floor] success.at_least",
        "tables, [targets.app] call",
        "tables, [suites.system] scorers",
    ]


HOSTILE = '<script>alert("x")</script>'


def test_hostile_text_is_escaped_in_a_notebook() -> None:
    def answer(question: str) -> str:
        raise ValueError(HOSTILE)

    cases = [foretell.Case(f"{HOSTILE}{number}", HOSTILE, HOSTILE) for number in range(12)]
    modes = [foretell.FailureMode(HOSTILE, means=HOSTILE, when="exact_match")]
    plan = foretell.plan(HOSTILE, cases, [right, answer], ["exact_match"], foretell.Reading(modes=modes))
    found = foretell.run(plan)
    a, b = (one.run.id for one in found.summaries)
    pages = [shown._repr_html_() for shown in (found, foretell.compare(plan, a, b))]
    assert ["<script" in page for page in pages] == [False, False]
    assert "&lt;script&gt;" in pages[0]
    assert f"worse: {html.escape(HOSTILE)}0" in pages[1]


def test_findings_show_themselves_as_tables(folder: Path) -> None:
    write_project(folder, good=36, bad=4)
    project = foretell.load()
    text = repr(foretell.run(project))
    assert "90.0 % [76.9, 96.0] n = 40" in text
    assert "unnamed" in text
    assert max(map(len, text.splitlines())) < 160
    assert repr(foretell.gate(project, "floor", is_first=True)).splitlines()[0] == "○ not enough evidence: gate floor"


async def test_it_works_where_a_loop_runs_already() -> None:
    async def tick() -> None:
        await asyncio.sleep(0)

    background = asyncio.create_task(tick())
    found = foretell.run(foretell.plan("numbers", CASES, right, ["exact_match"]))
    assert found.summaries[0].tally.successes == 12
    await background


def test_an_interrupt_ends_the_work_aside() -> None:
    ends: list[str] = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    with pytest.raises(KeyboardInterrupt):
        api._aside(work)
    assert ends == ["cancelled"]


def planned(**changes: Any) -> Any:
    given = {"cases": CASES, "target": right, "scorers": ["exact_match"]} | changes
    return foretell.plan("qa", given["cases"], given["target"], given["scorers"], given.get("reading"))


BAD_PATTERN = ScorerSpec("r", "regex", {"pattern": "("})
A_SET = {"id": "a", "input": {1, 2}}

MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"scorers": ["exact_mach"]}, "plan 'qa': scorer 'exact_mach' is not known. Did you mean 'exact_match'?"),
    ({"scorers": [BAD_PATTERN]}, "plan 'qa': pattern '(' is not a regular expression: missing ), unterminated"),
    ({"scorers": ["exact_match"] * 2}, "plan 'qa': score 'exact_match' is there 2 times."),
    (
        {"reading": foretell.Reading(success="exact_mach")},
        "plan 'qa', success: 'exact_mach' is not a score of this plan.",
    ),
    ({"reading": foretell.Reading(success="exact_match and")}, "plan 'qa', success: 'exact_match and' cannot be read:"),
    ({"reading": foretell.Reading(max_cost=0)}, "plan 'qa': max_cost = 0 leaves nothing to spend."),
    ({"cases": []}, "cases: holds no cases."),
    ({"cases": [{"id": "a", "input": 1}] * 2}, "cases:2: case 'a' is on line 1 already."),
    ({"cases": [{"id": 7, "input": 1}]}, "cases:1: 'id' is 7, not text."),
    ({"cases": [A_SET]}, "case 'a': is no JSON: Object of type set is not JSON serializable."),
    ({"target": "app:answer"}, "target: 'app:answer' is neither a function nor a spec."),
]


@pytest.mark.parametrize(("changes", "said"), MISTAKES)
def test_mistakes_are_told_before_anything_runs(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(foretell.ForetellError) as told_of:
        planned(**changes)
    assert str(told_of.value).startswith(said)


def test_a_plan_takes_no_request() -> None:
    with pytest.raises(foretell.ForetellError, match="takes no request"):
        foretell.run(planned(), foretell.RunRequest(limit=1))
