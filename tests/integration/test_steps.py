"""Steps through the commands: a run's report, where its failures start, one trial, and stored traffic."""

import asyncio
import json
from pathlib import Path

import pytest

from foretell import cli
from foretell.core.domain.trace import Span
from foretell.core.domain.traffic import Interaction
from foretell.wiring import open_house, open_project

PROJECT = """
[project]
name = "steps"
[targets.recording]
kind = "recorded"
path = "outcomes.jsonl"
[evalsets]
core = "cases.jsonl"
[suites.system]
layer = "system"
evalset = "core"
target = "recording"
scorers = ["recorded"]
[failure_modes.unpaid]
cost = 2.0
"""
FINE = [{"name": "search", "kind": "retrieval", "output": "found"}, {"name": "pay", "kind": "tool", "output": "ok"}]
BROKEN = [{**FINE[0], "error": "Timeout: 3 s"}, {**FINE[1], "output": "Error: no order"}]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten trials, three of which break at `search` and take `pay` with them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "foretell.toml").write_text(PROJECT, "utf-8")
    cases = [{"id": f"c-{number}", "input": "?"} for number in range(10)]
    outcomes = [
        {
            "case_id": case["id"],
            "output": "Paid.",
            "success": number > 2,
            "failure_mode": None if number > 2 else "unpaid",
            "spans": FINE if number > 2 else BROKEN,
        }
        for number, case in enumerate(cases)
    ]
    for name, rows in (("cases", cases), ("outcomes", outcomes)):
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.run_command_line(list(words)) == 0
    return capsys.readouterr().out


def test_a_run_tells_where_its_failures_start(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "run")
    found = json.loads(told(capsys, "steps", "--json", "--out", "html=steps.html"))
    assert [(one["step"]["name"], one["executed"], one["failed"]) for one in found["steps"]] == [
        ("search", 10, 3),
        ("pay", 10, 3),
    ]
    assert (found["predicted"]["value"], found["observed"]["value"]) == (pytest.approx(0.49), 0.7)
    (origin,) = found["origins"]
    assert (origin["step"]["name"], origin["failures"], origin["consequences"]) == ("search", 3, 3)
    assert (origin["modes"], origin["cost_per_1000"]["value"]) == ([["unpaid", 3]], pytest.approx(600.0))
    assert json.loads(told(capsys, "failures", "--json"))["origins"] == found["origins"]
    assert "<h2>Where failures start in " in (project / "steps.html").read_text("utf-8")
    assert "Where failures start" in told(capsys, "failures")


def test_a_trial_shows_which_step_failed_first(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "run")
    lines = [line.strip() for line in told(capsys, "show", "latest/c-1").splitlines()]
    at = lines.index("step      retrieval    search: found")
    assert lines[at + 1 : at + 4] == [
        "first to fail: error: Timeout: 3 s",
        "step      tool         pay: Error: no order",
        "consequence: error: Error: no order",
    ]


@pytest.mark.usefixtures("project")
def test_traffic_has_steps_too(capsys: pytest.CaptureFixture[str]) -> None:
    spans = (Span("search", "retrieval"), Span("pay", "tool", error="x"))
    kept = [
        Interaction(str(day), f"2026-01-0{day}T00:00:00Z", "?", spans=spans, feedback={"resolved": day < 3})
        for day in range(1, 6)
    ]

    async def keep() -> None:
        async with open_house(open_project()) as house:
            await house.store.traffic.add(kept)

    asyncio.run(keep())
    found = json.loads(told(capsys, "steps", "--traffic", "2026-01-01..2026-01-05", "--json"))
    assert [(one["step"]["name"], one["executed"], one["failed"]) for one in found["steps"]] == [
        ("search", 4, 0),
        ("pay", 4, 4),
    ]
    assert (found["observed"]["value"], found["observed"]["unit"]) == (0.5, "conversation")


def test_a_contract_is_learned_reviewed_and_kept_to(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "run")
    learned = json.loads(told(capsys, "contracts", "learn", "--name", "shop", "--json"))
    assert (learned["path"], learned["trials"], sorted(learned["steps"])) == (
        "evals/contracts/shop.json",
        7,
        ["pay", "search"],
    )
    assert "pay     object  string      7" in told(capsys, "contracts", "show", "shop")
    config = project / "foretell.toml"
    scorer = '[scorers.contract]\nuse = "tool_contract"\ncontract = { file = "evals/contracts/shop.json" }\n'
    config.write_text(config.read_text("utf-8").replace('["recorded"]', '["recorded", "contract"]') + scorer, "utf-8")
    rows = [json.loads(line) for line in (project / "outcomes.jsonl").read_text("utf-8").splitlines()]
    rows[5]["spans"] = [FINE[0], {**FINE[1], "output": {"text": "ok"}}]
    (project / "outcomes.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    told(capsys, "run")
    trial = json.loads(told(capsys, "show", "latest/c-5", "--json"))["trial"]
    assert (trial["conclusion"]["state"], trial["conclusion"]["mode"]) == ("failure", "tool_contract")
    score = trial["record"]["scores"]["contract"]
    assert (score["value"], score["step"]) == (False, "pay")
    assert json.loads(told(capsys, "show", "latest/c-6", "--json"))["trial"]["conclusion"]["state"] == "success"


def test_a_contract_that_is_not_there_is_told_with_the_other_mistakes(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = project / "foretell.toml"
    scorer = '[scorers.contract]\nuse = "tool_contract"\ncontract = { file = "nowhere.json" }\n'
    config.write_text(config.read_text("utf-8").replace('"recorded"]', '"recorde"]') + scorer, "utf-8")
    assert cli.run_command_line(["run"]) == 64
    said = capsys.readouterr().err
    assert "[scorers.contract] contract: 'nowhere.json' cannot be read" in said
    assert "'recorde'" in said


def otlp(trace: str, parts: list[tuple[str, str, str]]) -> dict:
    """One trace in OTLP's JSON: a root with the question and the answer, and its steps (name, kind, error)."""

    def attributes(**named: str) -> list[dict]:
        return [{"key": key.replace("__", "."), "value": {"stringValue": value}} for key, value in named.items()]

    begin = 1767261600_000000000
    asked = attributes(input__value="Where is it?", output__value="Here.", openinference__span__kind="AGENT")
    spans = [{"spanId": "1" * 16, "name": "answer", "attributes": asked}]
    spans += [
        {
            "spanId": str(number + 2) * 16,
            "parentSpanId": "1" * 16,
            "name": name,
            "attributes": attributes(openinference__span__kind=kind),
            "status": {"code": 2, "message": error} if error else {},
        }
        for number, (name, kind, error) in enumerate(parts)
    ]
    times = {"traceId": trace, "startTimeUnixNano": str(begin), "endTimeUnixNano": str(begin + 10**9)}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span | times for span in spans]}]}]}


def test_imported_traces_of_production_compound(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        otlp(f"{number + 1:032x}", [("search", "RETRIEVER", ""), ("pay", "TOOL", "Timeout: 3 s" if number < 2 else "")])
        for number in range(8)
    ]
    (project / "traces.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    told(capsys, "traffic", "import", "traces.jsonl", "--from", "otlp", "--ephemeral-key")
    window = ("--traffic", "2026-01-01..2026-01-05")
    found = json.loads(told(capsys, "steps", *window, "--json"))
    assert [(one["step"]["name"], one["executed"], one["failed"]) for one in found["steps"]] == [
        ("answer", 8, 0),
        ("search", 8, 0),
        ("pay", 8, 2),
    ]
    assert (found["predicted"]["value"], found["observed"]["value"]) == (0.75, None)
    assert "Nothing says how the traces ended" in told(capsys, "steps", *window)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--traffic", "2026-01-01..2026-01-05", "--confirm"], "traffic has none"),
        (["some-run", "--traffic", "2026-01-01..2026-01-05"], "is read instead of a run, not beside 'some-run'"),
        (["--max-cost", "1"], "is for the replays of --confirm"),
        (["--traffic", "2026"], "'2026' is no span of time"),
    ],
)
@pytest.mark.usefixtures("project")
def test_options_that_would_be_passed_over_are_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run_command_line(["steps", *words]) == 64
    assert said in " ".join(capsys.readouterr().err.split())
