"""What a gate demands of slices, times and scores: that each limit can be meant, and that somebody makes the score."""

from collections.abc import Iterator, Mapping, Sequence

from foretell.core.errors import Problem, suggest
from foretell.settings.schema import GateTable, MetricRule


def check_demands(gate: GateTable, where: str, made: Mapping[str, Sequence[str] | None]) -> Iterator[Problem]:
    """What is wrong with them. `made` holds the names of every suite's scores, None where they cannot be read."""
    for kind, rules in (("slices", gate.slices), ("latency", gate.latency)):
        for name, rule in rules.items():
            if rule.at_least is None and rule.may_drop is None:
                yield Problem(f"{where} {kind}.{name}", "limits nothing.", "Give at_least, may_drop, or both.")
    for name, rule in gate.metrics.items():
        yield from _check_metric(rule, f"{where} metrics.{name}")
        suites = [made.get(suite) for suite in gate.suites or ()]
        known = {score for scores in suites for score in scores or ()}
        if None not in suites and name not in known:
            yield Problem(f"{where} metrics", f"'{name}' is not a score of the gate's suites.", suggest(name, known))


def _check_metric(rule: MetricRule, where: str) -> Iterator[Problem]:
    has_floor = rule.at_least is not None or rule.may_drop is not None
    has_ceiling = rule.at_most is not None or rule.may_rise is not None
    if has_floor == has_ceiling:
        what = "has limits on both sides." if has_floor else "limits nothing."
        yield Problem(where, what, "Give at_least and may_drop, or for what should be small at_most and may_rise.")
    low, high = rule.range
    if low >= high:
        yield Problem(f"{where}.range", f"[{low:g}, {high:g}] is empty.", "Give the least value first.")
        return
    for key, limit in (("at_least", rule.at_least), ("at_most", rule.at_most)):
        if limit is not None and not low <= limit <= high:
            hint = "Give the score's range: range = [LEAST, GREATEST]."
            yield Problem(f"{where}.{key}", f"{limit:g} lies outside of {low:g} to {high:g}.", hint)
