"""The rules of a gate, and the decision that is drawn from them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

Ruling: TypeAlias = Literal["ship", "hold", "not-enough-evidence"]

AGAINST_BASELINE = " against baseline"
SINCE_ANCHOR = " since anchor"
COST = "cost per success"
_UNITS = {"ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True, slots=True)
class Demand:
    """Limits on one mean: a floor and how far it may drop below the baseline's, or a ceiling and how far it may rise.

    A value lies between `low` and `high`; limits are in the same unit.
    """

    at_least: float | None = None
    may_drop: float | None = None
    at_most: float | None = None
    may_rise: float | None = None
    low: float = 0.0
    high: float = 1.0

    @property
    def higher_is_better(self) -> bool:
        """False for what has a ceiling."""
        return self.at_most is None and self.may_rise is None

    @property
    def level(self) -> float | None:
        """The floor or the ceiling."""
        return self.at_least if self.higher_is_better else self.at_most

    @property
    def margin(self) -> float | None:
        """How far it may change for the worse against the baseline."""
        return self.may_drop if self.higher_is_better else self.may_rise


def milliseconds(time: str) -> float:
    """A time such as 800ms, 8s or 2m.

    >>> milliseconds("1.5s")
    1500.0
    """
    number, unit = re.fullmatch(r"([\d.]+)(ms|s|m)", time).groups()  # type: ignore[union-attr] # settings checked it
    return float(number) * _UNITS[unit]


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """What a deploy must keep. Rates and margins are shares in [0, 1]; `confidence` is one-sided, on each side.

    `baseline` and `anchor` are references (`file:PATH`, `run:ID`, `target:NAME`, `branch:NAME`). `modes` holds a
    ceiling on the any-occurrence rate of each named failure mode. `cost_may_rise` is relative: 0.05 is five per cent.
    `slices` (`name=value`) hold demands on the success of a part of the cases, `latency` (`8s`) on the share of trials
    that are answered within a time, `metrics` on the mean of a score, `steps` on the share of traces that executed a
    step in which it went well.
    `stop_early` chooses the test that may stop when its verdict is certain, instead of the one that sees every case.
    """

    name: str
    suites: tuple[str, ...]
    at_least: float
    may_drop: float | None = None
    may_drop_since_anchor: float | None = None
    confidence: float = 0.95
    baseline: str | None = None
    anchor: str | None = None
    modes: Mapping[str, float] = field(default_factory=dict[str, float])
    cost_may_rise: float | None = None
    max_cost: float | None = None
    max_minutes: float | None = None
    owners: tuple[str, ...] = ()
    stop_early: bool = False
    slices: Mapping[str, Demand] = field(default_factory=dict[str, Demand])
    latency: Mapping[str, Demand] = field(default_factory=dict[str, Demand])
    metrics: Mapping[str, Demand] = field(default_factory=dict[str, Demand])
    steps: Mapping[str, Demand] = field(default_factory=dict[str, Demand])

    @property
    def demands(self) -> dict[str, Demand]:
        """The demands on slices, times, scores and steps, by the name of what they are put to."""
        kinds = (
            ("slice ", self.slices),
            ("latency within ", self.latency),
            ("metric ", self.metrics),
            ("step ", self.steps),
        )
        return {f"{kind}{name}": demand for kind, demands in kinds for name, demand in demands.items()}

    @property
    def has_comparisons(self) -> bool:
        """True when a rule compares with the baseline."""
        margins = [self.may_drop, self.cost_may_rise, *(demand.margin for demand in self.demands.values())]
        return any(margin is not None for margin in margins)

    @property
    def without_baseline(self) -> "GatePolicy":
        """The policy by floors and ceilings alone."""

        def levels(demands: Mapping[str, Demand]) -> dict[str, Demand]:
            kept = {name: one for name, one in demands.items() if one.level is not None}
            return {name: replace(one, may_drop=None, may_rise=None) for name, one in kept.items()}

        return replace(
            self,
            baseline=None,
            anchor=None,
            may_drop=None,
            may_drop_since_anchor=None,
            cost_may_rise=None,
            slices=levels(self.slices),
            latency=levels(self.latency),
            metrics=levels(self.metrics),
        )

    @property
    def alpha(self) -> float:
        """The chance of a wrong ship, and of a wrong hold, that the policy allows."""
        return 1.0 - self.confidence


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """One rule of a gate beside its evidence.

    `low` and `high` are the one-sided bounds that the ruling rests on; `p_ship` and `p_hold` the p-values against "at
    or beyond the limit" and "within the limit". `smallest_visible` is the smallest drop (or rise) that could
    have shipped with no change at all. `turned_by` says what would turn the ruling.
    """

    rule: str
    suite: str
    ruling: Ruling
    estimate: float | None
    low: float | None
    high: float | None
    limit: float
    n: int
    unit: str
    method: str
    p_ship: float = 1.0
    p_hold: float = 1.0
    higher_is_better: bool = True
    smallest_visible: float | None = None
    turned_by: str = ""
    note: str = ""

    @property
    def is_comparison(self) -> bool:
        """True for a difference from a baseline or an anchor."""
        return self.rule.endswith((AGAINST_BASELINE, SINCE_ANCHOR))

    @property
    def is_score(self) -> bool:
        """True for the mean of a score, which is no share."""
        return self.rule.startswith("metric ")


@dataclass(frozen=True, slots=True)
class AppliedWaiver:
    """A waiver on a rule that did not ship. `until` is its last day, YYYY-MM-DD; below 0 `days_left` it has ended."""

    rule: str
    reason: str
    owner: str
    until: str
    days_left: int

    @property
    def is_over(self) -> bool:
        """True when it lasts no longer: the rule counts again."""
        return self.days_left < 0


@dataclass(frozen=True, slots=True)
class Stop:
    """How far a gate that may stop early looked at one suite, in units (cases, or conversations).

    Its `planned` units come in an order that the key of the decision fixes. The verdict stands on the first `seen` of
    them; `later` ones were finished too, and are kept, but not counted.
    """

    suite: str
    seen: int
    planned: int
    later: int


@dataclass(frozen=True, slots=True)
class SeenUnits:
    """Units (cases, or conversations) as columns: numbers with spaces between them, one per unit in the order of `key`.

    `measures` hold such columns for each slice, time, score or step that a rule is put to. `largest_weight` is that of
    any case of the set, None where all cases stand for as much.
    """

    unit: str
    columns: Mapping[str, str]
    measures: Mapping[str, Mapping[str, str]]
    largest_weight: float | None = None


@dataclass(frozen=True, slots=True)
class SeenSuite:
    """What a gate that may stop early has seen of one suite: enough to compute its test again, and to go on with it.

    `order` holds the keys of all planned units as they are drawn, `sides` the finished ones of the `candidate`, and
    what they are held against: `baseline` (only the finished units of it when `is_beside`) and `anchor`. `sizes` says
    how many units a slice has. Of two releases it holds the conversations, in no order.
    """

    suite: str
    order: str
    sides: Mapping[str, SeenUnits]
    sizes: Mapping[str, int]
    is_beside: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Ship, hold or not enough evidence, with every rule's row and what the evidence could not show.

    `p_ship_no_change` is P(ship | no change) of the whole gate, None when no rule compares with a baseline. `code` is
    the candidate's revision, None where it is not known. `is_final` is false when money, time or the environment ended
    it early: then asking again goes on, as the next `attempt`. `stops` say where a gate that may stop early did, suite
    by suite, and `seen` on which units. `releases` are the new and the old one that a canary compared. `waivers` never
    change the ruling, only whether it blocks. `notes` are told with every verdict of the gate, `warnings` at its head.
    """

    gate: str
    ruling: Ruling
    rules: tuple[RuleFinding, ...]
    reasons: tuple[str, ...]
    blind_spots: tuple[str, ...]
    policy: GatePolicy
    runs: Mapping[str, str]
    baseline_runs: Mapping[str, str]
    decided_at: str
    key: str
    p_ship_no_change: float | None = None
    changed: tuple[str, ...] = ()
    anchor_runs: Mapping[str, str] = field(default_factory=dict[str, str])
    code: str | None = None
    is_final: bool = True
    attempt: int = 1
    waivers: tuple[AppliedWaiver, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    stops: tuple[Stop, ...] = ()
    seen: tuple[SeenSuite, ...] = ()
    releases: tuple[str, ...] = ()

    @property
    def blocking(self) -> Ruling:
        """The ruling that is left when waived rules do not count; `ship` when nothing blocks the deploy."""
        waived = {waiver.rule for waiver in self.waivers if not waiver.is_over}
        left = {rule.ruling for rule in self.rules if rule.rule not in waived}
        if "hold" in left:
            return "hold"
        return "not-enough-evidence" if "not-enough-evidence" in left or not self._is_whole else "ship"

    @property
    def is_waived(self) -> bool:
        """True when it would block were it not for a waiver."""
        return self.ruling != "ship" and self.blocking == "ship"

    @property
    def _is_whole(self) -> bool:
        return self.is_final and bool(self.rules)
