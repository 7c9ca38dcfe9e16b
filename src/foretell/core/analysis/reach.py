"""Demands on slices, times and scores that no data could meet: the set, or the slice, is too small for the limit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from foretell.core.analysis.claims import FEWEST_PAIRS, Sample, Standard, claim_rate, units_to_ship
from foretell.core.analysis.claims import can_ever_ship as can_pairs_ship
from foretell.core.analysis.runs.quantities import goodness_of
from foretell.core.domain.policy import Demand, GatePolicy
from foretell.core.errors import Problem, suggest
from foretell.core.ports.findings import Ints

_MOST_CASES = 1_000_000


@dataclass(frozen=True, slots=True)
class Ground:
    """The cases that a suite's rules stand on: all of them, and those that its baseline has too (None: no baseline).

    `slices` holds the keys of each slice's cases, `scores` the names that its scorers make.
    """

    suite: str
    cases: Ints
    pairs: Ints | None
    is_single: bool
    slices: Mapping[str, Ints]
    scores: frozenset[str]

    def narrowed_to(self, name: str) -> "tuple[int, int | None]":
        """How many cases, and how many pairs, a demand on `name` stands on."""
        kind, _, rest = name.partition(" ")
        keys = self.slices[rest] if kind == "slice" else self.cases
        return len(keys), None if self.pairs is None else len(np.intersect1d(keys, self.pairs))

    def has(self, name: str) -> bool:
        """False when no case, or no scorer, of the suite is meant by a demand on `name`."""
        kind, _, rest = name.partition(" ")
        return {"slice": rest in self.slices, "metric": rest in self.scores}.get(kind, True)


def check_demands(policy: GatePolicy, grounds: Sequence[Ground], standard: Standard) -> Iterator[Problem]:
    """Slices that no case has, and limits that could not be cleared if every trial were at its best."""
    where = f"gate '{policy.name}'"
    known = sorted({name for ground in grounds for name in ground.slices})
    for name in policy.slices:
        if name not in known:
            yield Problem(where, f"no case has the slice '{name}'.", suggest(name, known))
    for ground in grounds:
        for name, demand in policy.demands.items():
            if ground.has(name):
                yield from _check(name, demand, ground, standard)


def _check(name: str, demand: Demand, ground: Ground, standard: Standard) -> Iterator[Problem]:
    where = f"suite '{ground.suite}'"
    cases, pairs = ground.narrowed_to(name)
    single = ground.is_single and not name.startswith("metric ")
    if demand.level is not None:
        limit = float(goodness_of(np.array([demand.level]), demand)[0])

        def shows(n: int) -> bool:
            return claim_rate(Sample(np.ones(n), single), "above", limit, standard).is_clear

        if not shows(cases):
            what = f"{name}: a limit of {demand.level:g} could not ship with {cases} cases even if all were perfect."
            yield Problem(where, what, _hint(None if limit >= 1 else _fewest(shows), "Move the limit"))
    if demand.margin is not None and pairs is not None:
        margin = demand.margin / (demand.high - demand.low)
        if not can_pairs_ship(pairs, margin, standard, is_single=single):
            what = f"{name}: a margin of {demand.margin:g} could not ship with {pairs} cases even if none differed."
            needed = units_to_ship(margin, standard, is_single=single) if margin > 0 else None
            yield Problem(where, what, _hint(needed, "Widen the margin"))


def _fewest(shows: Callable[[int], bool]) -> int | None:
    low, high = 0, FEWEST_PAIRS
    while not shows(high):
        low, high = high, high * 2
        if high > _MOST_CASES:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if shows(middle) else (middle, high)
    return high


def _hint(needed: int | None, otherwise: str) -> str:
    return (
        f"No number of cases can show it. {otherwise}."
        if needed is None
        else (f"It takes {needed} cases. {otherwise} or add cases.")
    )
