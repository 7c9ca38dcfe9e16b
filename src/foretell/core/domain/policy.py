"""The rules of a gate, and the decision that is drawn from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Ruling: TypeAlias = Literal["ship", "hold", "not-enough-evidence"]


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """What a deploy must keep. Rates and margins are shares in [0, 1]; `confidence` is one-sided, on each side.

    `baseline` and `anchor` are references (`file:PATH`, `run:ID`, `target:NAME`, `branch:NAME`). `modes` holds a
    ceiling on the any-occurrence rate of each named failure mode. `cost_may_rise` is relative: 0.05 is five per cent.
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
class Decision:
    """Ship, hold or not enough evidence, with every rule's row and what the evidence could not show.

    `p_ship_no_change` is P(ship | no change) of the whole gate, None when no rule compares with a baseline. `code` is
    the candidate's revision, None where it is not known. `is_final` is false when money, time or the environment ended
    it early: then asking again runs again, as the next `attempt`. `waivers` never change the ruling, only whether it
    blocks. `notes` are told with every verdict of the gate, `warnings` at its head.
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
