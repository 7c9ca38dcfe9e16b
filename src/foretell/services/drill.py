"""A drill: the suites once as they are, again without a fault, then with one fault at a time; what was caught by what.

Every run of a drill is stored like any other, under a group of its own that says its place, so that a drill which was
cut short goes on where it stopped. Nothing of one run is used in another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from foretell.core.domain.drills import Cell, DrillReport, FaultFinding
from foretell.core.domain.effects import FaultSpec
from foretell.core.domain.estimates import Estimate
from foretell.core.domain.runs import SuitePlan
from foretell.core.errors import BadInput, NotEnoughEvidence, Problem
from foretell.core.ports.records import Record
from foretell.core.stats.rates import wilson_interval
from foretell.services.drill_campaign import Campaign
from foretell.services.drill_cells import cell_of
from foretell.services.drill_plan import Placed, describe, faults_asked, place
from foretell.services.drill_reading import Read, read_run
from foretell.services.house import House
from foretell.services.plan import Announce, Extent, RunRequest, check_money, outline
from foretell.services.run import Watcher
from foretell.services.suites import prepare_suites

KIND = "drill"
ASKED = "drill-asked"


@dataclass(frozen=True, slots=True)
class DrillRequest:
    """What a user asks to drill; None and empty leave it to the project file. `resume` is an earlier drill's id."""

    suites: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    limit: int | None = None
    fault_free: int | None = None
    max_cost: float | None = None
    resume: str | None = None


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
    references = {plan.suite: await _reference(campaign, plan) for plan in plans}
    quiet = [
        await cell_of(campaign, plan, references[plan.suite], f"fault-free-{number}", None)
        for number in range(1, times + 1)
        for plan in plans
    ]
    findings = [await _tried(campaign, spec, plans, references) for spec in specs]
    report = _report(campaign, plans, references, findings, quiet)
    await house.store.records.append(Record(KIND, drill_id, report.at, asdict(report)))
    return report


async def _reference(campaign: Campaign, plan: SuitePlan) -> Read:
    run = await campaign.run(plan, "reference", None)
    if isinstance(run, str):
        raise NotEnoughEvidence(Problem(f"suite '{plan.suite}'", f"has no reference: {run}."))
    return await read_run(campaign.house, run)


async def _tried(
    campaign: Campaign, spec: FaultSpec, plans: Sequence[SuitePlan], references: Mapping[str, Read]
) -> FaultFinding:
    """One fault on every suite. Where it acts on a target elsewhere is known from the reference."""
    placed = [place(spec, plan, campaign.policy, references[plan.suite].obeying) for plan in plans]
    cells = [
        await cell_of(campaign, plan, references[plan.suite], spec.name, one)
        for plan, one in zip(plans, placed, strict=True)
    ]
    kind = describe(spec)
    steps = tuple(dict.fromkeys(step for one in placed for step in one.steps))
    return FaultFinding(spec.name, spec.use, kind.means, steps, kind.causes, tuple(cells))


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
