"""Where the tests of one session get their trials: plans read once, worker processes kept until the session ends.

Nothing is stored: a test says how this case went now; what a run or a gate says comes from `foretell run` and
`foretell gate`. Trials are carried out by the code that carries them out there, with the same seeds.
"""

import asyncio
import dataclasses
import tempfile
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from foretell import settings
from foretell.adapters.execution.crew import Crew
from foretell.adapters.execution.trial import perform
from foretell.adapters.execution.workers import Workers
from foretell.core import plugins
from foretell.core.analysis.runs.success import rulebook
from foretell.core.domain.runs import SuitePlan
from foretell.core.domain.trial import TrialRecord, TrialTask
from foretell.core.domain.values import printable, seed_of
from foretell.core.errors import ConfigurationError, ForetellError, Problem, suggest
from foretell.pytest_plugin.concluded import ConcludedTrial
from foretell.services.plan import RunRequest, plan_suite
from foretell.wiring import open_house, open_project

T = TypeVar("T")
RUN = "pytest"
"""What stands for the run's id in the tasks of a session."""


@dataclass(frozen=True, slots=True)
class Place:
    """A suite's case, by its position in the set, and the repeat, from 0. `name` tells it apart within its suite."""

    suite: str
    case_no: int
    repeat: int
    name: str


class Desk:
    """Carries trials out when a test asks for one. Each is carried out once a session, whoever asks for it again."""

    error: ClassVar = ForetellError

    def __init__(self, config: str | None) -> None:
        self.project = open_project(config)
        self.file = _file_of(config, self.project.root)
        self._plans: dict[str, SuitePlan] = {}
        self._done: dict[Place, ConcludedTrial] = {}
        self._broken: dict[str, ForetellError] = {}
        self._workers: dict[str, Workers] = {}
        self._crew: Crew | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def check(self, name: str) -> None:
        """See that a suite can be a list of tests.

        Raises:
            ConfigurationError: it is not known, or it has no fixed cases.
        """
        suites = self.project.suites
        if name not in suites:
            raise ConfigurationError(Problem("", f"suite '{name}' is not known.", suggest(name, suites)))
        if suites[name].layer == "behavioural":
            hint = f"Run it with 'foretell run {name}'."
            raise ConfigurationError(Problem(f"suite '{name}'", "replays traffic, and has no cases to be tests.", hint))

    def places(self, suite: str) -> list[Place]:
        """The trials of a suite, case by case.

        Raises:
            ForetellError: the suite cannot be run.
        """
        plan = self._plan(suite)
        return [
            Place(suite, case_no, repeat, printable(f"{case.id}/{repeat}" if plan.repeats > 1 else case.id))
            for case_no, case in enumerate(plan.evalset.cases)
            for repeat in range(plan.repeats)
        ]

    def perform(self, place: Place) -> ConcludedTrial:
        """The trial at a place, with its conclusion.

        Raises:
            ForetellError: its target cannot be built or started.
        """
        if place not in self._done:
            plan = self._plan(place.suite)
            record = self._wait_for(self._carried_out(plan, _task(plan, place)))
            conclusion = rulebook(plan.scorers, plan.success, plan.modes).conclude(record)
            case = plan.evalset.cases[place.case_no]
            self._done[place] = ConcludedTrial(
                place.suite, case, place.repeat, record.outcome, record.scores, conclusion
            )
        return self._done[place]

    def close(self) -> None:
        """End the worker processes and the connections."""
        if self._loop is None or self._thread is None:
            return
        try:
            self._wait_for(self._leave())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = None

    def _plan(self, name: str) -> SuitePlan:
        if name not in self._plans:
            self.check(name)
            self._plans[name] = self._wait_for(self._planned(name))
        return self._plans[name]

    async def _planned(self, name: str) -> SuitePlan:
        with tempfile.TemporaryDirectory() as folder:  # tests leave no store behind, and need none
            house_of = dataclasses.replace(self.project, store=f"sqlite:///{folder}/store.db")
            async with open_house(house_of) as house:
                return plan_suite(house, self.project.suites[name], RunRequest())

    async def _carried_out(self, plan: SuitePlan, task: TrialTask) -> TrialRecord:
        arm, name = plan.arms[0], task.target.name
        if name in self._broken:
            raise self._broken[name]
        try:
            if not arm.is_isolated:
                return await perform(task, self._live_crew())
            if name not in self._workers:
                self._workers[name] = Workers(arm, self.project.root)
            return await self._workers[name].perform(task)
        except ForetellError as error:  # what cannot start need not be tried for every case
            self._broken[name] = error
            raise

    def _live_crew(self) -> Crew:
        if self._crew is None:
            limits = {name: arm.limits for name, arm in self.project.targets.items()}
            self._crew = Crew(plugins.build("wires", "http", {}), settings.secret, self.project.root, limits)
        return self._crew

    async def _leave(self) -> None:
        for workers in self._workers.values():
            await workers.aclose()
        if self._crew is not None:
            await self._crew.aclose()

    def _wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """What some async work comes to, done on a loop beside the tests, which may have loops of their own."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="foretell", daemon=True)
            self._thread.start()
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:  # the test was interrupted: its trial ends too
            future.cancel()
            raise


def _task(plan: SuitePlan, place: Place) -> TrialTask:
    arm, case = plan.arms[0], plan.evalset.cases[place.case_no]
    return TrialTask(
        run=RUN,
        case_no=place.case_no,
        case=case,
        repeat=place.repeat,
        seed=seed_of(plan.seed, case.id, place.repeat),
        target=arm.target,
        scorers=plan.scorers,
        limits=dataclasses.replace(arm.limits.trial, allowance_usd=arm.limits.max_cost_per_trial),
        user=plan.user,
        max_turns=plan.max_turns,
    )


def _file_of(config: str | None, root: str) -> Path:
    """The project file itself, which pytest collects."""
    if config is not None and Path(config).is_file():
        return Path(config).resolve()
    own = Path(root).resolve() / "foretell.toml"
    return own if own.is_file() else own.with_name("pyproject.toml")
