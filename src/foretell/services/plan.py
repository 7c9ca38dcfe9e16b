"""From the project file and a command's options to suite plans: what will be run, before anything is spent."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from foretell.core import plugins
from foretell.core.domain.cases import EvalSetVersion
from foretell.core.domain.files.cases import hash_of
from foretell.core.domain.files.lines import bad_input
from foretell.core.domain.files.outcomes import check_case_ids
from foretell.core.domain.project import Suite
from foretell.core.domain.runs import Arm, SuitePlan
from foretell.core.domain.trial import TrialTask
from foretell.core.domain.values import seed_of
from foretell.core.errors import BadInput, ConfigurationError, NotEnoughEvidence, Problem, raise_all, suggest
from foretell.services.house import House
from foretell.services.replay import beside, check_pace


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """What one arm of a plan will take: trials, and the most that they may cost (None: nobody says)."""

    suite: str
    target: str
    evalset: str
    trials: int
    at_most: float | None


@dataclass(frozen=True, slots=True)
class Extent:
    """What a campaign of runs will take, told before anything is spent. `at_most` is money, None: nobody says."""

    name: str
    runs: int
    trials: int
    at_most: float | None


Announce: TypeAlias = Callable[[Extent], None]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a user asks to run; None leaves it to the project file. `max_cost` is for each suite."""

    suites: tuple[str, ...] = ()
    target: str | None = None
    evalset: str | None = None
    repeats: int | None = None
    limit: int | None = None
    max_cost: float | None = None
    concurrency: int | None = None
    seed: int | None = None
    live_tools: bool | None = None
    pace: float | None = None


def suites_asked(house: House, request: RunRequest) -> tuple[Suite, ...]:
    """The suites asked for, all of the project's when none is named.

    Raises:
        ConfigurationError: unknown names, all at once.
    """
    project = house.project
    names = request.suites or tuple(project.suites)
    problems = [
        Problem("", f"suite '{name}' is not known.", suggest(name, project.suites))
        for name in names
        if name not in project.suites
    ]
    if request.target is not None and request.target not in project.targets:
        problems.append(
            Problem("", f"target '{request.target}' is not known.", suggest(request.target, project.targets))
        )
    if not names:
        problems.append(Problem("foretell.toml", "there is no suite to run.", "Add a table [suites.NAME]."))
    raise_all(ConfigurationError, problems)
    return tuple(project.suites[name] for name in names)


def plan_suite(house: House, suite: Suite, request: RunRequest, sample: EvalSetVersion | None = None) -> SuitePlan:
    """The plan of one suite; `sample` holds its cases when they come from traffic.

    Raises:
        BadInput: an eval set that cannot be read, or that the suite's scorers cannot use.
    """
    project = house.project
    version = sample or read_evalset(house, request.evalset or suite.evalset, f"suite '{suite.name}'")
    targets = (request.target,) if request.target else (suite.target, *suite.alternatives)
    if strays := [stray for name in targets for stray in _strays(house, name, version)]:
        raise bad_input(strays)
    if request.limit is not None:
        version = _first(version, request.limit)
    arms = tuple(_arm(house, project.targets[name], request.concurrency) for name in targets)
    raise_all(ConfigurationError, _judges_in(suite))
    scorers = tuple(plugins.complete(spec, f"suite '{suite.name}'") for spec in suite.scorers)
    plan = SuitePlan(
        suite=suite.name,
        layer=suite.layer,
        evalset=version,
        arms=beside(version, arms) if suite.layer == "behavioural" else arms,
        scorers=scorers,
        success=suite.success,
        modes=project.modes,
        repeats=request.repeats or suite.repeats,
        seed=suite.seed if request.seed is None else request.seed,
        max_cost=request.max_cost,
        user=project.targets[suite.user].target if suite.user else None,
        max_turns=suite.max_turns,
        has_live_tools=bool(request.live_tools or (suite.traffic and suite.traffic.has_live_tools)),
        is_drawn=sample is not None,
        pace=request.pace,
    )
    check_pace(plan)
    raise_all(BadInput, check_plan(plan))
    return plan


def check_money(max_cost: float | None, where: str) -> None:
    """See that a limit on money leaves some: a first trial whose price nobody knows would be over it.

    Raises:
        NotEnoughEvidence: it does not.
    """
    if max_cost is not None and max_cost <= 0:
        what = f"max_cost = {max_cost:g} leaves nothing to spend."
        raise NotEnoughEvidence(Problem(where, what, "Give it a budget, or leave the limit out."))


def _strays(house: House, target: str, version: EvalSetVersion) -> list[Problem]:
    """The lines of a recording whose case is not in the set: they are a mistake, and not an answer less."""
    spec = house.project.targets[target].target
    if spec.kind != "recorded":
        return []
    path = str(spec.params["path"])
    return check_case_ids(house.archives.outcomes(path), {case.id for case in version.cases}, path)


def _judges_in(suite: Suite) -> list[Problem]:
    """Judges are read from the project file and checked, and cannot be asked yet."""
    hint = "Leave it out of the suite's scorers, or record its verdicts and score them with 'recorded'."
    return [
        Problem(f"suite '{suite.name}'", f"this version cannot ask '{spec.name}': judges are still to come.", hint)
        for spec in suite.scorers
        if spec.use == "judge"
    ]


def read_evalset(house: House, reference: str | None, where: str) -> EvalSetVersion:
    """The version that a reference such as `core` or `core@2` names.

    Raises:
        ConfigurationError: none is named, or it is not known.
    """
    if reference is None:
        raise ConfigurationError(Problem(where, "names no eval set.", 'Add evalset = "NAME".'))
    name, _, version = reference.partition("@")
    if name not in house.project.evalsets:
        raise ConfigurationError(
            Problem(where, f"eval set '{name}' is not known.", suggest(name, house.project.evalsets))
        )
    return house.evalsets.read(name, version or None)


def _first(version: EvalSetVersion, limit: int) -> EvalSetVersion:
    """The first cases of a version, under a hash of their own: a part is another set."""
    if limit >= len(version.cases):
        return version
    cases = version.cases[:limit]
    return EvalSetVersion(version.name, version.version, hash_of(cases), cases)


def check_plan(plan: SuitePlan) -> list[Problem]:
    """What a plan's cases lack for its scorers and its conversation."""
    cases = plan.evalset.cases
    where = f"EvalSet '{plan.evalset.name}' {plan.evalset.version}"
    problems: list[Problem] = []
    if not cases:
        problems.append(Problem(where, "holds no case.", "Add one with 'foretell evalset import'."))
    if plan.user is None and (goals := [case.id for case in cases if case.goal is not None]):
        what = f"case '{goals[0]}' has a goal, and suite '{plan.suite}' names no model to play its user."
        problems.append(Problem(where, what, 'Add user = "TARGET" to the suite.'))
    if cases and all(case.expected is None for case in cases):
        needy = [spec.name for spec in plan.scorers if plugins.needs_expected(spec)]
        if needy:
            what = f"no case has an 'expected' answer, which scorer '{needy[0]}' of suite '{plan.suite}' needs."
            problems.append(Problem(where, what, "Add expected answers, or use another scorer."))
    return problems


def _arm(house: House, arm: Arm, concurrency: int | None) -> Arm:
    globs = house.project.fingerprints.get(arm.target.name, {})
    limits = arm.limits if concurrency is None else replace(arm.limits, concurrency=concurrency)
    return replace(arm, limits=limits, fingerprints=house.revisions.fingerprints(globs))


async def outline(house: House, plan: SuitePlan) -> tuple[PlannedRun, ...]:
    """What a plan will take, arm by arm, before anything is spent: tokens × price, else the target's own limit."""
    trials = len(plan.evalset.cases) * plan.repeats
    found: list[PlannedRun] = []
    for arm in plan.arms:
        most = await most_of(house, arm, _tasks(plan, arm), trials)
        found.append(PlannedRun(plan.suite, arm.target.name, plan.evalset.label, trials, most))
    return tuple(found)


async def most_of(house: House, arm: Arm, tasks: Iterable[TrialTask], trials: int) -> float | None:
    """What some trials of a target may cost at the most, None when nobody says."""
    most, cap = await house.executor.most(arm, tasks), arm.limits.max_cost_per_trial
    return trials * cap if most is None and cap is not None else most


def _tasks(plan: SuitePlan, arm: Arm) -> Iterator[TrialTask]:
    for repeat in range(plan.repeats):
        for number, case in enumerate(plan.evalset.cases):
            seed = seed_of(plan.seed, case.id, repeat)
            yield TrialTask("", number, case, repeat, seed, arm.target, plan.scorers, arm.limits.trial, plan.user)
