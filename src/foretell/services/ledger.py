"""What is known of a plan's runs at work: which trials are next, when they are due, how late they are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from foretell.core.analysis.runs.success import Rulebook
from foretell.core.domain.cases import Case
from foretell.core.domain.effects import Effect
from foretell.core.domain.runs import Run, SuitePlan
from foretell.core.domain.trial import LATE, TrialLimits, TrialRecord, TrialTask
from foretell.core.domain.values import Json, seed_of
from foretell.core.ports.facts import TrialRow
from foretell.services.replay import arrivals, replayed_tools


class Pilot(Protocol):
    """Somebody who says which cases come next, and when enough was seen."""

    @property
    def has_enough(self) -> bool:
        """True once the cases that are left were left out because they are not needed."""
        ...

    def units(self) -> Iterator[Sequence[int]]:
        """The numbers of the cases that are run next, as a whole; it ends when enough was seen."""
        ...

    def see(self, row: TrialRow, arm: int) -> None:
        """A trial of this arm of the plan finished."""
        ...


@dataclass(frozen=True, slots=True)
class Lateness:
    """How a target's trials kept their pace: how many were started, and their seconds of delay."""

    pace: float
    starts: int
    median_s: float
    p95_s: float
    most_s: float


@dataclass
class Ledger:
    """What is known of a plan's runs while it is worked off."""

    plan: SuitePlan
    runs: tuple[Run, ...]
    rules: Rulebook
    finished: Mapping[str, frozenset[tuple[int, int]]] = field(default_factory=dict[str, frozenset[tuple[int, int]]])
    spent: float = 0.0
    pilot: Pilot | None = None
    delays: list[float] = field(default_factory=list[float])

    @property
    def lateness(self) -> Lateness | None:
        """How the target's trials kept their pace, None where there was none to keep."""
        if self.plan.pace is None or not self.delays:
            return None
        middle, most_of_them, worst = (float(one) for one in np.quantile(self.delays, (0.5, 0.95, 1.0)))
        return Lateness(self.plan.pace, len(self.delays), middle, most_of_them, worst)

    def note(self, record: TrialRecord) -> None:
        """Keep what a record says of its start."""
        late: Json = record.outcome.metadata.get(LATE)
        if isinstance(late, float) and record.run == self.runs[0].id:
            self.delays.append(late)

    def tasks(self) -> Iterator[TrialTask]:
        """Every trial that is not finished, the arms side by side."""
        arms = [(run, _limits(run), self.finished.get(run.id, frozenset())) for run in self.runs]
        due = self._due()
        for case_no, repeat in due or self._places():
            case = self.plan.evalset.cases[case_no]
            for run, limits, finished in arms:
                if (case_no, repeat) not in finished:
                    task = _task(run, limits, (case_no, case), repeat)
                    yield replace(task, due_s=due[case_no, repeat]) if due else task

    def _due(self) -> dict[tuple[int, int], float]:
        """With a pace, the places in the order of their arrival, each with its seconds after the first that is left."""
        if self.plan.pace is None:
            return {}
        times = arrivals(self.plan.evalset.cases)
        done = frozenset[tuple[int, int]].intersection(*(self.finished.get(run.id, frozenset()) for run in self.runs))
        left = [no for no in sorted(range(len(times)), key=times.__getitem__) if (no, 0) not in done]
        return {(no, 0): (times[no] - times[left[0]]) / self.plan.pace for no in left}

    def _places(self) -> Iterator[tuple[int, int]]:
        """(case number, repeat): repeat by repeat and case by case, or unit by unit as the pilot says."""
        repeats = range(self.plan.repeats)
        if self.pilot is None:
            return ((case_no, repeat) for repeat in repeats for case_no in range(len(self.plan.evalset.cases)))
        return ((case_no, repeat) for unit in self.pilot.units() for repeat in repeats for case_no in unit)


def _limits(run: Run) -> TrialLimits:
    limits = run.arm.limits
    return replace(limits.trial, allowance_usd=limits.max_cost_per_trial)


def _task(run: Run, limits: TrialLimits, place: tuple[int, Case], repeat: int) -> TrialTask:
    case_no, case = place
    return TrialTask(
        run.id,
        case_no,
        case,
        repeat,
        seed_of(run.seed, case.id, repeat),
        run.arm.target,
        run.scorers,
        limits,
        run.user,
        run.max_turns,
        _effects(run, case),
    )


def _effects(run: Run, case: Case) -> tuple[Effect, ...]:
    """A drill's fault; and, where traffic is replayed, the recorded results of tools unless these are to be live."""
    fault = () if run.arm.fault is None else (run.arm.fault,)
    is_replay = run.layer == "behavioural" and not run.has_live_tools
    return (*fault, *replayed_tools(case, run.arm.target)) if is_replay else fault
