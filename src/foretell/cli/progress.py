"""Progress of a run on standard error: rate, cost so far, time left. Without a terminal, a line now and then."""

from collections.abc import Iterator, Sequence
from time import monotonic
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

from foretell.cli.output import say
from foretell.core.domain.runs import Run, SuitePlan
from foretell.core.ports.facts import TrialRow
from foretell.reports.numbers import counted, money
from foretell.services.house import House
from foretell.services.plan import Announce, Extent

QUIET_SECONDS = 15.0
OFTEN = 1000
"""From this many trials on, the bar is drawn anew only after every sixteenth."""


def announcer(house: House) -> Announce:
    """Says on standard error what a campaign will ask for, before it does."""

    def announce(extent: Extent) -> None:
        cost = "unknown" if extent.at_most is None else f"at most {money(extent.at_most, house.project.currency)}"
        what = f"{counted(extent.trials, 'trial')} in {counted(extent.runs, 'run')}"
        say(f"{extent.name}: at most {what}, cost {cost}", err=True)

    return announce


class ProgressWatcher:
    """Draws a bar for each suite while it runs, and leaves one line about it. Use it as a context manager."""

    def __init__(self, currency: str = "USD") -> None:
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._currency = currency
        self._bar: Progress | None = None
        self._started = self._said = 0.0
        self._before = self._done = self._failed = self._unscored = self._total = 0
        self._cost = 0.0
        self._has_unknown = False
        self._name = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._take_away()

    def begin(self, plan: SuitePlan, runs: Sequence[Run], done: int) -> None:
        """A suite starts."""
        self._total = sum(run.planned for run in runs)
        self._name = plan.suite
        self._started = self._said = monotonic()
        self._before, self._done, self._failed, self._unscored = done, 0, 0, 0
        self._cost, self._has_unknown = 0.0, False
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, max_width=16)),
                BarColumn(bar_width=min(24, self._console.width // 8)),
                TextColumn("{task.fields[facts]}", markup=False, table_column=Column(no_wrap=True)),
                console=self._console,
                transient=True,
            )
            self._bar.add_task(plan.suite, total=self._total, completed=done, facts=f"{done}/{self._total}")
            self._bar.start()

    def trial(self, row: TrialRow) -> None:
        """A trial finished."""
        self._done += 1
        self._failed += row.conclusion.state == "failure"
        self._unscored += row.conclusion.state == "unscored"
        costs = (row.record.outcome.cost_usd, row.record.eval_cost_usd)
        self._cost += sum(cost or 0.0 for cost in costs)
        self._has_unknown = self._has_unknown or None in costs
        if self._bar is None:
            self._say_now_and_then()
        elif self._done % 16 == 0 or self._total < OFTEN:
            self._bar.update(self._bar.task_ids[0], completed=self._before + self._done, facts=self._state())

    def end(self, plan: SuitePlan) -> None:
        """The suite is over, or was cut short."""
        self._take_away()
        if self._done:
            seconds = monotonic() - self._started
            facts = " · ".join([self._rate(), *self._facts()])
            say(f"{plan.suite}: {counted(self._done, 'trial')} in {seconds:.1f} s · {facts}", err=True)

    def _take_away(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _state(self) -> str:
        done = f"{self._before + self._done}/{self._total}"
        return " · ".join([done, self._rate(), self._left(), *self._facts()])

    def _rate(self) -> str:
        return f"{self._done / max(monotonic() - self._started, 1e-6):.1f}/s"

    def _left(self) -> str:
        remaining = self._total - self._before - self._done
        seconds = remaining * (monotonic() - self._started) / max(self._done, 1)
        if seconds < 100:
            return f"{seconds:.0f} s left"
        return f"{seconds / 60:.0f} min left" if seconds < 6000 else f"{seconds / 3600:.1f} h left"

    def _facts(self) -> Iterator[str]:
        cost = f"{'≥ ' if self._has_unknown and self._cost else ''}{money(self._cost, self._currency)}"
        yield "cost unknown" if self._has_unknown and not self._cost else cost
        yield f"{self._failed} failed"
        yield f"{self._unscored} unscored"

    def _say_now_and_then(self) -> None:
        if monotonic() - self._said >= QUIET_SECONDS:
            self._said = monotonic()
            say(f"{self._name}: {self._state()}", err=True)
