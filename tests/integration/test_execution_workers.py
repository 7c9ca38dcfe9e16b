"""An application in worker processes: it hangs, dies, prints and forks, and every trial is told once all the same."""

import asyncio
import os
import sys
from collections import Counter
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foretell.adapters.execution import child, workers
from foretell.adapters.execution.frames import Hello, frame
from foretell.adapters.execution.local import LocalExecutor
from foretell.core.domain.cases import Case
from foretell.core.domain.runs import Arm, TargetLimits
from foretell.core.domain.trial import Outcome, TargetSpec, TrialError, TrialLimits, TrialRecord, TrialTask
from foretell.core.errors import ConfigurationError, Unreachable
from foretell.core.ports.execution import Workload
from tests.worker_sessions import all_gone, calls, write_app

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes under /proc")


def arm_of(call: str = "app:answer", concurrency: int = 4) -> Arm:
    return Arm(TargetSpec("app", "python", {"call": call}), TargetLimits(concurrency=concurrency), is_isolated=True)


def tasks(arm: Arm, questions: list[str], timeout_s: float) -> list[TrialTask]:
    limits = TrialLimits(timeout_s=timeout_s)
    return [
        TrialTask("r", number, Case(question, question), 0, 0, arm.target, (), limits)
        for number, question in enumerate(questions)
    ]


async def run(root: Path, questions: list[str], *, timeout_s: float = 20.0, **arm: Any) -> dict[str, TrialRecord]:
    """The record of each question. Whatever happened, no process may be left."""
    one = arm_of(**arm)
    executor = LocalExecutor(os.environ.get, str(root))
    records = {
        record.case_id: record async for record in executor.run(Workload((one,), tasks(one, questions, timeout_s)))
    }
    assert sorted(records) == sorted(questions)
    assert await asyncio.to_thread(all_gone, root)
    return records


def error_of(record: TrialRecord) -> tuple[str, str]:
    assert record.outcome.error is not None
    return record.outcome.error.kind, record.outcome.error.message


def outputs(records: dict[str, TrialRecord]) -> dict[str, Any]:
    return {question: record.outcome.output for question, record in records.items()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_app(tmp_path)
    return tmp_path


async def test_a_call_that_hangs_is_timed_out_and_others_are_neither_lost_nor_run_twice(root: Path) -> None:
    fine = ["sleep 2", "sleep 2.5", "sleep 1.5", "say a", "say b", "say c", "say d"]
    records = await run(root, ["sleep 600", *fine], timeout_s=5.0)
    assert error_of(records["sleep 600"]) == ("timeout", "no answer within 5 s")
    assert [records[name].outcome.error for name in fine] == [None] * 7
    assert Counter(case for case, _, _ in calls(root)) == Counter(["sleep 600", *fine])


async def test_after_a_hang_new_trials_go_to_a_fresh_process(root: Path) -> None:
    records = await run(root, ["sleep 600", "say a", "say b"], timeout_s=2.0, concurrency=1)
    assert outputs(records) == {"sleep 600": None, "say a": "a", "say b": "b"}
    hung, *rest = [process for _, process, _ in calls(root)]
    assert (len(rest), hung in rest) == (2, False)


async def test_a_call_that_holds_the_interpreter_is_ended_with_its_process(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (child, workers):
        monkeypatch.setattr(module, "GRACE_SECONDS", 2.5)
    records = await run(root, ["sleep 1", "spin 0.2", "say a", "say b"], timeout_s=3.0, concurrency=2)
    assert error_of(records["spin 0.2"]) == (
        "timeout",
        "no answer within 3 s; it held the interpreter, and its process was ended",
    )
    assert outputs(records) == {"sleep 1": "slept", "spin 0.2": None, "say a": "a", "say b": "b"}


@pytest.mark.parametrize(
    ("question", "told"), [("exit 7", "it ended with exit code 7"), ("kill", "it ended by signal SIGKILL")]
)
async def test_a_process_that_dies_is_tried_once_more_and_takes_no_other_trial_along(
    root: Path, question: str, told: str
) -> None:
    records = await run(root, ["sleep 1", question, "sleep 1.1", "say a"])
    kind, message = error_of(records[question])
    assert (kind, message.partition(";")[0], records[question].attempts) == (
        "error",
        f"the target's process died under it twice: {told}",
        2,
    )
    assert outputs(records) == {"sleep 1": "slept", question: None, "sleep 1.1": "slept", "say a": "a"}
    assert Counter(case for case, _, _ in calls(root))[question] == 2


async def test_what_the_application_raises_is_its_outcome(root: Path) -> None:
    records = await run(root, ["raise too bad"])
    kind, message = error_of(records["raise too bad"])
    assert (kind, message.partition(" (")[0]) == ("error", "ValueError: too bad")
    assert "app.py:" in message


async def test_prints_and_reads_do_not_disturb_the_frames(root: Path) -> None:
    records = await run(root, ["chat", "say a", "read", "say b"])
    assert outputs(records) == {"chat": "said", "say a": "a", "read": "nothing to read", "say b": "b"}


async def test_large_outputs_pass_whole(root: Path) -> None:
    size = 5_000_000
    records = await run(root, [f"big {size}", "say a"])
    assert outputs(records) == {f"big {size}": "x" * size, "say a": "a"}


async def test_coroutine_functions_share_the_loop_and_are_ended_in_time(root: Path) -> None:
    questions = ["0.5", "0.51", "0.52", "600"]
    records = await run(root, questions, call="app:answer_async", timeout_s=3.0)
    assert outputs(records) == {"0.5": "slept", "0.51": "slept", "0.52": "slept", "600": None}
    assert error_of(records["600"]) == ("timeout", "no answer within 3 s")


async def test_what_the_application_started_ends_with_it(root: Path) -> None:
    assert outputs(await run(root, ["spawn"])) == {"spawn": "spawned"}


async def test_leaving_early_ends_the_processes_at_once(root: Path) -> None:
    arm = arm_of()
    workload = Workload((arm,), tasks(arm, ["say a", "sleep 600", "spin 2", "spawn"], 700.0))
    async with aclosing(LocalExecutor(os.environ.get, str(root)).run(workload)) as records:
        async for _ in records:
            break
    assert await asyncio.to_thread(all_gone, root)


async def test_only_the_projects_folder_is_searched(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "stray.py").write_text("")
    (root / "beside.py").write_text("")
    before = os.getcwd()
    os.chdir(elsewhere)
    try:
        records = await run(root, ["import stray", "import beside"])
    finally:
        os.chdir(before)
    assert error_of(records["import stray"])[1].startswith("ModuleNotFoundError: No module named 'stray'")
    assert records["import beside"].outcome.output == "imported"


async def test_a_project_file_named_like_a_library_does_not_stop_the_worker(root: Path) -> None:
    for name in ("pickle", "asyncio", "dataclasses", "foretell", "numpy"):
        (root / f"{name}.py").write_text("raise RuntimeError('the wrong one')")
    assert outputs(await run(root, ["say a"])) == {"say a": "a"}


@pytest.mark.parametrize(
    ("source", "error", "told"),
    [
        ("import no_such_module", ConfigurationError, "it needs 'no_such_module', which is not installed"),
        ("def answer(question) return", ConfigurationError, "module 'broken' cannot be imported: SyntaxError"),
        ("raise OSError('no index')", ConfigurationError, "module 'broken' cannot be imported: OSError: no index"),
        ("def reply(question): ...", ConfigurationError, "'broken' has no 'answer'"),
        (
            "import sys; print('no key', file=sys.stderr); sys.exit(5)",
            Unreachable,
            "exit code 5; last line on standard",
        ),
        ("import os; os._exit(3)", Unreachable, "its worker process did not start: it ended with exit code 3"),
    ],
)
async def test_a_module_that_cannot_be_imported_is_told_before_the_first_case(
    tmp_path: Path, source: str, error: type[Exception], told: str
) -> None:
    (tmp_path / "broken.py").write_text(source)
    arm = arm_of("broken:answer")
    with pytest.raises(error) as caught:
        async for _ in LocalExecutor(os.environ.get, str(tmp_path)).run(Workload((arm,), tasks(arm, ["a"], 9.0))):
            pass
    assert told in str(caught.value)
    assert "Traceback" not in str(caught.value)


async def test_an_application_that_takes_too_long_to_import_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "START_SECONDS", 1.0)
    (tmp_path / "broken.py").write_text("import time; time.sleep(600)")
    with pytest.raises(Unreachable, match="its worker process was not ready within 1 s"):
        async for _ in LocalExecutor(os.environ.get, str(tmp_path)).run(Workload((arm_of("broken:answer"),), ())):
            pass


async def test_secrets_travel_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_TOKEN", "s3cret-value")
    headers = {"Authorization": {"env": "APP_TOKEN", "prefix": "Bearer "}}
    spec = TargetSpec("app", "http", {"url": "http://127.0.0.1:9/", "headers": headers})
    arm = Arm(spec, TargetLimits(trial=TrialLimits(retries=0)), is_isolated=True)
    (task,) = (replace(one, target=spec) for one in tasks(arm, ["a"], 5.0))
    (record,) = [one async for one in LocalExecutor(os.environ.get, str(tmp_path)).run(Workload((arm,), (task,)))]
    assert error_of(record)[0] == "unreachable"
    for value in (Hello(arm, str(tmp_path)), task, record):
        assert b"s3cret-value" not in frame(value)


async def test_a_result_that_cannot_be_sent_is_our_fault_and_is_told(root: Path) -> None:
    (root / "odd.py").write_text(
        "from foretell.core.domain.trial import Outcome\n"
        "class Odd:\n"
        "    def connect(self, tools): return self\n"
        "    async def answer(self, turn): return Outcome(lambda: 1)\n"
        "    async def aclose(self): pass\n"
    )
    arm = Arm(TargetSpec("app", "odd:Odd"), is_isolated=True)
    given = tasks(arm, ["a"], 5.0)
    (record,) = [one async for one in LocalExecutor(os.environ.get, str(root)).run(Workload((arm,), given))]
    assert replace(record, outcome=replace(record.outcome, at=None)) == TrialRecord(
        "r", 0, "a", 0, Outcome(error=TrialError("ours", error_of(record)[1])), {}
    )
    assert error_of(record)[1].startswith("its result cannot be sent: ")
