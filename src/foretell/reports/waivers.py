"""The waivers of a decision in words."""

from collections.abc import Iterator

from foretell.core.domain.policy import Decision
from foretell.reports.numbers import counted


def waiver_lines(decision: Decision) -> Iterator[str]:
    """Every waiver that was applied, or that ended, and whether the ruling blocks in spite of them."""
    for waiver in decision.waivers:
        said = f"'{waiver.rule}' until {waiver.until}, by {waiver.owner}: {waiver.reason}"
        if waiver.is_over:
            yield f"waiver ended {counted(-waiver.days_left, 'day')} ago, the rule counts again: {said}"
        else:
            yield f"waived, {counted(waiver.days_left, 'day')} left: {said}"
    if decision.is_waived:
        yield f"{decision.ruling.replace('-', ' ')}, but waived: it does not block"
