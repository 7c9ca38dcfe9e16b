"""What a gate could have seen: the chance that it ships when nothing changed, and what it is blind to."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from foretell.core.analysis.early_end import simulated_end
from foretell.core.analysis.measure import Measure
from foretell.core.analysis.quantities import success_of
from foretell.core.analysis.rules import Evidence
from foretell.core.domain.policy import GatePolicy, RuleFinding, Stop
from foretell.core.domain.runs import SuitePlan
from foretell.core.domain.wording import percent
from foretell.core.stats.power import PairedPlan, ship_probability
from foretell.core.stats.power_bounded import BoundedPlan, simulated_ship_probability

SIMULATIONS = 400

LAYERS = {
    "model": "no model layer: a change of the model itself shows only through the system",
    "system": "no system layer: prompts, retrieval, tools and rendering were not exercised",
    "behavioural": "no behavioural layer: nothing here speaks for what users ask today",
}


def chance_to_ship(policy: GatePolicy, evidence: Sequence[Evidence], stops: Sequence[Stop] = ()) -> float | None:
    """P(ship | no change) of the weakest paired rule: an upper limit for the gate as a whole. None without one.

    Uses the discordance seen between the two sides, with half a pair added each way, as the truth. `stops` are those of
    a gate that may stop early: its chance is that of the whole set, of which a rule stands on the same share as of the
    part that was run.
    """
    planned = {stop.suite: stop.planned for stop in stops}
    chances = [
        _chance(new, old, BoundedPlan(pairs, margin, policy.confidence), is_early=policy.stop_early)
        for part in evidence
        for new, old, margin in _comparisons(policy, part)
        for pairs in [_pairs(new, old, part, planned)]
    ]
    return min(chances) if chances else None


def _pairs(new: Measure, old: Measure, part: Evidence, planned: Mapping[str, int]) -> int:
    """How many pairs there are, or will be once all planned units have run."""
    both, units = len(np.intersect1d(new.key, old.key)), len(part.candidate)
    return round(both * planned.get(part.suite, units) / units) if units else 0


def _comparisons(policy: GatePolicy, part: Evidence) -> Iterator[tuple[Measure, Measure, float]]:
    """Every comparison of a suite: the measure on both sides, and the margin in its unit."""
    new = part.candidate
    for other, margin in ((part.baseline, policy.may_drop), (part.anchor, policy.may_drop_since_anchor)):
        if other is not None and margin is not None:
            yield success_of(new), success_of(other), margin
    for name, demand in policy.demands.items():
        before = None if part.baseline is None else part.baseline.measures.get(name)
        if demand.margin is not None and name in new.measures and before is not None:
            yield new.measures[name], before, demand.margin / (demand.high - demand.low)


def _chance(new: Measure, old: Measure, plan: BoundedPlan, *, is_early: bool) -> float:
    both = np.intersect1d(new.key, old.key)
    if not len(both):
        return 0.0
    candidate, baseline = new.pick(both), old.pick(both)
    differences = candidate.mean(missing_as=0.0) - baseline.mean(missing_as=0.0)
    is_single = candidate.is_single and baseline.is_single
    if is_early:
        # Half a pair each way, as below: two pairs more, of which one differs.
        some = np.concatenate([differences, [1.0, 0.0]]) if is_single else differences
        return simulated_end(some, plan, SIMULATIONS).p_ship
    if is_single:
        discordance = (float(np.abs(differences).sum()) + 1.0) / (len(both) + 2.0)
        return ship_probability(PairedPlan(plan.pairs, plan.margin, discordance, plan.confidence))
    return simulated_ship_probability(differences, plan, seed=0, simulations=SIMULATIONS).value


def blind_spots_of(policy: GatePolicy, plans: Sequence[SuitePlan], rules: Sequence[RuleFinding]) -> tuple[str, ...]:
    """What this verdict could not have seen, in words."""
    return tuple(_blind_spots(policy, plans, rules))


def _blind_spots(policy: GatePolicy, plans: Sequence[SuitePlan], rules: Sequence[RuleFinding]) -> Iterator[str]:
    for rule in rules:
        if rule.is_comparison and rule.smallest_visible is not None:
            least = f"{rule.smallest_visible:.3f}" if rule.is_score else percent(rule.smallest_visible)
            change = "drop" if rule.higher_is_better else "rise"
            yield f"{rule.suite}: a {change} of less than {least} ({rule.rule}, n = {rule.n})"
    present = {plan.layer for plan in plans}
    yield from (text for layer, text in LAYERS.items() if layer not in present)
    for plan in plans:
        if plan.is_drawn and len(plan.arms) == 1:
            yield f"{plan.suite}: a drop against the baseline: its traffic was not replayed on the base revision"
        lacking = sum(1 for case in plan.evalset.cases if case.expected is None)
        if lacking and plan.layer != "behavioural":
            yield f"{plan.suite}: {lacking} of {len(plan.evalset.cases)} cases have no expected answer"
        unseen = [part for part, value in plan.arms[0].fingerprints.items() if value is None and part != "branch"]
        if unseen:
            yield f"{plan.suite}: not observed: {', '.join(unseen)}"
    if policy.baseline is None:
        yield "a drop of any size above the floor: there was no baseline to compare with"
