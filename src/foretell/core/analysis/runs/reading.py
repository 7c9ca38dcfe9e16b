"""What a use case reads from stored runs and a report writes down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from foretell.core.analysis.runs.compare import Comparison
from foretell.core.analysis.runs.cost import CostFinding
from foretell.core.analysis.runs.failures import ModeFinding
from foretell.core.analysis.runs.origins import Origin
from foretell.core.analysis.runs.rates import Tally
from foretell.core.analysis.runs.robustness import Robustness
from foretell.core.analysis.runs.steps import Compounding
from foretell.core.domain.estimates import Estimate
from foretell.core.domain.runs import Run
from foretell.core.ports.findings import TrialLine


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in numbers. `missing` counts planned trials that were never finished.

    `robustness` sets neighbours of cases beside their originals; empty for a set without any.
    """

    run: Run
    tally: Tally
    success: Estimate
    reliability: tuple[Estimate, ...]
    missing: int
    robustness: tuple[Robustness, ...] = ()


@dataclass(frozen=True, slots=True)
class FailureReport:
    """The ranked failure modes of a run, with the first trials of each, and the first unscored ones, as examples.

    `origins` say at which step failures start; empty when none was seen.
    """

    run: Run
    tally: Tally
    success: Estimate
    modes: tuple[ModeFinding, ...]
    examples: dict[str, tuple[TrialLine, ...]]
    unscored: tuple[TrialLine, ...] = ()
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """Two runs compared, with their costs and the names of the cases that changed."""

    a: Run
    b: Run
    comparison: Comparison
    costs: tuple[CostFinding, CostFinding]
    up: tuple[str, ...]
    down: tuple[str, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepReport:
    """The steps of a run, or of traffic when `run` is None: how they compound and where failures start.

    `source` says in words what was read. `currency` is that of the costs. `unseen` holds, by reason, how many traces
    showed no step. `orphans` counts calls of steps, and spans, that belong to no trial that anybody knows.
    """

    run: Run | None
    source: str
    compounding: Compounding
    origins: tuple[Origin, ...]
    currency: str = "USD"
    unseen: Mapping[str, int] = field(default_factory=dict[str, int])
    orphans: int = 0


@dataclass(frozen=True, slots=True)
class RunReport:
    """All that is known of one run. `costs` are those of its alternatives too; `steps` is None when none was seen."""

    summary: RunSummary
    failures: FailureReport
    costs: tuple[tuple[Run, CostFinding], ...]
    steps: StepReport | None


Verdict: TypeAlias = Literal["confirmed", "suspected", "flaky", "unscored", "no-good-output", "no-seam"]
"""What a replay with a step's good output proves.

`confirmed`: it succeeds, and without the good output it fails again. `suspected`: it still fails. `flaky`: it succeeds
as it is, too. `unscored`: a replay could not be scored. Not replayed: no good trial of the case shows the step
(`no-good-output`), or the step is no seam of the target (`no-seam`).
"""


@dataclass(frozen=True, slots=True)
class Replay:
    """A failed trial, its first failing step, and what became of the blame."""

    case_id: str
    repeat: int
    step: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The failed trials of a run, replayed with outputs of a good run."""

    run: str
    baseline: str
    replays: tuple[Replay, ...]
