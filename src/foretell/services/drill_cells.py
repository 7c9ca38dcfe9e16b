"""One cell of a drill's matrix: a fault's run beside the reference; caught or not, by what, from which step on."""

from collections.abc import Sequence
from dataclasses import replace

from foretell.core.analysis.claims import Standard
from foretell.core.analysis.runs.compare import compare
from foretell.core.analysis.runs.drill import CHECK, COST, SUCCESS, Pair, newly_named
from foretell.core.domain.drills import Cell, DrillPolicy, Signal
from foretell.core.domain.grammar import names_in, parse
from foretell.core.domain.runs import SuitePlan
from foretell.core.domain.values import seed_of
from foretell.core.errors import NotEnoughEvidence
from foretell.services.drill_campaign import Campaign
from foretell.services.drill_plan import Placed, describe
from foretell.services.drill_reading import Read, read_run
from foretell.services.house import House

_ALIKE = 1e-9


async def cell_of(campaign: Campaign, plan: SuitePlan, reference: Read, name: str, placed: Placed | None) -> Cell:
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


def _standard(policy: DrillPolicy, plan: SuitePlan) -> Standard:
    return Standard(policy.confidence, seed_of("drill", plan.evalset.hash))


def _may_rise(house: House, plan: SuitePlan) -> float | None:
    """The rise of the cost that some gate over this suite allows, the strictest; None when no gate looks at it."""
    gates = [gate for gate in house.project.gates.values() if plan.suite in gate.suites]
    return min((gate.cost_may_rise for gate in gates if gate.cost_may_rise is not None), default=None)
