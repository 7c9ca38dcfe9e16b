"""What a gate could have seen: the chance that it ships when nothing changed, and what it is blind to."""

from collections.abc import Iterator, Sequence

import numpy as np

from foretell.core.analysis.early_end import simulated_end
from foretell.core.analysis.rules import Contest, Evidence, contests_of
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
        _chance(contest.shared(), policy, planned.get(part.suite, len(part.candidate)) / max(1, len(part.candidate)))
        for part in evidence
        for contest in contests_of(policy, part)
        if contest.old is not None
    ]
    return min(chances) if chances else None


def _chance(contest: Contest, policy: GatePolicy, growth: float) -> float:
    """That of one comparison, on the pairs there are, or will be when all units have run: `growth` times as many."""
    new, old = contest.new, contest.old
    if old is None or not len(new):
        return 0.0
    differences = new.mean(missing_as=0.0) - old.mean(missing_as=0.0)
    is_single = new.is_single and old.is_single
    weights = None if contest.weights is None else contest.weights.at(new.key)
    shares = None if weights is None else weights / weights.max()
    pairs, margin = round(len(new) * growth), -contest.rule.limit_of_good
    plan = BoundedPlan(pairs, margin, policy.confidence, shares)
    if policy.stop_early:
        if is_single and shares is None:  # half a pair each way, as below: two pairs more, of which one differs
            differences = np.concatenate([differences, [1.0, 0.0]])
        return simulated_end(differences, plan, SIMULATIONS).p_ship
    if is_single and shares is None:
        discordance = (float(np.abs(differences).sum()) + 1.0) / (len(new) + 2.0)
        return ship_probability(PairedPlan(pairs, margin, discordance, policy.confidence))
    return simulated_ship_probability(differences, plan, seed=0, simulations=SIMULATIONS).value


def _drawn_unseen(plan: SuitePlan) -> Iterator[str]:
    """What the chances of a sample of traffic leave open."""
    cases = plan.evalset.cases
    unknown = sum(1 for case in cases if case.metadata.get("upstream") == "unknown")
    if unknown:
        part = "its cases" if unknown == len(cases) else f"{unknown} of {len(cases)} cases"
        yield f"{plan.suite}: with what chance {part} came to be recorded is not known: rates are unweighted by it"


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
        yield from _drawn_unseen(plan)
        lacking = sum(1 for case in plan.evalset.cases if case.expected is None)
        if lacking and plan.layer != "behavioural":
            yield f"{plan.suite}: {lacking} of {len(plan.evalset.cases)} cases have no expected answer"
        unseen = [part for part, value in plan.arms[0].fingerprints.items() if value is None and part != "branch"]
        if unseen:
            yield f"{plan.suite}: not observed: {', '.join(unseen)}"
    if policy.baseline is None:
        yield "a drop of any size above the floor: there was no baseline to compare with"
