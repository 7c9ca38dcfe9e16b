"""Steps of trials that run at once, in threads, pools and tasks together: each span is of its own trial or of none."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from foretell import cli
from foretell.adapters.execution.local import LocalExecutor
from foretell.core.domain.cases import Case
from foretell.core.domain.runs import Arm, TargetLimits
from foretell.core.domain.trace import Trace
from foretell.core.domain.trial import TargetSpec, TrialLimits, TrialTask
from foretell.core.ports.execution import Workload

APP = """
import asyncio, queue, threading, time
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context, copy_context

import parts

pool = ThreadPoolExecutor(3)
jobs = queue.Queue()
elsewhere = asyncio.new_event_loop()

def work_off():
    while True:
        done, function, args = jobs.get()
        done.set_result(function(*args))

threading.Thread(target=work_off, daemon=True).start()
threading.Thread(target=elsewhere.run_forever, daemon=True).start()

def fed(function, *args):
    done = Future()
    jobs.put((done, function, args))
    return done.result(10)

def in_thread(function, *args):
    thread = threading.Thread(target=function, args=args)
    thread.start()
    thread.join()

async def asked(case, how):
    await asyncio.sleep(0.001)
    return parts.note(case, how)

def nested(case):
    parts.outer(case, lambda: in_thread(parts.note, case, "thread in step"))
    with ThreadPoolExecutor(2) as own:
        list(own.map(lambda n: parts.note(case, f"own pool {n}"), range(3)))
        own.submit(lambda: asyncio.run(both(case))).result()

async def both(case):
    await asyncio.gather(asked(case, "loop in pool"), asyncio.to_thread(parts.note, case, "to_thread in pool"))

async def answer(case):
    loop = asyncio.get_running_loop()
    await asyncio.gather(
        asked(case, "gather"),
        asyncio.create_task(asked(case, "task")),
        asyncio.to_thread(parts.note, case, "to_thread"),
        loop.run_in_executor(None, parts.note, case, "executor"),
        asyncio.wrap_future(pool.submit(parts.note, case, "shared pool")),
        asyncio.to_thread(nested, case),
        asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked(case, "another loop"), elsewhere)),
        asyncio.to_thread(fed, copy_context().run, parts.note, case, "handed over"),
        asyncio.to_thread(fed, parts.note, case, "not handed over"),
        asyncio.to_thread(in_thread, Context().run, parts.note, case, "empty context"),
    )
    return case
"""
PARTS = """
import time

def note(case, how):
    time.sleep(0.001)
    return how

def outer(case, inside):
    inside()
    return "outer"
"""
SEEN = Counter(
    [
        *("gather", "task", "to_thread", "executor", "shared pool", "another loop", "handed over"),
        *("outer", "thread in step", "own pool 0", "own pool 1", "own pool 2", "loop in pool", "to_thread in pool"),
    ]
)
LOST = 2  # the thread that is older than the trial, and the one that got no context
TRIALS = 24


def write(folder: Path) -> None:
    (folder / "app.py").write_text(APP)
    (folder / "parts.py").write_text(PARTS)


async def test_spans_never_mix(tmp_path: Path) -> None:
    write(tmp_path)
    steps = {"note": "parts:note", "outer": "parts:outer"}
    target = TargetSpec("app", "python", {"call": "app:answer", "steps": steps})
    arm = Arm(target, TargetLimits(concurrency=8), is_isolated=True)
    limits = TrialLimits(timeout_s=30)
    tasks = [TrialTask("r", n, Case(f"case {n}", f"case {n}"), 0, 0, target, (), limits) for n in range(TRIALS)]
    executor = LocalExecutor(os.environ.get, str(tmp_path))
    orphans = 0
    async for record in executor.run(Workload((arm,), tasks)):
        assert record.outcome.error is None, record.outcome.error
        trace = record.outcome.trace
        assert isinstance(trace, Trace)
        assert {span.input["case"] for span in trace.spans} == {record.case_id}
        assert Counter(span.output for span in trace.spans) == SEEN
        names = {span.span_id: span.name for span in trace.spans}
        inside = {span.output: names.get(span.parent_id) for span in trace.spans}
        assert {how: of for how, of in inside.items() if of} == {"thread in step": "outer"}
        orphans += record.outcome.orphans
    assert orphans == LOST * TRIALS


PROJECT = """
[project]
name = "seen"
[targets.app]
kind = "python"
call = "app:{call}"
steps = {{ note = "parts:note", outer = "parts:outer" }}
[evalsets]
core = "cases.jsonl"
[suites.system]
layer = "system"
evalset = "core"
target = "app"
scorers = ["contains_expected"]
"""
FED = """

def only_fed(case):
    return fed(parts.note, case, "not handed over") and case
"""


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert cli.run_command_line(list(words)) == code
    said = capsys.readouterr()
    return " ".join((said.out if code == 0 else said.err).split())


def test_what_nobody_can_tell_is_counted_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path)
    (tmp_path / "app.py").write_text(APP + FED)
    cases = [{"id": f"c-{number}", "input": f"c-{number}", "expected": f"c-{number}"} for number in range(3)]
    (tmp_path / "cases.jsonl").write_text("".join(f"{json.dumps(case)}\n" for case in cases))
    (tmp_path / "foretell.toml").write_text(PROJECT.format(call="answer"))
    told(capsys, "run")
    assert "6 calls of steps, or spans, came from where nobody can tell whose they are" in told(capsys, "steps")
    assert json.loads(told(capsys, "steps", "--json"))["orphans"] == 6
    shown = [told(capsys, "show", f"latest/c-{number}") for number in range(3)]
    assert any("of steps, or spans, of nobody knows which trial" in text for text in shown)
    (tmp_path / "foretell.toml").write_text(PROJECT.format(call="only_fed"))
    told(capsys, "run")
    said = told(capsys, "steps", code=2)
    assert "none was seen in 3 traces (its steps ran in threads that are older than the trial" in said
