"""A project as values: what the project file says, checked and resolved."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from foretell.core.domain.drills import DrillPolicy
from foretell.core.domain.modes import FailureMode
from foretell.core.domain.policy import GatePolicy
from foretell.core.domain.runs import Arm, Layer, UnknownCost
from foretell.core.domain.scores import ScorerSpec


@dataclass(frozen=True, slots=True)
class TrafficSlice:
    """Which traffic a behavioural suite replays.

    `source` is a JSONL file of interactions; None reads the store. `window_days` counts back from the newest
    interaction; `share` is in (0, 1]. `has_live_tools` lets the replay call tools instead of giving their recorded
    results.
    """

    source: str | None = None
    window_days: float = 7.0
    share: float = 0.01
    at_most: int = 500
    has_live_tools: bool = False


@dataclass(frozen=True, slots=True)
class Suite:
    """A configured run of a layer. `evalset` is a reference (`core`, `core@2`), None where `traffic` is drawn from.

    `target`, `alternatives` and `user` name targets of the project. `scorers` are complete specs.
    """

    name: str
    layer: Layer
    target: str
    scorers: tuple[ScorerSpec, ...]
    evalset: str | None = None
    traffic: TrafficSlice | None = None
    alternatives: tuple[str, ...] = ()
    success: str | None = None
    repeats: int = 1
    seed: int = 0
    user: str | None = None
    max_turns: int = 8


@dataclass(frozen=True, slots=True)
class Anonymising:
    """What is replaced in traffic beside what the built-in patterns find: kind → pattern, texts to leave, a model."""

    patterns: Mapping[str, str] = field(default_factory=dict[str, str])
    allow: tuple[str, ...] = ()
    names: str | None = None


@dataclass(frozen=True, slots=True)
class TrafficIntake:
    """How traffic is taken in: the share to keep, the share that arrives (None: unknown), seconds to wait."""

    share: float = 0.01
    upstream: float | None = None
    trace_wait: float = 10.0


@dataclass(frozen=True, slots=True)
class Project:
    """Everything the project file says. Paths are relative to `root`; `store` is an SQLAlchemy-like address.

    `file` is the name of the project file in `root`, and `declared` tells people where in it a target stands.

    `fingerprints` maps target → part → glob of files whose content identifies that part.
    """

    name: str
    root: str
    store: str = "sqlite:///.foretell/store.db"
    currency: str = "USD"
    unknown_cost: UnknownCost = "exclude"
    targets: Mapping[str, Arm] = field(default_factory=dict[str, Arm])
    declared: Mapping[str, str] = field(default_factory=dict[str, str])
    fingerprints: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    evalsets: Mapping[str, str] = field(default_factory=dict[str, str])
    suites: Mapping[str, Suite] = field(default_factory=dict[str, Suite])
    modes: tuple[FailureMode, ...] = ()
    gates: Mapping[str, GatePolicy] = field(default_factory=dict[str, GatePolicy])
    traffic: TrafficIntake = field(default_factory=TrafficIntake)
    anonymise: Anonymising = field(default_factory=Anonymising)
    file: str = "foretell.toml"
    drills: DrillPolicy = field(default_factory=DrillPolicy)
