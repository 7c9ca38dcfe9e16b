"""The executor in one process: every task once, side by side, and an end in any case."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest

from foretell.adapters.execution import local
from foretell.adapters.execution.local import UNREAD, LocalExecutor, Tray
from foretell.core.domain.runs import Arm
from foretell.core.domain.scores import ScorerSpec
from foretell.core.domain.trial import Outcome, TargetSpec, TrialRecord, TrialTask
from foretell.core.errors import ConfigurationError, ForetellError, NotEnoughEvidence, RunFailed, Unreachable
from foretell.core.ports.execution import Workload
from foretell.core.ports.targets import Turn
from tests.unit.adapters.execution.virtual import now, virtually
from tests.unit.adapters.execution.work import SCRIPTS, arm, record, task


def tasks(count: int, *arms: str) -> list[TrialTask]:
    return [task(number, name) for number in range(count) for name in arms or ("app",)]


def after(seconds: float, usd: float | None = None) -> Callable[[Turn], Any]:
    async def script(turn: Turn) -> Outcome:
        await asyncio.sleep(seconds)
        return Outcome(turn.input, cost_usd=usd)

    return script


def run(workload: Workload) -> AsyncGenerator[TrialRecord]:
    return LocalExecutor({}.get).run(workload)


def finished(workload: Workload) -> tuple[list[TrialRecord], ForetellError | None, float]:
    """The records in their order, the error at the end, and when it came."""

    async def work() -> tuple[list[TrialRecord], ForetellError | None, float]:
        found: list[TrialRecord] = []
        try:
            async for one in run(workload):
                found += [one]  # kept up to the error
        except ForetellError as error:
            return found, error, now()
        return found, None, now()

    return virtually(work())


def test_each_task_is_carried_out_once_as_wide_as_its_arm() -> None:
    SCRIPTS["app"] = after(1.0)
    found, error, ended = finished(Workload((arm(concurrency=4),), tasks(20)))
    assert sorted(one.case_no for one in found) == list(range(20))
    assert (error, ended) == (None, 5.0)


def test_arms_run_side_by_side_and_results_come_as_they_finish() -> None:
    SCRIPTS.update(fast=after(1.0), slow=after(3.0))
    arms = (arm("fast", concurrency=2), arm("slow", concurrency=2))
    given = [replace(one, run=one.target.name) for one in tasks(4, "fast", "slow")]
    found, _, ended = finished(Workload(arms, given))
    assert [one.run for one in found] == ["fast"] * 4 + ["slow"] * 4
    assert ended == 6.0


def test_no_tasks_are_no_error() -> None:
    assert finished(Workload((arm(),), ())) == ([], None, 0.0)


def test_money_that_runs_out_ends_the_work_after_what_was_paid_for() -> None:
    SCRIPTS["app"] = after(1.0, usd=0.5)
    workload = Workload((arm(max_cost_per_trial=0.5),), tasks(100), max_cost=2.5, spent=1.0)
    found, error, _ = finished(workload)
    assert (len(found), type(error)) == (3, NotEnoughEvidence)
    assert str(error) == (
        "max_cost: 2.5 of 2.5 were spent; the rest is not enough for a trial. Resume the run with a higher limit."
    )


def test_a_cost_that_nobody_knows_ends_the_work() -> None:
    SCRIPTS["app"] = after(1.0)
    found, error, _ = finished(Workload((arm(concurrency=8),), tasks(100), max_cost=2.5))
    assert (len(found), type(error)) == (1, ConfigurationError)


def test_one_arm_out_of_money_ends_the_other_too() -> None:
    SCRIPTS.update(cheap=after(0.1, usd=0.0), dear=after(5.0, usd=2.0))
    arms = (arm("cheap", max_cost_per_trial=0.01), arm("dear", max_cost_per_trial=2.0))
    _, error, _ = finished(Workload(arms, tasks(1000, "cheap", "dear"), max_cost=5.0))
    assert isinstance(error, NotEnoughEvidence)


def test_an_arm_that_cannot_start_is_told_before_any_task_is_read() -> None:
    def unread() -> Iterable[TrialTask]:
        raise AssertionError("a task was read")
        yield

    broken = replace(arm("broken"), target=replace(arm("broken").target, kind="nonsense"))
    found, error, _ = finished(Workload((arm(), broken), unread()))
    assert (found, type(error)) == ([], ConfigurationError)


def test_what_cannot_go_live_is_told_by_its_place_in_the_project_file() -> None:
    async def first_of(given: Workload) -> None:
        executor = LocalExecutor({}.get, declared={"m": "foretell.toml, [targets.m]"})
        async with aclosing(executor.run(given)) as records:
            await anext(records)

    def told(workload: Workload) -> str:
        with pytest.raises(ConfigurationError) as caught:
            virtually(first_of(workload))
        return str(caught.value)

    url = {"model": "openai:m", "url": "http://127.0.0.1:9/v1", "api_key": {"env": "NOT_SET"}}
    model = TargetSpec("m", "model", url)
    unset = "the environment variable NOT_SET is not set. Set it: export NOT_SET=…"
    assert told(Workload((Arm(model),), ())) == f"foretell.toml, [targets.m] model 'm': {unset}"
    assert told(Workload((Arm(replace(model, name="other")),), ())) == f"target 'other', model 'm': {unset}"
    talk = task(user=model)
    assert told(Workload((arm(),), (talk,))) == f"foretell.toml, [targets.m] model 'm': {unset}"
    embedder = {"use": "openai", "model": "e", "url": "http://127.0.0.1:9/v1", "api_key_env": "NOT_SET"}
    scored = task(scorers=(ScorerSpec("near", "similarity", {"embedder": embedder}),))
    assert told(Workload((arm(),), (scored,))) == f"scorer 'near', embedder 'e': {unset}"


@dataclass
class Fleeting:
    """Workers that are gone when they are asked."""

    arm: Arm
    root: str
    closed: int = 0
    all: ClassVar[list["Fleeting"]] = []

    async def open(self) -> None:
        Fleeting.all.append(self)

    async def perform(self, given: TrialTask) -> TrialRecord:
        if given.case_no == 2:
            raise Unreachable.of("target 'app'", "its worker process did not start.")
        return record(given)

    async def aclose(self) -> None:
        self.closed += 1


def test_a_worker_that_cannot_be_replaced_is_a_failure_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "Workers", Fleeting)
    isolated = replace(arm(concurrency=1), is_isolated=True)
    found, error, _ = finished(Workload((isolated,), tasks(5)))
    assert ([one.case_no for one in found], type(error)) == ([0, 1], RunFailed)
    assert str(error) == "target 'app': its worker process did not start."
    assert Fleeting.all.pop().closed == 1


def test_an_error_of_ours_is_told_as_itself_and_not_as_a_group(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(given: TrialTask, crew: object) -> TrialRecord:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(local, "perform", broken)
    with pytest.raises(ZeroDivisionError, match="ours"):
        finished(Workload((arm(),), tasks(5)))


def test_leaving_ends_all_that_was_begun() -> None:
    ended: list[str] = []

    async def script(turn: Turn) -> Outcome:
        try:
            await asyncio.sleep(1.0 if turn.case_id == "c-0" else 1e6)
        finally:
            ended.append(turn.case_id)
        return Outcome("yes")

    async def work() -> int:
        SCRIPTS["app"] = script
        async with aclosing(run(Workload((arm(concurrency=4),), (task(n) for n in itertools.count())))) as records:
            async for _ in records:
                break
        return len(asyncio.all_tasks())

    assert virtually(work()) == 1
    assert sorted(ended) == ["c-0", "c-1", "c-2", "c-3", "c-4"]


def test_being_cancelled_ends_all_that_was_begun() -> None:
    async def work() -> int:
        SCRIPTS["app"] = after(1e6)

        async def read() -> None:
            async with aclosing(run(Workload((arm(),), tasks(20)))) as records:
                async for _ in records:
                    pass

        reader = asyncio.create_task(read())
        await asyncio.sleep(1)
        reader.cancel()
        await asyncio.wait({reader})
        assert reader.cancelled()
        return len(asyncio.all_tasks())

    assert virtually(work()) == 1


def test_what_had_finished_when_the_reader_was_cancelled_is_still_handed_over() -> None:
    async def work() -> tuple[list[int], bool, int]:
        found: list[int] = []
        asked: list[str] = []

        async def script(turn: Turn) -> Outcome:
            asked.append(turn.case_id)
            await asyncio.sleep(1.0)
            if turn.case_id == asked[0]:
                reader.cancel()  # before the reader has its turn, in the very step in which four answers come in
            return Outcome(turn.input)

        async def read() -> None:
            nonlocal found
            async with aclosing(run(Workload((arm(concurrency=4),), tasks(20)))) as records:
                async for one in records:
                    found += [one.case_no]  # kept up to the end, however it comes

        SCRIPTS["app"] = script
        reader = asyncio.create_task(read())
        await asyncio.wait({reader})
        return sorted(found), reader.cancelled(), len(asyncio.all_tasks())

    assert virtually(work()) == ([0, 1, 2, 3], True, 1)


def test_a_reader_that_is_slow_holds_the_hands_up() -> None:
    async def work() -> tuple[int, list[int]]:
        tray, given = Tray(), UNREAD * 3

        async def hand(numbers: range) -> None:
            for number in numbers:
                await tray.put(record(task(number)))

        crowd = asyncio.create_task(hand(range(given)))
        crowd.add_done_callback(lambda _: tray.wake())
        await asyncio.sleep(1)
        unread = len(tray._records)
        found: list[int] = []
        while (one := await tray.take(crowd)) is not None:
            found.append(one.case_no)
        return unread, found

    assert virtually(work()) == (UNREAD, list(range(UNREAD * 3)))


def test_a_full_tray_at_the_end_is_read_to_the_end() -> None:
    SCRIPTS["app"] = after(0.0)

    async def work() -> int:
        count = 0
        async for _ in run(Workload((arm(concurrency=UNREAD * 2),), tasks(UNREAD * 2))):
            count += 1
            if count == 1:
                await asyncio.sleep(10)  # long enough for every hand to be done or to wait
        return count

    assert virtually(work()) == UNREAD * 2


def test_tasks_start_when_they_are_due_however_long_others_take() -> None:
    SCRIPTS["app"] = after(3.0)
    due = [replace(one, due_s=seconds) for one, seconds in zip(tasks(4), (0.0, 1.0, 1.5, 20.0), strict=True)]
    found, error, ended = finished(Workload((arm(concurrency=2),), due))
    late = {one.case_no: one.outcome.metadata for one in found}
    assert late == {0: {"late_s": 0.0}, 1: {"late_s": 0.0}, 2: {"late_s": 1.5}, 3: {"late_s": 0.0}}
    assert (error, ended) == (None, 23.0)
