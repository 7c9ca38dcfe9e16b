"""What a gate demands in words, and what of it is not what it was: a gate that gives way must say so."""

from collections.abc import Iterator
from dataclasses import replace

from foretell.core.domain.policy import Demand, GatePolicy
from foretell.core.domain.wording import percent

NOTHING = "nothing"


def confidence_of(policy: GatePolicy) -> str:
    """The confidence with the digits that it has: 97.5 %."""
    return f"{policy.confidence * 100:.6g} %"


def policy_lines(policy: GatePolicy) -> Iterator[tuple[str, str]]:
    """What the gate demands, as the project file says it."""
    yield "suites", ", ".join(policy.suites)
    yield "success, at least", percent(policy.at_least)
    for label, margin, against in (
        ("against baseline, may drop", policy.may_drop, policy.baseline),
        ("since anchor, may drop", policy.may_drop_since_anchor, policy.anchor),
    ):
        if margin is not None:
            yield label, f"{percent(margin)} ({against or 'no reference'})"
    for mode, ceiling in policy.modes.items():
        yield f"failure mode {mode}, at most", percent(ceiling)
    for name, demand in policy.demands.items():
        yield name, _demand(name, demand)
    if policy.cost_may_rise is not None:
        yield "cost per success, may rise", percent(policy.cost_may_rise)
    yield "confidence, one-sided", confidence_of(policy)
    if policy.stop_early:
        yield "stops early", "as soon as the verdict is certain"
    if policy.max_cost is not None:
        yield "may spend, in the project's currency", f"{policy.max_cost:g}"
    if policy.max_minutes is not None:
        yield "may take", f"{policy.max_minutes:g} min"
    if policy.owners:
        yield "owners", ", ".join(policy.owners)


def policy_changes(old: GatePolicy, new: GatePolicy, since: str) -> tuple[str, ...]:
    """What a gate demands otherwise than `since`, a line for each; money and time decide nothing and do not count."""
    before, now = (dict(policy_lines(replace(one, max_cost=None, max_minutes=None))) for one in (old, new))
    return tuple(
        f"the gate's policy changed since {since}: {name}: {before.get(name, NOTHING)} → {now.get(name, NOTHING)}"
        for name in {**before, **now}
        if before.get(name) != now.get(name)
    )


def _demand(name: str, demand: Demand) -> str:
    is_score = name.startswith("metric ")
    limits = (
        ("at least", demand.at_least),
        ("may drop", demand.may_drop),
        ("at most", demand.at_most),
        ("may rise", demand.may_rise),
    )
    told = [f"{words} {f'{limit:g}' if is_score else percent(limit)}" for words, limit in limits if limit is not None]
    return ", ".join(told)
