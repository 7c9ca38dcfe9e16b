"""Where a gate that may stop early did, in words."""

from collections.abc import Iterator

from foretell.core.domain.policy import Decision

CAUTION = (
    "This gate may stop after any case: its p-values and bounds hold wherever it stops. "
    "An estimate from a part that ended a test lies too far from the limit on average."
)


def stop_lines(decision: Decision) -> Iterator[str]:
    """How far each suite was looked at, and what that means for its numbers; nothing for a gate that sees all cases."""
    units = {rule.suite: rule.unit for rule in decision.rules}
    for stop in decision.stops:
        unit = units.get(stop.suite, "case")
        text = f"{stop.suite}: decided on {stop.seen} of {stop.planned} {unit}s, drawn in random order"
        if stop.later > 0:
            text = f"{text}; {stop.later} more were under way and do not count"
        yield f"{text}."
    if decision.stops:
        yield CAUTION
