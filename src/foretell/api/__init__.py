"""The Python face: what the project file can say, said in code, with the same values back.

project = foretell.load()                        # the project file, or its tables as a dict
plan = foretell.plan("qa", cases, answer, scorers=["contains_expected"])    # or a plan made in code
results = foretell.run(plan)                     # shows as tables in a notebook
results.summaries, results.failures, results.costs
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from typing import Any, TypeVar

from foretell import settings
from foretell.api.made import Reading, plan, with_addresses
from foretell.api.shown import Comparison, GateResult, Results
from foretell.core.domain.project import Project
from foretell.core.domain.runs import Run, SuitePlan
from foretell.core.errors import ConfigurationError
from foretell.services.decisions import decide
from foretell.services.findings import compare_runs, cost, failures, find_group, summarise
from foretell.services.gate import GateRequest
from foretell.services.house import House
from foretell.services.plan import RunRequest
from foretell.services.run import run_plan
from foretell.services.suites import prepare_suites
from foretell.wiring import open_house

__all__ = ["Comparison", "GateResult", "Reading", "Results", "compare", "gate", "load", "plan", "results", "run"]

T = TypeVar("T")

AWAKE_SECONDS = 0.2
"""How often a thread that waits looks up: an interrupt that another thread was given does not wake it."""


def load(what: str | Mapping[str, Any] | None = None, *, root: str = ".") -> Project:
    """The project file at a path, or the nearest one above the working directory, or its tables given as a dict.

    In tables a function may stand where the file names one: as a target's `call`, in a suite's `scorers`, and as a
    scorer's `use`. Such a target runs in this process. `root` is the folder where the paths in tables start.

    Raises:
        ConfigurationError: with every mistake in it.
    """
    return settings.load_tables(with_addresses(what), root) if isinstance(what, Mapping) else settings.load(what)


def run(what: Project | SuitePlan, request: RunRequest | None = None, *, store: str | None = None) -> Results:
    """Run a project's suites, or one plan, and read the findings back from the store.

    Raises:
        ConfigurationError: a request beside a plan, which holds all of it already.
        ForetellError: nothing could start, or the run failed.
    """
    if isinstance(what, SuitePlan) and request is not None:
        raise ConfigurationError.of(f"plan '{what.suite}'", "takes no request.", "Say it in the plan's reading.")

    async def work(house: House) -> Results:
        plans = [what] if isinstance(what, SuitePlan) else await prepare_suites(house, request or RunRequest())
        group = house.new_id()
        done = [await run_plan(house, one, group) for one in plans]
        return await _results(house, [finished.runs for finished in done])

    return _in_house(what, store, work)


def results(what: Project | SuitePlan, reference: str = "latest", *, store: str | None = None) -> Results:
    """What is stored of a run and of those that were started with it. `reference`: an id, its beginning, or `latest`.

    Raises:
        BadInput: no such run.
    """

    async def work(house: House) -> Results:
        return await _results(house, await find_group(house, reference))

    return _in_house(what, store, work, is_reading=True)


def compare(what: Project | SuitePlan, a: str, b: str = "latest", *, store: str | None = None) -> Comparison:
    """Run B against run A, paired by case.

    Raises:
        BadInput: no such run.
    """

    async def work(house: House) -> Comparison:
        return Comparison(await compare_runs(house, a, b))

    return _in_house(what, store, work, is_reading=True)


def gate(
    project: Project, name: str, *, is_first: bool = False, max_cost: float | None = None, against: str | None = None
) -> GateResult:
    """Run what a gate needs and decide; a question that was decided before gets the recorded decision.

    `against` names a revision that runs beside the candidate, as its baseline.

    Raises:
        ForetellError: as the command.
    """

    async def work(house: House) -> GateResult:
        answer = await decide(house, GateRequest(name, is_first=is_first, max_cost=max_cost, against=against))
        return GateResult(answer.decision, answer.remark)

    return _in_house(project, None, work)


async def _results(house: House, groups: Sequence[Sequence[Run]]) -> Results:
    runs = [run for group in groups for run in group]
    return Results(
        tuple([await summarise(house, one) for one in runs]),
        tuple([await failures(house, one.id) for one in runs]),
        tuple([tuple(await cost(house, group[0].id)) for group in groups]),
    )


def _in_house(
    what: Project | SuitePlan,
    store: str | None,
    work: Callable[[House], Coroutine[Any, Any, T]],
    *,
    is_reading: bool = False,
) -> T:
    project = what if isinstance(what, Project) else Project(name=what.suite, root=".")
    project = project if store is None else replace(project, store=store)

    async def inside() -> T:
        async with open_house(project, is_reading=is_reading) as house:
            return await work(house)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(inside())
    return _aside(inside)


def _aside(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Do async work on a loop of its own: a notebook has one already, which cannot be waited for from inside."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = Future()
    done: Future[T] = Future()

    async def inside() -> T:
        task = asyncio.current_task()
        assert task is not None
        started.set_result((asyncio.get_running_loop(), task))
        return await work()

    def run_aside() -> None:
        try:
            done.set_result(asyncio.run(inside()))
        except BaseException as error:  # noqa: BLE001 # whatever it was, it is raised where somebody waits
            done.set_exception(error)

    thread = Thread(target=run_aside)
    try:
        thread.start()
        while not wait((done,), timeout=AWAKE_SECONDS).done:
            pass
        return done.result()
    except KeyboardInterrupt:
        loop, task = started.result()
        with suppress(RuntimeError):  # the work had ended, and its loop is closed
            loop.call_soon_threadsafe(task.cancel)  # else the thread, and with it the notebook, goes on to the end
        wait((done,))
        raise
