"""Progress of an import on standard error: how many, and how fast. Without a terminal, nothing."""

from time import monotonic
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status

from foretell.core.domain.values import printable
from foretell.services.intake import Intake


class IntakeProgress:
    """A line that counts while an archive is read. Use it as a context manager."""

    def __init__(self, name: str) -> None:
        self._name = printable(name)
        self._started = monotonic()
        console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._status: Status | None = console.status(self._name) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def show(self, found: Intake) -> None:
        """Show how far it is."""
        if self._status is not None:
            read = found.read + found.spans.read
            rate = read / max(1e-3, monotonic() - self._started)
            self._status.update(f"{self._name}: {read:,} read · {rate:,.0f}/s · {found.new:,} new")
