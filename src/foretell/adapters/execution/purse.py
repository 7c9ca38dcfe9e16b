"""Money, reserved before it is spent."""

import asyncio
from dataclasses import dataclass, field

from foretell.adapters.execution.quotes import Quote
from foretell.core.domain.runs import Arm
from foretell.core.domain.trial import TrialRecord

SCOUTS = 4
"""Trials of an arm that run alone before anything is known about its price."""

_ROUNDING = 1e-9
"""Ten times 0.1 is not 1.0 in binary: a sum may pass the limit by this share of it."""

_NO_QUOTE = Quote()


@dataclass(frozen=True, slots=True)
class Reserved:
    """An amount set aside for one trial. `is_bound` says that it is the most that the trial's target can cost."""

    amount: float
    is_bound: bool


@dataclass
class Purse:
    """What may be spent on one workload, in the project's currency; None is no limit.

    A reservation is what tokens and price allow at the most, with the dearest judging seen on the arm; where they do
    not tell, the arm's `max_cost_per_trial`, which judging shares; else the dearest trial seen. Until four are seen,
    an arm of which that is not known beforehand runs one trial at a time.
    """

    limit: float | None
    spent: float = 0.0
    reserved: float = 0.0
    is_blind: bool = False
    """Something was used whose cost is unknown and has no cap: nobody can say what is left."""
    is_empty: bool = False
    """What is left is not enough for the next trial."""
    _dearest: dict[str, float] = field(default_factory=dict[str, float], init=False)
    _judging: dict[str, float] = field(default_factory=dict[str, float], init=False)
    _seen: dict[str, int] = field(default_factory=dict[str, int], init=False)
    _open: dict[str, int] = field(default_factory=dict[str, int], init=False)
    _settled: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    @property
    def is_closed(self) -> bool:
        """No further trial may start."""
        return self.is_blind or self.is_empty

    async def reserve(self, arm: Arm, quote: Quote = _NO_QUOTE) -> Reserved | None:
        """The amount set aside for one trial, None when no further one may start. Settle what you reserved."""
        if self.limit is None:
            return Reserved(0.0, is_bound=False)
        name, cap = arm.target.name, arm.limits.max_cost_per_trial
        is_known = cap is not None if quote.at_most is None else not quote.is_judged
        while not self.is_closed:
            amount = self._price(arm, quote)
            is_scouting = not is_known and self._seen.get(name, 0) < SCOUTS and self._open.get(name, 0) > 0
            is_short = self.spent + self.reserved + amount > self.limit * (1 + _ROUNDING)
            if not is_scouting and not is_short:
                self.reserved += amount
                self._open[name] = self._open.get(name, 0) + 1
                return Reserved(amount, is_bound=quote.at_most is not None or cap is not None)
            if is_short and not any(self._open.values()):
                self.is_empty = True
                self._settled.set()
                break
            self._settled.clear()
            await self._settled.wait()
        return None

    def _price(self, arm: Arm, quote: Quote) -> float:
        name, cap = arm.target.name, arm.limits.max_cost_per_trial
        if quote.at_most is not None:
            return quote.at_most + self._judging.get(name, 0.0)
        return self._dearest.get(name, 0.0) if cap is None else cap

    def settle(self, arm: Arm, reserved: Reserved, record: TrialRecord) -> None:
        """Book what a trial really cost, judging included.

        What has an unknown cost and no cap makes the purse blind. A trial that failed seldom knows its cost: it is
        booked as what was reserved for it.
        """
        if self.limit is None:
            return
        name, cost, judging = arm.target.name, record.outcome.cost_usd, record.eval_cost_usd
        self.reserved -= reserved.amount
        self._open[name] -= 1
        self._seen[name] = self._seen.get(name, 0) + 1
        is_lost = cost is None and not reserved.is_bound and record.outcome.error is None
        if is_lost or (judging is None and arm.limits.max_cost_per_trial is None):
            self.is_blind = True
        booked = (reserved.amount if cost is None else cost) + (judging or 0.0)
        self.spent += booked
        self._dearest[name] = max(self._dearest.get(name, 0.0), booked)
        self._judging[name] = max(self._judging.get(name, 0.0), judging or 0.0)
        self._settled.set()
