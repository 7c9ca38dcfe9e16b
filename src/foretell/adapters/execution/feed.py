"""The order in which arms get their tasks."""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from foretell.core.domain.trial import TrialTask

AHEAD = 4
"""How many rounds of its concurrency one arm may run ahead of a slower one; keeps arms interleaved in time."""


@dataclass
class Feed:
    """Hands the tasks of one iterator to several arms, each in order, none far ahead of the others.

    `widths` is each arm's concurrency by its target's name. Tasks are read as they are needed.
    """

    tasks: Iterator[TrialTask]
    widths: Mapping[str, int]
    _waiting: dict[str, deque[TrialTask]] = field(init=False)
    _changed: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _is_dry: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._waiting = {name: deque() for name in self.widths}

    async def next(self, name: str) -> TrialTask | None:
        """The arm's next task, None when there are no more."""
        mine = self._waiting[name]
        while not mine:
            if self._is_dry:
                return None
            if len(self.widths) > 1 and self._is_anyone_behind(name):
                self._changed.clear()
                await self._changed.wait()
            else:
                self._pull()
        task = mine.popleft()
        self._changed.set()
        return task

    def close(self) -> None:
        """No more tasks for anybody."""
        self._is_dry = True
        for queue in self._waiting.values():
            queue.clear()
        self._changed.set()

    def _pull(self) -> None:
        task = next(self.tasks, None)
        if task is None:
            self._is_dry = True
            self._changed.set()
        else:
            self._waiting[task.target.name].append(task)

    def _is_anyone_behind(self, name: str) -> bool:
        return any(len(queue) >= AHEAD * self.widths[other] for other, queue in self._waiting.items() if other != name)
