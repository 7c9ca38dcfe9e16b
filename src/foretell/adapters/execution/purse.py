"""Money, reserved before it is spent."""

import asyncio
from dataclasses import dataclass, field

from foretell.core.domain.runs import Arm
from foretell.core.domain.trial import TrialRecord

SCOUTS = 4
"""Trials of an arm that run alone before anything is known about its price."""

_ROUNDING = 1e-9
"""Ten times 0.1 is not 1.0 in binary: a sum may pass the limit by this share of it."""


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
    """An answer came whose cost is unknown and has no cap: nobody can say what is left."""
    is_empty: bool = False
    """What is left is not enough for the next trial."""
    _dearest: dict[str, float] = field(default_factory=dict[str, float], init=False)
    _seen: dict[str, int] = field(default_factory=dict[str, int], init=False)
    _open: dict[str, int] = field(default_factory=dict[str, int], init=False)
    _settled: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    @property
    def is_closed(self) -> bool:
        """No further trial may start."""
        return self.is_blind or self.is_empty

    async def reserve(self, arm: Arm) -> float | None:
        """The amount set aside for one trial, None when no further one may start. Settle what you reserved."""
        if self.limit is None:
            return 0.0
        name, cap = arm.target.name, arm.limits.max_cost_per_trial
        while not self.is_closed:
            amount = cap if cap is not None else self._dearest.get(name, 0.0)
            is_scouting = cap is None and self._seen.get(name, 0) < SCOUTS and self._open.get(name, 0) > 0
            is_short = self.spent + self.reserved + amount > self.limit * (1 + _ROUNDING)
            if not is_scouting and not is_short:
                self.reserved += amount
                self._open[name] = self._open.get(name, 0) + 1
                return amount
            if is_short and not any(self._open.values()):
                self.is_empty = True
                self._settled.set()
                break
            self._settled.clear()
            await self._settled.wait()
        return None

    def settle(self, arm: Arm, amount: float, record: TrialRecord) -> None:
        """Book what a trial really cost, judging included.

        An answer of unknown cost without a cap makes the purse blind. A trial that failed seldom knows its cost: it is
        booked as what was reserved for it.
        """
        if self.limit is None:
            return
        name, cost = arm.target.name, record.outcome.cost_usd
        self.reserved -= amount
        self._open[name] -= 1
        self._seen[name] = self._seen.get(name, 0) + 1
        if cost is None and arm.limits.max_cost_per_trial is None and record.outcome.error is None:
            self.is_blind = True
        booked = (amount if cost is None else cost) + record.eval_cost_usd
        self.spent += booked
        self._dearest[name] = max(self._dearest.get(name, 0.0), booked)
        self._settled.set()
