"""What is to be run, and what a run was."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from foretell.core.domain.cases import EvalSetVersion
from foretell.core.domain.effects import FaultSpec
from foretell.core.domain.modes import FailureMode
from foretell.core.domain.scores import ScorerSpec
from foretell.core.domain.trial import TargetSpec, TrialLimits

Layer: TypeAlias = Literal["model", "system", "behavioural"]
UnknownCost: TypeAlias = Literal["exclude", "zero"]
RunStatus: TypeAlias = Literal["running", "done", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class TargetLimits:
    """How hard a target may be driven. None is no limit of ours; concurrency adapts below its number."""

    concurrency: int = 8
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    max_cost_per_trial: float | None = None
    trial: TrialLimits = TrialLimits()


@dataclass(frozen=True, slots=True)
class Arm:
    """One target of a plan with its limits. `is_isolated` says that it runs in a worker process of its own.

    `environment` holds variables that this process gets beside those of the driver. `fault` is set by drills only.
    `revision` is the commit in whose checkout it runs; None is the project's folder as it is.
    """

    target: TargetSpec
    limits: TargetLimits = TargetLimits()
    is_isolated: bool = False
    fingerprints: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    fault: FaultSpec | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class SuitePlan:
    """All that one suite needs to run: cases × arms × scorers, and how to read the scores.

    The first arm is the suite's target, further ones are its alternatives. `success` is an expression, None for "every
    boolean score is true". `max_cost` is in the project's currency, for the whole plan. `has_live_tools` lets a replay
    of traffic call its tools. `is_drawn` says that the cases were drawn from traffic for this plan alone. With a `pace`
    trials start at the recorded times of their cases, so many times as fast.
    """

    suite: str
    layer: Layer
    evalset: EvalSetVersion
    arms: tuple[Arm, ...]
    scorers: tuple[ScorerSpec, ...]
    success: str | None = None
    modes: tuple[FailureMode, ...] = ()
    repeats: int = 1
    seed: int = 0
    max_cost: float | None = None
    user: TargetSpec | None = None
    max_turns: int = 8
    has_live_tools: bool = False
    is_drawn: bool = False
    pace: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A stored run: one arm of one suite plan. `group` is shared by the runs that were started together.

    `cases` is the number of cases in the set, `planned` cases × repeats. All that the run needs is kept with it, so
    that it can be resumed, and every view recomputed from the stored scores, without the project file. `is_weighted`
    says that its cases stand for different numbers of interactions, `has_neighbours` that some are others said
    otherwise; both are told by the cases' metadata.
    """

    id: str
    group: str
    suite: str
    layer: Layer
    arm: Arm
    evalset: str
    version: str
    set_hash: str
    scorers: tuple[ScorerSpec, ...]
    success: str | None
    modes: tuple[FailureMode, ...]
    repeats: int
    seed: int
    cases: int
    planned: int
    created_at: str
    is_alternative: bool = False
    user: TargetSpec | None = None
    max_turns: int = 8
    status: RunStatus = "running"
    currency: str = "USD"
    note: str = ""
    has_live_tools: bool = False
    is_weighted: bool = False
    has_neighbours: bool = False
    pace: float | None = None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """How a trial ended: `success`, `failure` or `unscored`, with the failure's primary and secondary modes."""

    state: Literal["success", "failure", "unscored"]
    mode: str | None = None
    secondary: tuple[str, ...] = ()
    reason: str = ""
