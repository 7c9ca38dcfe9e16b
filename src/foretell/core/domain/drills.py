"""What a drill is asked to do, and what it found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from foretell.core.domain.effects import FaultSpec
from foretell.core.domain.estimates import Estimate
from foretell.core.domain.runs import Layer

CellState: TypeAlias = Literal["caught", "missed", "not-applicable", "not-injected", "unmeasured"]
"""`not-applicable`: there is nothing for the fault to act on. `not-injected`: there may be, out of a drill's reach."""


@dataclass(frozen=True, slots=True)
class DrillPolicy:
    """What drills of a project do unless told otherwise, and the faults that none may let slip through.

    `faults` None is every known one; `own` are those that the project file configures, by name. `confidence` is that
    with which a run without a fault raises no alarm. `fault_free` counts such runs beside the reference. `addresses`
    are environment variables that hold the address of the target's model.
    """

    must_catch: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    faults: tuple[str, ...] | None = None
    own: Mapping[str, FaultSpec] = field(default_factory=dict[str, FaultSpec])
    confidence: float = 0.95
    fault_free: int = 1
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that differs from the reference: the success, a failure mode, a check, or the cost.

    `before` and `after` are means over the cases that both runs have. `p_value` is adjusted by Holm over all that was
    looked at in the run.
    """

    name: str
    before: float
    after: float
    n: int
    p_value: float
    method: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault, or none, on one suite.

    `reason` says why nothing was measured, or that a fault has nothing to act on. `acted` counts the trials that it
    changed, None where nobody can count them (the model boundary). `signals` are those that the reference has not.
    `step` is the step at which most new failures start, `cause` the failure mode that became most frequent.
    `cases_needed` is the shortest part of the cases that catches it, `is_extrapolated` when it is more than there were.
    """

    suite: str
    layer: Layer
    state: CellState
    reason: str = ""
    run: str = ""
    trials: int = 0
    acted: int | None = None
    drop: Estimate | None = None
    signals: tuple[Signal, ...] = ()
    step: str | None = None
    is_step_right: bool | None = None
    cause: str | None = None
    is_cause_right: bool | None = None
    cases_needed: int | None = None
    is_extrapolated: bool = False
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class FaultFinding:
    """One fault on every suite. `steps` and `causes` are the steps and failure modes that name it rightly."""

    fault: str
    use: str
    means: str
    steps: tuple[str, ...]
    causes: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def is_caught(self) -> bool:
        """True when at least one suite caught it."""
        return any(cell.state == "caught" for cell in self.cells)

    @property
    def has_applied(self) -> bool:
        """True when it was there to be caught on at least one suite."""
        return any(cell.state in ("caught", "missed") for cell in self.cells)


@dataclass(frozen=True, slots=True)
class DrillReport:
    """The matrix fault × suite, and what runs without a fault said.

    `alarms` is the share of fault-free runs with a signal, beside `promised`, the highest that is allowed. `slipped`
    are the faults on the policy's list that no suite caught, `unmeasured` those on it that could not be tried.
    """

    id: str
    at: str
    suites: tuple[str, ...]
    references: Mapping[str, str]
    findings: tuple[FaultFinding, ...]
    fault_free: tuple[Cell, ...]
    alarms: Estimate | None
    promised: float
    slipped: tuple[str, ...]
    unmeasured: tuple[str, ...]
    cost: float | None
    currency: str
    stopped: str = ""
