"""The words and numbers of a decision that every output shares: no number without its bounds and its n."""

import re
from collections.abc import Iterator, Mapping, Sequence

from foretell.core.analysis.decide import quantity
from foretell.core.analysis.demands import confidence_of
from foretell.core.analysis.runs.cost import CostFinding
from foretell.core.domain.policy import AppliedWaiver, Decision, GatePolicy, RuleFinding, Ruling
from foretell.core.domain.runs import Run
from foretell.core.domain.wording import percent
from foretell.reports.numbers import NONE, amount, money
from foretell.reports.stops import stop_lines
from foretell.reports.waivers import waiver_lines

WORST_FIRST: tuple[Ruling, ...] = ("hold", "not-enough-evidence", "ship")


def word(ruling: Ruling) -> str:
    """A ruling as it is read.

    >>> word("not-enough-evidence")
    'not enough evidence'
    """
    return ruling.replace("-", " ")


def shown(value: float | None, rule: RuleFinding) -> str:
    """A number of a rule; what is not known is a dash."""
    return NONE if value is None else quantity(value, rule)


def bounds(rule: RuleFinding) -> str:
    """The bounds that the ruling rests on; where there is an estimate, a missing one is unbounded."""
    if rule.low is None and rule.high is None:
        return NONE
    low, high = ("∞" if end is None else quantity(end, rule) for end in (rule.low, rule.high))
    return f"[{low}, {high}]"


def finding(rule: RuleFinding) -> str:
    """A rule in one sentence, for those who do not see its picture."""
    if rule.estimate is None and rule.low is None and rule.high is None:
        numbers = f"not measured, n = {rule.n}"
    else:
        numbers = f"{shown(rule.estimate, rule)}, bounds {bounds(rule)}, n = {rule.n}"
    side = "at least" if rule.higher_is_better else "at most"
    return f"{rule.suite}, {rule.rule}: {numbers}; it has to be {side} {shown(rule.limit, rule)}: {word(rule.ruling)}"


def sees(rule: RuleFinding) -> str:
    """The smallest drop that a comparison could have seen; a dash for every other rule."""
    if not rule.is_comparison or rule.smallest_visible is None:
        return NONE
    return f"{rule.smallest_visible:.3f}" if rule.is_score else percent(rule.smallest_visible)


def worst_first(decision: Decision) -> list[RuleFinding]:
    """The rules, those that broke before those that could not tell before those that were kept."""
    return sorted(decision.rules, key=lambda rule: WORST_FIRST.index(rule.ruling))


def waived(decision: Decision) -> Mapping[str, AppliedWaiver]:
    """The waivers that last, by the name of the rule that does not block because of them."""
    return {waiver.rule: waiver for waiver in decision.waivers if not waiver.is_over}


def score(decision: Decision) -> str:
    """How many rules were kept, broken and waived.

    An empty decision says so: nothing that was measured is no good news.
    """
    rulings = [rule.ruling for rule in decision.rules]
    if not rulings:
        return "no rule was measured"
    broken, open_ = rulings.count("hold"), rulings.count("not-enough-evidence")
    parts = [f"{rulings.count('ship')} of {len(rulings)} rules kept"]
    parts += [f"{broken} broken"] if broken else []
    parts += [f"{open_} without enough evidence"] if open_ else []
    spared = sum(rule.ruling != "ship" and rule.rule in waived(decision) for rule in decision.rules)
    parts += [f"{spared} waived"] if spared else []
    return ", ".join(parts)


def told_with_it(decision: Decision) -> list[str]:
    """What stands beside every verdict: warnings, waivers, whether it is the last word, and the notes of its gate."""
    lines = [
        *(f"warning: {one}" for one in decision.warnings),
        *waiver_lines(decision),
        *stop_lines(decision),
        *decision.notes,
    ]
    if not decision.is_final:
        lines.append("It was cut short: asking again goes on, or runs again where nothing is left to go on with.")
    return lines


def origin_lines(decision: Decision) -> Iterator[str]:
    """Which decision it is, on what."""
    yield f"decided {moment(decision.decided_at)}"
    yield f"decision {decision.key}"
    if decision.code is not None:
        yield f"revision {decision.code}"
    if decision.attempt > 1:
        yield f"attempt {decision.attempt}"
    yield from (f"{suite}: run {run}" for suite, run in decision.runs.items())
    yield from (f"{suite}: against run {run}" for suite, run in decision.baseline_runs.items())
    yield from (f"{suite}: anchor run {run}" for suite, run in decision.anchor_runs.items())


def chance(decision: Decision) -> str | None:
    """P(ship | no change) as a limit, None where nothing was compared."""
    if decision.p_ship_no_change is None:
        return None
    return f"at most {percent(decision.p_ship_no_change, digits=0)}"


def cost_lines(costs: Sequence[tuple[Run, CostFinding]]) -> Iterator[str]:
    """What one success cost in each suite, with its interval, and what the suite cost in all."""
    for run, found in costs:
        value, total = found.per_success, total_cost(run, found)
        told = value.method if value.value is None else f"{amount(value, run.currency)} a success"
        yield f"{run.suite}: {'; '.join(filter(None, (told, total)))}"


def total_cost(run: Run, found: CostFinding) -> str:
    """What all trials of a run cost, as far as it is known; nothing when nothing is."""
    if not found.priced:
        return ""
    known = "" if found.priced == found.trials else f", known for {found.priced}"
    return f"{money(found.total, run.currency)} for {found.trials} trials{known}"


def how_sure(policy: GatePolicy) -> str:
    """What the bounds mean."""
    return f"Bounds are one-sided {confidence_of(policy)}, on each side."


def method_lines(decision: Decision) -> Iterator[str]:
    """How the rules were computed, those of one method together."""
    by_method: dict[str, list[str]] = {}
    for rule in worst_first(decision):
        by_method.setdefault(rule.method, []).append(f"{rule.suite}, {rule.rule}")
    for method, names in by_method.items():
        yield f"{'Not measured' if method == 'none' else method}: {'; '.join(names)}."


def note_lines(decision: Decision) -> Iterator[str]:
    """What is to be said about single rules."""
    return (f"{rule.suite}, {rule.rule}: {rule.note}." for rule in worst_first(decision) if rule.note)


def turning_lines(decision: Decision) -> Iterator[str]:
    """What would turn single rules."""
    return (f"{rule.suite}, {rule.rule}: {rule.turned_by}." for rule in worst_first(decision) if rule.turned_by)


def moment(time: str) -> str:
    """An RFC 3339 time to the minute; anything else as it is.

    >>> moment("2026-11-21T21:14:03.512Z")
    '2026-11-21 21:14 UTC'
    """
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):[\d.]+Z", time)
    return f"{found[1]} {found[2]} UTC" if found else time
