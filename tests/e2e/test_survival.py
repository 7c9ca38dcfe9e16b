"""Runs that are killed, interrupted, terminated or out of money: nothing finished is lost, repeated or paid again."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from foretell.adapters.store import open_store
from foretell.core.domain.runs import Run
from tests.loopback_endpoint import Endpoint, Question, chat, endpoint
from tests.worker_sessions import alive_in, all_gone, calls, write_app

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

CASES = 400
CONCURRENCY = 8
PROJECT = """
[project]
name = "survival"

[targets.one]
kind = "model"
model = "openai:one"
url = "{url}"
concurrency = 8
price = {{ input = 1000.0, output = 2000.0 }}

[targets.two]
kind = "model"
model = "openai:two"
url = "{url}"
concurrency = 8

[targets.app]
kind = "python"
call = "app:answer"
concurrency = 3

[evalsets]
core = "core.jsonl"
work = "work.jsonl"

[suites.alone]
layer = "model"
evalset = "core"
target = "one"
scorers = ["contains_expected"]

[suites.both]
layer = "model"
evalset = "core"
target = "one"
alternatives = ["two"]
scorers = ["contains_expected"]

[suites.app]
layer = "system"
evalset = "work"
target = "app"
scorers = ["contains_expected"]
"""
PRICE = (10 * 1000.0 + 5 * 2000.0) / 1e6
"""USD of one answer of `one`: ten tokens in, five out."""


async def answer(question: Question) -> bytes:
    """Right for every third case, after 20 ms."""
    await asyncio.sleep(0.02)
    number = int(question.text.split()[1])
    return chat(f"the answer is {number if number % 3 == 0 else -1}.", model=str(question.body["model"]))


@pytest.fixture
def server() -> Iterator[Endpoint]:
    with endpoint(answer) as made:
        yield made


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def project(tmp_path: Path, server: Endpoint) -> Path:
    (tmp_path / "foretell.toml").write_text(PROJECT.format(url=server.url))
    rows = [{"id": f"c-{n}", "input": f"case {n} ?", "expected": f"answer is {n}."} for n in range(CASES)]
    write_lines(tmp_path / "core.jsonl", rows)
    return tmp_path


def start(folder: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "foretell", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Exit code and what was said on standard error."""
    _, said = process.communicate(timeout=120)
    assert "Traceback" not in said, said
    return process.returncode, said


def foretell(folder: Path, *words: str) -> tuple[int, str]:
    return end(start(folder, *words))


def wait_until(what: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


async def _stored(folder: Path) -> list[tuple[Run, dict[tuple[str, int], str]]]:
    store = open_store("sqlite:///.foretell/store.db", folder)
    try:
        found = []
        for run in sorted(await store.facts.runs(), key=lambda run: (run.created_at, run.is_alternative)):
            keys = await store.facts.finished(run.id)
            rows = {key: await store.facts.trial(run.id, *key) for key in keys}
            found.append(
                (run, {(row.record.case_id, key[1]): row.conclusion.state for key, row in rows.items() if row})
            )
        return found
    finally:
        await store.aclose()


def stored(folder: Path) -> list[tuple[Run, dict[tuple[str, int], str]]]:
    """Each run with the state of each of its trials, oldest first."""
    return asyncio.run(_stored(folder))


async def is_free(folder: Path, run: Run) -> bool:
    """Whether the run's lease can be had now; it is given back."""
    store = open_store("sqlite:///.foretell/store.db", folder)
    try:
        taken = await store.claims.acquire(f"run:{run.id}", "me", 60.0)
        await store.claims.release(f"run:{run.id}", "me")
        return taken
    finally:
        await store.aclose()


EXPECTED = {(f"c-{n}", 0): "success" if n % 3 == 0 else "failure" for n in range(CASES)}


def asked(server: Endpoint) -> Counter[str]:
    return Counter({text: count for text, count in server.asked.items() if count})


def test_a_run_that_is_killed_twice_is_finished_without_paying_twice(project: Path, server: Endpoint) -> None:
    """With an alternative, and with a project file that says something else by now."""
    process = start(project, "run", "both")
    wait_until(lambda: server.answered.total() > 250, process)
    process.kill()
    end(process)
    (project / "foretell.toml").write_text(PROJECT.format(url="http://127.0.0.1:9/v1").replace("openai:t", "openai:x"))
    lost: list[int] = []
    for _ in range(2):
        before = stored(project)
        durable, answered = sum(len(trials) for _, trials in before), server.answered.total()
        lost.append(answered - durable)
        assert [run.status for run, _ in before] == ["running", "running"]
        process = start(project, "run", "--resume", before[0][0].id)
        if not lost[1:]:
            wait_until(lambda answered=answered: server.answered.total() > answered + 200, process)
            process.kill()
            end(process)
    assert end(process)[0] == 0
    after = stored(project)
    assert [(run.status, run.is_alternative, trials) for run, trials in after] == [
        ("done", False, EXPECTED),
        ("done", True, EXPECTED),
    ]
    # Two models are asked each question. What was under way, or answered and not yet committed, is asked again.
    repeated = asked(server).total() - 2 * CASES
    assert set(asked(server)) == {f"case {n} ?" for n in range(CASES)}
    assert repeated <= sum(lost) + 2 * 2 * CONCURRENCY
    assert max(lost) <= 150  # a loaded machine commits late; every 20 ms is the aim
    assert foretell(project, "run", "--resume", after[0][0].id)[0] == 65


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_run_that_is_stopped_keeps_all_and_goes_on_at_once(
    project: Path, server: Endpoint, number: signal.Signals, code: int, word: str
) -> None:
    process = start(project, "run", "alone")
    wait_until(lambda: server.answered.total() > 100, process)
    process.send_signal(number)
    ended, said = end(process)
    assert (ended, said.rstrip().rpartition("\n")[2]) == (code, word)
    ((run, trials),) = stored(project)
    assert (run.status, run.note) == ("stopped", "interrupted")
    assert trials.items() <= EXPECTED.items()
    assert server.answered.total() - len(trials) <= CONCURRENCY  # those whose answers were on their way
    assert asyncio.run(is_free(project, run))  # the lease was given back: nobody waits until it runs out
    assert foretell(project, "run", "--resume", "latest")[0] == 0
    assert [(run.status, trials) for run, trials in stored(project)] == [("done", EXPECTED)]
    assert asked(server).total() <= CASES + CONCURRENCY


def test_a_run_that_is_worked_on_is_left_alone(project: Path, server: Endpoint) -> None:
    process = start(project, "run", "alone", "--concurrency", "1", "--repeats", "9")
    wait_until(lambda: server.answered.total() > 0, process)
    code, said = foretell(project, "run", "--resume", "latest")
    assert (code, "is being worked on now" in said) == (65, True)
    process.send_signal(signal.SIGINT)
    assert end(process)[0] == 130
    ((run, trials),) = stored(project)
    assert (run.status, run.note) == ("stopped", "interrupted")
    assert asked(server).total() <= len(trials) + 1


def test_money_that_ran_out_is_found_again_with_a_higher_limit(project: Path, server: Endpoint) -> None:
    budget = 100.5 * PRICE
    code, said = foretell(project, "run", "alone", "--max-cost", str(budget))
    assert (code, "were spent; the rest is not enough for a trial" in said) == (2, True)
    ((run, trials),) = stored(project)
    assert (run.status, len(trials)) == ("stopped", 100)
    assert foretell(project, "run", "--resume", run.id, "--max-cost", str(budget))[0] == 2  # what was spent counts
    assert foretell(project, "run", "--resume", run.id, "--max-cost", str(2 * budget))[0] == 2
    assert len(stored(project)[0][1]) == 201
    assert foretell(project, "run", "--resume", run.id)[0] == 0
    assert [(run.status, trials) for run, trials in stored(project)] == [("done", EXPECTED)]
    assert set(asked(server).values()) == {1}


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends a worker with its driver on Linux only")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_their_driver(project: Path, number: signal.Signals) -> None:
    """Even one that holds the interpreter, with one call that hangs, and what the application started."""
    write_app(project)
    questions = ["say a", "sleep 0.5", "spawn", "sleep 600", "spin 1.5"]
    write_lines(
        project / "work.jsonl", [{"id": question, "input": question, "expected": "a"} for question in questions]
    )
    process = start(project, "run", "app")
    wait_until(lambda: len(calls(project)) == len(questions), process)
    time.sleep(2)  # until the interpreter is held
    process.send_signal(number)
    code, _ = end(process)
    assert code == {signal.SIGKILL: -9, signal.SIGTERM: 143}[number]
    if number == signal.SIGKILL:  # the kernel ends the worker alone, and that one cannot clean up any more
        deadline = time.monotonic() + 10
        workers = {process for _, process, _ in calls(project)}
        while workers & set(alive_in(workers)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not workers & set(alive_in(workers))
        for group in workers:
            os.killpg(group, signal.SIGKILL)
    assert all_gone(project)
    ((run, trials),) = stored(project)
    assert run.status == ("running" if number == signal.SIGKILL else "stopped")
    assert len(trials) == 3
