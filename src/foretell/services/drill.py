"""A drill: the suites once as they are, again without a fault, then with one fault at a time; what was caught by what.

Every run of a drill is stored like any other, under a group of its own that says its place, so that a drill which was
cut short goes on where it stopped. Nothing of one run is used in another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from foretell.core.analysis.claims import Standard
from foretell.core.analysis.compare import compare
from foretell.core.analysis.drill import CHECK, COST, SUCCESS, Pair, newly_named
from foretell.core.domain.drills import Cell, DrillPolicy, DrillReport, FaultFinding, Signal
from foretell.core.domain.effects import FaultSpec
from foretell.core.domain.estimates import Estimate
from foretell.core.domain.grammar import names_in, parse
from foretell.core.domain.runs import Run, SuitePlan
from foretell.core.domain.values import seed_of
from foretell.core.errors import BadInput, ForetellError, NotEnoughEvidence, Problem
from foretell.core.ports.facts import RunsWanted
from foretell.core.ports.records import Record
from foretell.core.stats.rates import wilson_interval
from foretell.services.drill_plan import FaultKind, Placed, describe, faults_asked, place
from foretell.services.drill_reading import Read, read_run
from foretell.services.house import House
from foretell.services.plan import Announce, Extent, RunRequest, check_money, outline
from foretell.services.run import Watcher, resume, run_plan, spent_on
from foretell.services.suites import prepare_suites

KIND = "drill"
ASKED = "drill-asked"
_ALIKE = 1e-9


@dataclass(frozen=True, slots=True)
class DrillRequest:
    """What a user asks to drill; None and empty leave it to the project file. `resume` is an earlier drill's id."""

    suites: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    limit: int | None = None
    fault_free: int | None = None
    max_cost: float | None = None
    resume: str | None = None


@dataclass
class Campaign:
    """One drill under way."""

    house: House
    id: str
    policy: DrillPolicy
    watcher: Watcher | None
    left: float | None
    spent: float = 0.0
    stopped: str = ""

    async def run(self, plan: SuitePlan, name: str, fault: FaultSpec | None) -> Run | str:
        """The run of one fault (None: without one) on one suite, or why there is none that is whole."""
        if self.stopped:
            return f"not run: {self.stopped}"
        arm = replace(plan.arms[0], fault=fault)
        group = f"{self.id}/{plan.suite}/{name}"
        held = next(iter(await self.house.store.facts.runs(1, RunsWanted(group=group))), None)
        if (held is None or held.status != "done") and self.left is not None and self.left <= 0:
            return self._out_of_money()
        try:
            run, stopped = await self._worked_off(replace(plan, arms=(arm,), max_cost=self.left), group, held)
        except ForetellError as error:
            if fault is None:
                raise
            return str(error)
        cost = await spent_on(self.house, (run,))
        self.spent += cost
        self.left = None if self.left is None else self.left - cost
        if stopped is None:
            return run
        if len(await self.house.store.facts.finished(run.id)) < run.planned:
            return self._out_of_money()
        return str(stopped)

    def _out_of_money(self) -> str:
        limit = self.spent + (self.left or 0.0)
        self.stopped = f"of its money, {self.spent:.4g} of {limit:.4g} were spent."
        return f"not run to its end: {self.stopped}"

    async def _worked_off(self, plan: SuitePlan, group: str, held: Run | None) -> tuple[Run, ForetellError | None]:
        if held is not None and held.status == "done":
            return held, None
        if held is not None:
            done = await resume(self.house, held.id, self.left, self.watcher)
        else:
            done = await run_plan(self.house, plan, group, self.watcher)
        return done.runs[0], done.stopped


async def drill(
    house: House, request: DrillRequest, watcher: Watcher | None = None, announce: Announce | None = None
) -> DrillReport:
    """Run a drill, or go on with one. Kept in the store's records.

    Raises:
        ConfigurationError: unknown suites or faults, a step that a target does not have.
        NotEnoughEvidence: not even the reference could be measured.
        BadInput: there is no such drill to resume.
    """
    request, drill_id = await _asked(house, request)
    policy = house.project.drills
    plans = await _plans(house, request)
    specs = faults_asked(policy, request.faults)
    times = policy.fault_free if request.fault_free is None else request.fault_free
    tries = [(plan, [place(spec, plan, policy) for spec in specs]) for plan in plans]
    if announce is not None:
        announce(await _extent(house, drill_id, tries, 1 + times))
    campaign = Campaign(house, drill_id, policy, watcher, request.max_cost)
    references: dict[str, Read] = {}
    for plan in plans:
        run = await campaign.run(plan, "reference", None)
        if isinstance(run, str):
            raise NotEnoughEvidence(Problem(f"suite '{plan.suite}'", f"has no reference: {run}."))
        references[plan.suite] = await read_run(house, run)
    quiet = [
        await _cell(campaign, plan, references[plan.suite], f"fault-free-{number}", None)
        for number in range(1, times + 1)
        for plan in plans
    ]
    findings: list[FaultFinding] = []
    for spec in specs:
        placed = [place(spec, plan, policy, references[plan.suite].obeying) for plan in plans]
        cells = [
            await _cell(campaign, plan, references[plan.suite], spec.name, one)
            for plan, one in zip(plans, placed, strict=True)
        ]
        findings.append(_finding(spec, cells, placed))
    report = _report(campaign, plans, references, findings, quiet)
    await house.store.records.append(Record(KIND, drill_id, report.at, asdict(report)))
    return report


async def _extent(house: House, name: str, tries: Sequence[tuple[SuitePlan, Sequence[Placed]]], without: int) -> Extent:
    """All runs of a drill at the most, and their money; a fault that makes the target ask more often costs more."""
    runs = trials = 0
    at_most: float | None = 0.0
    for plan, placed in tries:
        times = without + sum(not one.why_not or one.is_beyond_reach for one in placed)
        (line,) = await outline(house, plan)
        runs, trials = runs + times, trials + times * line.trials
        at_most = None if at_most is None or line.at_most is None else at_most + times * line.at_most
    return Extent(f"drill {name}", runs, trials, at_most)


async def _asked(house: House, request: DrillRequest) -> tuple[DrillRequest, str]:
    """The request with its id; of a drill to resume, what was asked then, with the money of now."""
    if request.resume is None:
        drill_id = house.new_id()
        body = asdict(replace(request, max_cost=None))
        await house.store.records.append(Record(ASKED, drill_id, house.now(), body))
        return request, drill_id
    found = await house.store.records.newest(ASKED, request.resume)
    if found is None:
        known = [record.key for record in await house.store.records.history(ASKED, limit=5)]
        hint = f"The newest are: {', '.join(known)}." if known else "The store holds no drill yet."
        raise BadInput(Problem("--resume", f"drill '{request.resume}' is not in the store.", hint))
    body = found.body
    then = DrillRequest(tuple(body["suites"]), tuple(body["faults"]), body["limit"], body["fault_free"])
    return replace(then, max_cost=request.max_cost), request.resume


async def _plans(house: House, request: DrillRequest) -> tuple[SuitePlan, ...]:
    check_money(request.max_cost, "the drill")
    suites = request.suites or house.project.drills.suites
    plans = await prepare_suites(house, RunRequest(suites, limit=request.limit))
    return tuple(replace(plan, arms=plan.arms[:1]) for plan in plans)


async def _cell(campaign: Campaign, plan: SuitePlan, reference: Read, name: str, placed: Placed | None) -> Cell:
    """One fault on one suite; `placed` None is a run without a fault."""
    if placed is not None and placed.why_not:
        return Cell(
            plan.suite, plan.layer, "not-injected" if placed.is_beyond_reach else "not-applicable", placed.why_not
        )
    fault = placed.spec if placed is not None else None
    run = await campaign.run(plan, name, fault)
    if isinstance(run, str):
        is_idle = "changed nothing" in run
        return Cell(plan.suite, plan.layer, "not-injected" if is_idle else "unmeasured", run)
    broken = await read_run(campaign.house, run)
    if fault is not None and fault.step is not None and not broken.acted:
        why = f"changed nothing: step '{fault.step}' was never called with anything to spoil"
        return Cell(plan.suite, plan.layer, "not-applicable", why, run.id, run.planned, 0)
    try:
        pair = Pair.of(reference.units, broken.units, _standard(campaign.policy, plan), _may_rise(campaign.house, plan))
    except NotEnoughEvidence as error:
        return Cell(plan.suite, plan.layer, "unmeasured", str(error), run.id, run.planned)
    return _judged(pair, plan, (reference, broken), placed)


def _judged(pair: Pair, plan: SuitePlan, reads: tuple[Read, Read], placed: Placed | None) -> Cell:
    reference, broken = reads
    tested = pair.signals()
    signals = tuple(signal for signal in tested if pair.is_alarm(signal))
    need = pair.need(tested) if placed is not None else None
    cell = Cell(
        plan.suite,
        plan.layer,
        "caught" if signals else "missed",
        run=broken.run.id,
        trials=broken.run.planned,
        acted=broken.acted if placed is not None and placed.spec.step is not None else None,
        drop=compare(reference.units, broken.units).difference,
        signals=signals,
        cases_needed=need.cases if need is not None else None,
        is_extrapolated=need is not None and need.is_extrapolated,
        cost=float(broken.units.cost.sum()) if broken.units.priced.any() else None,
    )
    if placed is None or not signals:
        return cell
    step, causes = newly_named(reference.steps, broken.steps), _causes(plan, signals)
    right = set(describe(placed.spec).causes)
    return replace(
        cell,
        step=step,
        is_step_right=step in placed.steps if placed.steps else None,
        cause=" + ".join(causes) or None,
        is_cause_right=any(right & {cause, *_speakers(plan, cause)} for cause in causes),
    )


def _causes(plan: SuitePlan, signals: Sequence[Signal]) -> tuple[str, ...]:
    """The failure modes and checks that gained most: one, or several that gained alike.

    A mode that only says in other words that the success rule was not kept explains nothing; it is named where there is
    no other.
    """
    named = [signal for signal in signals if signal.name not in (SUCCESS, COST)]
    telling = [signal for signal in named if not _restates(plan, signal.name)] or named
    most = max((signal.after - signal.before for signal in telling), default=0.0)
    best = tuple(one.name.removeprefix(CHECK) for one in telling if one.after - one.before >= most - _ALIKE)
    return best or tuple(signal.name for signal in signals if signal.name == COST)


def _restates(plan: SuitePlan, name: str) -> bool:
    """True for a check, or a mode, that looks at nothing but what the success rule looks at."""
    when = next((mode.when for mode in plan.modes if mode.name == name), None)
    looks_at = {name.removeprefix(CHECK)} if name.startswith(CHECK) else names_in(parse(when)) if when else None
    return looks_at is not None and plan.success is not None and looks_at <= names_in(parse(plan.success))


def _speakers(plan: SuitePlan, cause: str) -> set[str]:
    """The plugins of the scorers that speak for a failure mode, or that carry this name."""
    whens = [mode.when for mode in plan.modes if mode.name == cause and mode.when is not None]
    named = {cause, *(name for when in whens for name in names_in(parse(when)))}
    return {spec.use for spec in plan.scorers if spec.mode == cause or spec.name in named}


def _finding(spec: FaultSpec, cells: Sequence[Cell], placed: Sequence[Placed]) -> FaultFinding:
    kind: FaultKind = describe(spec)
    steps = tuple(dict.fromkeys(step for one in placed for step in one.steps))
    return FaultFinding(spec.name, spec.use, kind.means, steps, kind.causes, tuple(cells))


def _report(
    campaign: Campaign,
    plans: Sequence[SuitePlan],
    references: Mapping[str, Read],
    findings: Sequence[FaultFinding],
    quiet: Sequence[Cell],
) -> DrillReport:
    listed = {finding.fault: finding for finding in findings if finding.fault in campaign.policy.must_catch}
    measured = [cell for cell in quiet if cell.state in ("caught", "missed")]
    return DrillReport(
        id=campaign.id,
        at=campaign.house.now(),
        suites=tuple(plan.suite for plan in plans),
        references={suite: read.run.id for suite, read in references.items()},
        findings=tuple(findings),
        fault_free=tuple(quiet),
        alarms=_share(sum(cell.state == "caught" for cell in measured), len(measured)),
        promised=1 - campaign.policy.confidence,
        slipped=tuple(name for name, one in listed.items() if one.has_applied and not one.is_caught),
        unmeasured=tuple(name for name, one in listed.items() if not one.has_applied),
        cost=campaign.spent,
        currency=campaign.house.project.currency,
        stopped=campaign.stopped,
    )


def _share(count: int, n: int) -> Estimate | None:
    if not n:
        return None
    interval = wilson_interval(count, n)
    return Estimate(count / n, interval.low, interval.high, n, "run", interval.method)


def _standard(policy: DrillPolicy, plan: SuitePlan) -> Standard:
    return Standard(policy.confidence, seed_of("drill", plan.evalset.hash))


def _may_rise(house: House, plan: SuitePlan) -> float | None:
    """The rise of the cost that some gate over this suite allows, the strictest; None when no gate looks at it."""
    gates = [gate for gate in house.project.gates.values() if plan.suite in gate.suites]
    return min((gate.cost_may_rise for gate in gates if gate.cost_may_rise is not None), default=None)
