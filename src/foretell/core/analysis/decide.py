"""The decision procedure of a gate. Pure: policy and evidence in, decision out.

**ship** needs every rule's one-sided bound to clear its limit; no correction is needed (intersection-union: Berger
1982, Technometrics 24). **hold** when any rule's bound lies beyond its limit, by Holm over the hold side. Otherwise the
evidence is not enough. So P(ship | any rule at its limit) and P(hold | every rule within its limit) are both at most
1 - confidence. Unscored trials are read against each claim: shipping must survive them as failures, holding as
successes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, log

from foretell.core.analysis.claims import Standard, can_ever_ship, units_to_ship
from foretell.core.analysis.rules import Evidence, Tested, rules_of
from foretell.core.domain.policy import COST, GatePolicy, RuleFinding, Ruling
from foretell.core.domain.wording import percent
from foretell.core.errors import Problem
from foretell.core.stats.correction import holm_adjusted

ENVIRONMENT_SHARE = 0.05
"""Above this share of connection failures, 429, 5xx and timeouts on either side, the environment is suspect."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules come to together."""

    ruling: Ruling
    rules: tuple[RuleFinding, ...]
    reasons: tuple[str, ...]


def judge(policy: GatePolicy, evidence: Sequence[Evidence], standard: Standard) -> Judged:
    """Apply a policy to the evidence of its suites."""
    tested = [rule for part in evidence for rule in rules_of(policy, part, standard)]
    return conclude(policy, tested, {part.suite: part.environment_share for part in evidence})


def conclude(policy: GatePolicy, tested: Sequence[Tested], environment: Mapping[str, float]) -> Judged:
    """What tested rules come to; `environment` is the share of environment failures by suite."""
    adjusted = holm_adjusted([rule.finding.p_hold for rule in tested])
    alpha = policy.alpha + 1e-12
    rules = [
        replace(rule.finding, ruling=_ruling(rule.finding.p_ship <= alpha, float(p) <= alpha))
        for rule, p in zip(tested, adjusted, strict=True)
    ]
    stormy = {suite: share for suite, share in environment.items() if share > ENVIRONMENT_SHARE}
    if stormy:
        rules = [_under_storm(rule, test, alpha / len(tested)) for rule, test in zip(rules, tested, strict=True)]
    ruling = _joint(rules)
    return Judged(ruling, tuple(rules), _reasons(ruling, rules, stormy))


def _ruling(may_ship: bool, must_hold: bool) -> Ruling:
    if must_hold:
        return "hold"
    return "ship" if may_ship else "not-enough-evidence"


def _joint(rules: Sequence[RuleFinding]) -> Ruling:
    if any(rule.ruling == "hold" for rule in rules):
        return "hold"
    return "ship" if rules and all(rule.ruling == "ship" for rule in rules) else "not-enough-evidence"


def _under_storm(rule: RuleFinding, test: Tested, level: float) -> RuleFinding:
    """In a storm nothing ships, and only a hold that the environment cannot explain stands."""
    if rule.ruling == "hold" and test.p_hold_without_environment <= level:
        return rule
    note = "environment: too many connection failures, 429, 5xx or timeouts to tell"
    return replace(rule, ruling="not-enough-evidence", note=note)


def _reasons(ruling: Ruling, rules: Sequence[RuleFinding], stormy: Mapping[str, float]) -> tuple[str, ...]:
    reasons = [
        f"environment: {percent(share)} of the trials of suite '{suite}' met connection "
        f"failures, 429, 5xx or timeouts; above {percent(ENVIRONMENT_SHARE, digits=0)} nothing ships"
        for suite, share in stormy.items()
    ]
    deciding = [rule for rule in rules if rule.ruling == ruling] if ruling != "ship" else list(rules)
    ranked = sorted(deciding, key=lambda rule: rule.p_hold if ruling == "hold" else -rule.p_ship)
    return (*reasons, *(describe(rule) for rule in ranked))[:3]


def describe(rule: RuleFinding) -> str:
    """One rule in one sentence, with its numbers."""
    shown = "not known" if rule.estimate is None else quantity(rule.estimate, rule)
    text = f"{rule.suite}: {rule.rule} is {shown}{_edge(rule)} against {quantity(rule.limit, rule)}"
    text = f"{text} (n = {rule.n} {rule.unit}s)"
    return f"{text}; {rule.note}" if rule.note else text


def _edge(rule: RuleFinding) -> str:
    """The bound that a ruling rests on; both of them where the limit lies between them."""
    if rule.ruling == "not-enough-evidence":
        ends = [end for end in (rule.low, rule.high) if end is not None]
        return f", bounds {' to '.join(quantity(end, rule) for end in ends)}" if ends else ""
    bound = rule.low if (rule.ruling == "ship") == rule.higher_is_better else rule.high
    return "" if bound is None else f", bound {quantity(bound, rule)}"


def quantity(value: float, rule: RuleFinding) -> str:
    """A number of a rule as it is written: a share, a score, a difference with its sign, or a ratio of costs."""
    if rule.rule == COST:
        return f"×{value:.3f}"
    if rule.is_score:
        return f"{value:{'+' if rule.is_comparison else ''}.3f}".replace("-", "−")
    return percent(value, signed=rule.is_comparison)


def check_policy(policy: GatePolicy, units: Mapping[str, int], standard: Standard, *, is_single: bool) -> list[Problem]:
    """What no data could decide: limits that these sets (units by suite) could not clear at their very best."""
    problems: list[Problem] = []
    if policy.stop_early and policy.cost_may_rise is not None:
        what = "stop_early cannot go with cost_per_success: no test of that ratio holds whenever it is looked at."
        problems.append(Problem(f"gate '{policy.name}'", what, "Leave out one of them, or make two gates."))
    for suite, n in units.items():
        where = f"gate '{policy.name}', suite '{suite}'"
        for name, margin in (("may_drop", policy.may_drop), ("may_drop_since_anchor", policy.may_drop_since_anchor)):
            if margin is not None and not can_ever_ship(n, margin, standard, is_single=is_single):
                needed = units_to_ship(margin, standard, is_single=is_single) if margin > 0 else None
                hint = f"It takes {needed} cases. Widen the margin or add cases." if needed else "Use a margin above 0."
                what = f"{name} = {margin:g} could not ship with {n} cases even if not one of them differed."
                problems.append(Problem(where, what, hint))
        if is_single:
            problems.extend(_out_of_sight(policy, n, where))
    return problems


def _out_of_sight(policy: GatePolicy, n: int, where: str) -> Iterator[Problem]:
    """The floor and the ceilings that n single answers could not clear if all were good."""
    if policy.at_least**n > policy.alpha:
        what = f"at_least = {policy.at_least:g} could not ship with {n} cases even if all succeeded."
        yield Problem(where, what, _cases_to_clear(policy.at_least, policy.alpha, "Lower the floor"))
    for mode, ceiling in policy.modes.items():
        if (1 - ceiling) ** n > policy.alpha:
            what = f"a ceiling of {ceiling:g} on '{mode}' could not ship with {n} cases even if it never occurred."
            yield Problem(where, what, _cases_to_clear(1 - ceiling, policy.alpha, "Raise the ceiling"))


def _cases_to_clear(share: float, alpha: float, otherwise: str) -> str:
    """How many good answers show that more than this share are good; a share of 1 never is."""
    if share >= 1:
        return f"No number of cases can show it. {otherwise}."
    return f"It takes {ceil(log(alpha) / log(share))} cases. {otherwise} or add cases."
