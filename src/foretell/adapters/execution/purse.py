"""Money, reserved before it is spent."""

import asyncio
from dataclasses import dataclass, field

from foretell.core.domain.runs import Arm

SCOUTS = 4
"""Trials of an arm that run alone before anything is known about its price."""


@dataclass
class Purse:
    """What may be spent on one workload, in the project's currency; None is no limit.

    A reservation is the arm's `max_cost_per_trial`, else the dearest trial seen on it. Until four are seen an arm
    without a cap runs one trial at a time.
    """

    limit: float | None
    spent: float = 0.0
    reserved: float = 0.0
    is_blind: bool = False
    _dearest: dict[str, float] = field(default_factory=dict[str, float], init=False)
    _seen: dict[str, int] = field(default_factory=dict[str, int], init=False)
    _open: dict[str, int] = field(default_factory=dict[str, int], init=False)
    _settled: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def reserve(self, arm: Arm) -> float | None:
        """The amount set aside for one trial, None when there is not enough left for it."""
        if self.limit is None:
            return 0.0
        name, cap = arm.target.name, arm.limits.max_cost_per_trial
        while True:
            amount = cap if cap is not None else self._dearest.get(name, 0.0)
            is_scouting = cap is None and self._seen.get(name, 0) < SCOUTS and self._open.get(name, 0) > 0
            is_short = self.spent + self.reserved + amount > self.limit
            if not is_scouting and not is_short:
                self.reserved += amount
                self._open[name] = self._open.get(name, 0) + 1
                return amount
            if is_short and not any(self._open.values()):
                return None
            self._settled.clear()
            await self._settled.wait()

    def settle(self, arm: Arm, amount: float, cost: float | None) -> None:
        """Book what a trial really cost. An unknown cost without a cap makes the purse blind: it must not go on."""
        if self.limit is None:
            return
        name = arm.target.name
        self.reserved -= amount
        self._open[name] -= 1
        self._seen[name] = self._seen.get(name, 0) + 1
        if cost is None and arm.limits.max_cost_per_trial is None:
            self.is_blind = True
        known = amount if cost is None else cost
        self.spent += known
        self._dearest[name] = max(self._dearest.get(name, 0.0), known)
        self._settled.set()
