"""A decision in words and characters: the verdict, one picture of all rules, and what it could not have seen."""

from collections.abc import Sequence

from foretell.core.analysis.decide import quantity
from foretell.core.domain import wording
from foretell.core.domain.policy import Decision, RuleFinding
from foretell.reports.numbers import NONE
from foretell.reports.rule_text import how_sure, sees, turning_lines
from foretell.reports.tables import Sheet

MARKS = {"ship": "●", "hold": "■", "not-enough-evidence": "○"}
WIDTH = 31
_MIDDLE = WIDTH // 2


def headline(decision: Decision) -> str:
    """The verdict in one line."""
    spared = ", but waived" if decision.is_waived else ""
    return f"{MARKS[decision.ruling]} {decision.ruling.replace('-', ' ')}{spared}: gate {decision.gate}"


def rules_sheet(decision: Decision) -> Sheet:
    """Every rule with the bounds that it was decided on, and its picture: the limit is the bar in the middle."""
    rows = tuple(
        (
            f"{MARKS[rule.ruling]} {rule.ruling.replace('-', ' ')}",
            rule.suite,
            rule.rule,
            _value(rule.estimate, rule),
            f"[{_value(rule.low, rule)}, {_value(rule.high, rule)}]",
            _value(rule.limit, rule),
            picture(rule),
            str(rule.n),
            sees(rule),
        )
        for rule in decision.rules
    )
    notes = [how_sure(decision.policy)]
    notes += [
        f"{rule.suite}, {rule.rule}: {rule.method}{'; ' + rule.note if rule.note else ''}." for rule in decision.rules
    ]
    notes += [f"What would turn it: {line}" for line in turning_lines(decision)]
    heads = ("ruling", "suite", "rule", ">estimate", "bounds", ">limit", "breaks | keeps", ">n", ">sees drops of")
    minor = ("sees drops of", "bounds", "n", "limit", "estimate")
    return Sheet("", heads, rows, tuple(notes), drawn=("breaks | keeps",), minor=minor)


def picture(rule: RuleFinding) -> str:
    """The bounds against the limit on one line of characters.

    >>> from foretell.core.domain.policy import RuleFinding
    >>> rule = RuleFinding("success", "s", "ship", 0.9, 0.85, 0.95, 0.8, 60, "case", "exact")
    >>> picture(rule)
    '               │──●───'
    """
    if rule.low is None or rule.high is None or rule.estimate is None:
        return " " * _MIDDLE + "│"
    sign = 1 if rule.higher_is_better else -1
    low, high = sorted((sign * (rule.low - rule.limit), sign * (rule.high - rule.limit)))
    point = sign * (rule.estimate - rule.limit)
    scale = max(abs(low), abs(high), abs(point), 0.02)

    def place(value: float) -> int:
        return max(0, min(WIDTH - 1, _MIDDLE + round(value / scale * _MIDDLE)))

    line = [" "] * WIDTH
    for at in range(place(low), place(high) + 1):
        line[at] = "─"
    line[_MIDDLE] = "│" if line[_MIDDLE] == " " else "┼"
    line[place(point)] = MARKS[rule.ruling]
    return "".join(line).rstrip()


def _value(value: float | None, rule: RuleFinding) -> str:
    return NONE if value is None else quantity(value, rule)


def closing(decision: Decision) -> Sequence[str]:
    """What follows the rules: reasons, what changed, the chance to ship, and the blind spots."""
    lines = [f"because {reason}" for reason in decision.reasons]
    if decision.changed:
        lines += ["", "What changed since the baseline:", *(f"  {line}" for line in decision.changed)]
    if decision.p_ship_no_change is not None:
        chance = wording.percent(decision.p_ship_no_change, digits=0)
        lines += [
            "",
            f"P(ship | no change) is at most {chance} with this set and this discordance.",
        ]
    lines += ["", "This verdict could not have seen:", *(f"  {spot}" for spot in decision.blind_spots)]
    return lines
