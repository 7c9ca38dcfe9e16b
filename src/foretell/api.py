"""The Python face: what the project file can say, said in code, with the same values back.

project = foretell.load()                        # or a plan made in code:
plan = foretell.plan("qa", cases, answer, scorers=["contains_expected"])
results = foretell.run(plan)                     # shows as tables in a notebook
results.success, results.failures, results.costs
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from foretell import settings
from foretell.core import plugins
from foretell.core.analysis.cost import CostFinding
from foretell.core.analysis.reading import FailureReport, RunSummary
from foretell.core.domain.cases import Case, EvalSetVersion
from foretell.core.domain.modes import FailureMode
from foretell.core.domain.policy import Decision
from foretell.core.domain.project import Project
from foretell.core.domain.runs import Arm, Run, SuitePlan, TargetLimits
from foretell.core.domain.scores import ScorerSpec
from foretell.core.domain.trial import TargetSpec
from foretell.core.domain.values import content_hash
from foretell.core.errors import BadInput, raise_all
from foretell.reports.html import sheets_html
from foretell.reports.tables import cost_sheet, failure_sheet, summary_sheet
from foretell.reports.verdict import closing, headline, rules_sheet
from foretell.services.decisions import decide
from foretell.services.findings import cost, failures, summarise
from foretell.services.gate import GateRequest
from foretell.services.house import House
from foretell.services.plan import RunRequest, check_plan
from foretell.services.run import run_plan
from foretell.services.suites import prepare_suites
from foretell.wiring import open_house

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Results:
    """What a run came to: a summary and a failure report per run, and the costs of each suite's runs side by side."""

    summaries: tuple[RunSummary, ...]
    failures: tuple[FailureReport, ...]
    costs: tuple[tuple[tuple[Run, CostFinding], ...], ...]

    def _repr_html_(self) -> str:
        sheets = [summary_sheet(self.summaries), *(failure_sheet(report) for report in self.failures)]
        return sheets_html([*sheets, *(cost_sheet(found) for found in self.costs)])


@dataclass(frozen=True, slots=True)
class GateResult:
    """A gate's decision; `ruling` is `ship`, `hold` or `not-enough-evidence`."""

    decision: Decision

    @property
    def ruling(self) -> str:
        """The verdict."""
        return self.decision.ruling

    def _repr_html_(self) -> str:
        sheet = replace(rules_sheet(self.decision), title=headline(self.decision))
        return sheets_html([replace(sheet, notes=(*sheet.notes, *filter(None, closing(self.decision))))])


@dataclass(frozen=True, slots=True)
class Reading:
    """How a plan made in code reads its scores and drives its target; the same words as in the project file."""

    success: str | None = None
    modes: Sequence[FailureMode] = ()
    repeats: int = 1
    seed: int = 0
    max_cost: float | None = None
    limits: TargetLimits = TargetLimits()


def load(path: str | None = None) -> Project:
    """The project file at `path`, or the nearest one above the working directory.

    Raises:
        ConfigurationError: with every mistake in it.
    """
    return settings.load(path)


def plan(
    name: str,
    cases: Iterable[Case | Mapping[str, Any]],
    target: TargetSpec | Callable[..., Any] | Sequence[TargetSpec | Callable[..., Any]],
    scorers: Sequence[str | ScorerSpec | Callable[..., Any]],
    reading: Reading | None = None,
) -> SuitePlan:
    """A plan of one suite. `target` is a function of the input, or a spec; further ones are its alternatives.

    Raises:
        ConfigurationError: an unknown scorer or parameter.
        BadInput: no cases, a case that is not one, or expected answers are missing.
    """
    how = reading or Reading()
    given = tuple(case if isinstance(case, Case) else Case(**case) for case in cases)
    targets: list[Any] = [*target] if isinstance(target, Sequence) else [target]
    made = SuitePlan(
        suite=name,
        layer="system" if callable(targets[0]) else "model",
        evalset=EvalSetVersion(name, "code", content_hash([case.as_json() for case in given]), given),
        arms=tuple(Arm(_target(one), how.limits) for one in targets),
        scorers=tuple(plugins.complete(_scorer(one)) for one in scorers),
        success=how.success,
        modes=tuple(how.modes),
        repeats=how.repeats,
        seed=how.seed,
        max_cost=how.max_cost,
    )
    raise_all(BadInput, check_plan(made))
    return made


def run(what: Project | SuitePlan, request: RunRequest | None = None, *, store: str | None = None) -> Results:
    """Run a project's suites, or one plan, and read the findings back from the store.

    Raises:
        ForetellError: nothing could start, or the run failed.
    """
    project = what if isinstance(what, Project) else Project(name=what.suite, root=".")
    project = project if store is None else replace(project, store=store)

    async def work(house: House) -> Results:
        plans = [what] if isinstance(what, SuitePlan) else await prepare_suites(house, request or RunRequest())
        group = house.new_id()
        done = [await run_plan(house, one, group) for one in plans]
        runs = [one for finished in done for one in finished.runs]
        costs = [tuple(await cost(house, finished.runs[0].id)) for finished in done]
        return Results(
            tuple([await summarise(house, one) for one in runs]),
            tuple([await failures(house, one.id) for one in runs]),
            tuple(costs),
        )

    return _in_house(project, work)


def gate(project: Project, name: str, *, is_first: bool = False) -> GateResult:
    """Run what a gate needs and decide; a question that was decided before gets the recorded decision.

    Raises:
        ForetellError: as the command.
    """

    async def work(house: House) -> GateResult:
        return GateResult((await decide(house, GateRequest(name, is_first=is_first))).decision)

    return _in_house(project, work)


def _in_house(project: Project, work: Callable[[House], Coroutine[Any, Any, T]]) -> T:
    async def inside() -> T:
        async with open_house(project) as house:
            return await work(house)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(inside())
    with ThreadPoolExecutor(1) as aside:  # a notebook has a loop of its own, which must not be blocked from inside
        return aside.submit(asyncio.run, inside()).result()


def _target(given: TargetSpec | Callable[..., Any]) -> TargetSpec:
    if isinstance(given, TargetSpec):
        return given
    return TargetSpec(getattr(given, "__name__", "function"), "python", {"call": plugins.offer(given)})


def _scorer(given: str | ScorerSpec | Callable[..., Any]) -> ScorerSpec:
    if isinstance(given, ScorerSpec):
        return given
    if isinstance(given, str):
        return ScorerSpec(given, given)
    return ScorerSpec(getattr(given, "__name__", "function"), plugins.offer(given))
