"""Progress of a run on standard error: rate, cost so far, time left. Without a terminal, a line now and then."""

import sys
from collections.abc import Sequence
from time import monotonic
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from foretell.core.domain.runs import Run, SuitePlan
from foretell.core.ports.facts import TrialRow
from foretell.reports.numbers import money

QUIET_SECONDS = 15.0


class ProgressWatcher:
    """Draws one bar per suite while it runs. Use it as a context manager."""

    def __init__(self, currency: str = "USD") -> None:
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._currency = currency
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[facts]}", markup=False),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._task = TaskID(0)
        self._started = self._said = 0.0
        self._done = self._failed = self._unscored = self._total = 0
        self._cost = 0.0
        self._has_unknown = False
        self._name = ""

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def begin(self, plan: SuitePlan, runs: Sequence[Run], done: int) -> None:
        """A suite starts."""
        self._total = sum(run.planned for run in runs)
        self._name = plan.suite
        self._started = self._said = monotonic()
        self._done = self._failed = self._unscored = 0
        self._cost, self._has_unknown = 0.0, False
        self._task = self._bars.add_task(plan.suite, total=self._total, completed=done, facts="")

    def trial(self, row: TrialRow) -> None:
        """A trial finished."""
        self._done += 1
        self._failed += row.conclusion.state == "failure"
        self._unscored += row.conclusion.state == "unscored"
        cost = row.record.outcome.cost_usd
        self._cost += cost or 0.0
        self._has_unknown = self._has_unknown or cost is None
        if self._bars.disable:
            self._say_now_and_then()
        elif self._done % 16 == 0 or self._total < 1000:
            self._bars.update(self._task, advance=0, completed=self._done, facts=self._facts())

    def end(self, plan: SuitePlan) -> None:
        """The suite is over."""
        self._bars.remove_task(self._task)
        sys.stderr.write(f"{plan.suite}: {self._done} trials in {monotonic() - self._started:.1f} s, {self._facts()}\n")

    def _facts(self) -> str:
        seconds = max(monotonic() - self._started, 1e-6)
        cost = f"{'≥ ' if self._has_unknown and self._cost else ''}{money(self._cost, self._currency)}"
        shown = "cost unknown" if self._has_unknown and not self._cost else cost
        return f"{self._done / seconds:.1f}/s · {shown} · {self._failed} failed · {self._unscored} unscored"

    def _say_now_and_then(self) -> None:
        if monotonic() - self._said >= QUIET_SECONDS:
            self._said = monotonic()
            left = (self._total - self._done) * (self._said - self._started) / self._done
            sys.stderr.write(f"{self._name}: {self._done}/{self._total} · {self._facts()} · {left:.0f} s left\n")
