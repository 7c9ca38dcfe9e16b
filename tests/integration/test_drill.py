"""`foretell drill` on a small shop with a scripted model: the matrix, its exit codes, and that nothing leaks out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foretell.cli import run_command_line
from tests.loopback_endpoint import Endpoint, Question, chat, endpoint

APP = """
import json, os, urllib.request

FACTS = {str(number): f"Article {number} costs {number + 10} pounds." for number in range(14)}

def search(question):
    number = question.split()[-1].strip("?")
    return [{"id": number, "text": FACTS[number], "score": 0.9}] if number in FACTS else []

def fill(question, found):
    return f"Answer {question}\\n\\n" + " ".join(one["text"] for one in found)

def ask(prompt):
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": prompt}]}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(os.environ["SHOP_MODEL"] + "/chat/completions", body, headers)
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)["choices"][0]["message"]["content"]

def answer(said):
    return {"output": ask(fill(said, search(said))), "cost_usd": 0.001}
"""
PROJECT = """
[project]
name = "shop"
[targets.shop]
kind = "python"
call = "shop:answer"
concurrency = 4
[targets.shop.steps]
search = "shop:search"
fill = { call = "shop:fill", kind = "prompt" }
ask = { call = "shop:ask", kind = "llm" }
[evalsets]
core = "cases.jsonl"
[suites.system]
layer = "system"
evalset = "core"
target = "shop"
scorers = ["contains_expected", "no_refusal"]
success = "contains_expected"
[gates.deploy]
suites = ["system"]
baseline = "file:baseline.json"
success = { at_least = 0.5, may_drop = 0.4 }
[drills]
must_catch = ["retrieval_empty", "model_refuses"]
faults = ["retrieval_empty", "model_refuses", "tool_error", "quiet"]
addresses = ["SHOP_MODEL"]
[faults.quiet]
use = "retrieval_shuffled"
step = "search"
drops = 0
"""


async def told(question: Question) -> bytes:
    """What a model says that repeats its context."""
    return chat(question.text.partition("\n\n")[2] or "I do not know.")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    (tmp_path / "shop.py").write_text(APP)
    (tmp_path / "foretell.toml").write_text(PROJECT)
    cases = [
        {"id": f"c{number}", "input": f"What costs {number}?", "expected": f"{number + 10} pounds"}
        for number in range(14)
    ]
    (tmp_path / "cases.jsonl").write_text("".join(f"{json.dumps(case)}\n" for case in cases))
    monkeypatch.chdir(tmp_path)
    with endpoint(told) as model:
        monkeypatch.setenv("SHOP_MODEL", model.url)
        yield model


def drilled(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = run_command_line(["drill", *words, "--json"])
    said = capsys.readouterr()
    assert said.out, said.err
    return code, json.loads(said.out)


@pytest.mark.usefixtures("shop")
def test_a_drill_tells_which_suite_caught_what(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, report = drilled(capsys, "--out", f"html={tmp_path}/d.html", "--out", f"markdown={tmp_path}/d.md")
    cells = {one["fault"]: one["cells"][0] for one in report["findings"]}
    assert {name: (cell["state"], cell["acted"]) for name, cell in cells.items()} == {
        "retrieval_empty": ("caught", 14),
        "model_refuses": ("caught", None),
        "tool_error": ("not-applicable", None),
        "quiet": ("missed", 14),
    }
    assert cells["tool_error"]["reason"] == "the target declares no step of kind tool"
    assert (cells["model_refuses"]["cause"], cells["model_refuses"]["is_cause_right"]) == ("refusal", True)
    assert cells["retrieval_empty"]["signals"][0]["name"] == "success"
    assert [cell["state"] for cell in report["fault_free"]] == ["missed"]
    assert (report["alarms"]["value"], report["alarms"]["n"]) == (0.0, 1)
    assert (code, report["slipped"], report["unmeasured"]) == (0, [], [])
    assert report["cost"] == pytest.approx(14 * 5 * 0.001)
    assert "| retrieval\\_empty | caught |" in (tmp_path / "d.md").read_text()
    assert "<h2>Drill " in (tmp_path / "d.html").read_text()


@pytest.mark.usefixtures("shop")
def test_a_fault_on_the_list_that_slips_through_ends_with_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "foretell.toml").write_text(PROJECT.replace('["retrieval_empty", "model_refuses"]', '["quiet"]'))
    code = run_command_line(["drill", "--fault", "quiet", "--fault-free", "0", "--json"])
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert (code, report["slipped"], report["alarms"]) == (1, ["quiet"], None)
    assert f"drill {report['id']}: at most 28 trials in 2 runs, cost unknown" in said.err


@pytest.mark.usefixtures("shop")
def test_a_fault_on_the_list_that_cannot_be_tried_ends_with_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "foretell.toml").write_text(PROJECT.replace('["retrieval_empty", "model_refuses"]', '["tool_error"]'))
    code, report = drilled(capsys, "--fault", "tool_error", "--fault-free", "0")
    assert (code, report["slipped"], report["unmeasured"]) == (2, [], ["tool_error"])


def test_a_drill_goes_on_where_it_stopped(shop: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    code, first = drilled(capsys, "--max-cost", "0.035", "--fault", "retrieval_empty", "--fault", "model_refuses")
    assert code == 2
    assert first["stopped"] == "of its money, 0.035 of 0.035 were spent."
    asked = shop.asked.total()
    code, whole = drilled(capsys, "--resume", first["id"])
    assert (code, whole["stopped"]) == (0, "")
    assert shop.asked.total() == 14 * 4
    assert asked < 14 * 4
    code, again = drilled(capsys, "--resume", first["id"])
    assert again["findings"] == whole["findings"]
    assert shop.asked.total() == 14 * 4


@pytest.mark.usefixtures("shop")
def test_a_run_after_a_drill_knows_nothing_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    _, report = drilled(capsys, "--fault", "retrieval_empty", "--fault-free", "0")
    broken = report["findings"][0]["cells"][0]["run"]
    assert run_command_line(["failures", "latest", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["run"] == report["references"]["system"]
    assert run_command_line(["baseline", "set", broken]) == 65
    assert "carries the fault 'retrieval_empty' of a drill" in capsys.readouterr().err
    assert run_command_line(["contracts", "learn", broken]) == 65
    assert "nothing is to be learned of it" in " ".join(capsys.readouterr().err.split())
    assert run_command_line(["runs"]) == 0
    assert "shop (fault retrieval_empty)" in capsys.readouterr().out
    assert run_command_line(["run", "--json"]) == 0
    run = json.loads(capsys.readouterr().out)["runs"][0]
    assert (run["tally"]["successes"], run["tally"]["trials"]) == (14, 14)
    assert run_command_line(["compare", "latest", run["id"]]) == 64
    assert f"'latest' and '{run['id']}' are both run {run['id']}" in " ".join(capsys.readouterr().err.split())


@pytest.mark.usefixtures("shop")
def test_mistakes_in_drills_are_told_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoilt = PROJECT.replace('"tool_error", "quiet"]', '"tool_eror"]').replace("drops = 0", "drop = 0")
    (tmp_path / "foretell.toml").write_text(spoilt.replace("[drills]", '[drills]\nsuites = ["sytem"]'))
    assert run_command_line(["drill"]) == 64
    said = capsys.readouterr().err
    assert "fault 'tool_eror' is not known. Did you mean 'tool_error'?" in said
    assert "parameter 'drop' is not known. Did you mean 'drops'?" in said
    assert "suite 'sytem' is not known. Did you mean 'system'?" in said


@pytest.mark.usefixtures("shop")
def test_no_file_can_put_a_fault_into_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "foretell.toml").write_text(
        PROJECT.replace("concurrency = 4", 'concurrency = 4\nfault = "retrieval_empty"')
    )
    assert run_command_line(["run"]) == 64
    assert "key 'fault' is not known" in capsys.readouterr().err
