"""Many cases in little memory, for as long as a run holds them."""

import pickle
from array import array
from collections.abc import Iterable, Sequence
from typing import overload

from foretell.core.domain.cases import NOTHING, Case


class PackedCases(Sequence[Case]):
    """Cases as bytes, a quarter of what they take as objects; one is made again, equal, each time it is asked for.

    The bytes never leave this process.
    """

    def __init__(self, cases: Iterable[Case]) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", (0,))
        for one in cases:
            slices, metadata = dict(one.slices) or None, dict(one.metadata) or None
            self._bytes += pickle.dumps((one.id, one.input, one.expected, slices, one.turns, one.goal, metadata), 5)
            self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, place: int) -> Case: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Case, ...]: ...
    def __getitem__(self, place: int | slice) -> Case | tuple[Case, ...]:
        """The case at a place, or a tuple of those at several."""
        places = range(len(self))[place]
        return self._case(places) if isinstance(places, int) else tuple(self._case(one) for one in places)

    def _case(self, place: int) -> Case:
        packed = self._bytes[self._ends[place] : self._ends[place + 1]]
        name, asked, expected, slices, turns, goal, metadata = pickle.loads(packed)  # noqa: S301 # written above
        return Case(name, asked, expected, slices or NOTHING, turns, goal, metadata or NOTHING)
