"""Trials as columns of numbers.

A million rows go through the driver as Python objects, at 0.1 µs a value: so the small columns come as one number, put
together by the database and taken apart here for all rows at once.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, CompoundSelect, Connection, Integer, Select, func, literal, select

from foretell.adapters.store import schema
from foretell.adapters.store.case_sets import keys_of_set
from foretell.core.ports.findings import Ints, TrialColumns

_NO_CLUSTER: Final = -1  # keys are never negative
_REPEATS: Final = 2**31

_Query: TypeAlias = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]

_TRIALS: Final = np.dtype(
    [("place", np.int64), ("facts", np.int64), ("cluster", np.int64), ("cost", np.float64), ("latency", np.float64)]
)


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as the tables know it: its number and its set's."""

    no: int
    set_no: int


def place_of(case_no: ColumnElement[int], repeat: ColumnElement[int]) -> ColumnElement[int]:
    """Case and repeat as one number that sorts like the two."""
    return (case_no * literal(_REPEATS, BigInteger) + repeat).label("place")


def trial_columns(connection: Connection, run: StoredRun) -> TrialColumns:
    """All trials of a run, sorted by key of case and repeat."""
    table = schema.trials.c
    # Environment in bit 0, state + 1 in bits 1 and 2, from bit 3 on the number of the mode, 0 for none.
    facts = func.coalesce(table.mode, 0, type_=Integer) * 8 + (table.state + 1) * 2 + table.environment
    cluster = func.coalesce(table.cluster, _NO_CLUSTER)
    query = select(place_of(table.case_no, table.repeat), facts, cluster, table.cost, table.latency)
    query = query.where(table.run_no == run.no).order_by(table.case_no, table.repeat)
    fetched = Fetched.of(connection, query, _TRIALS, run)
    known, numbers = fetched.column("facts"), fetched.column("cluster")
    mode, modes = _modes(connection, known >> 3)
    return TrialColumns(
        case=fetched.case,
        cluster=np.where(numbers == _NO_CLUSTER, fetched.case, numbers),
        repeat=fetched.repeat,
        state=((known >> 1 & 3) - 1).astype(np.int8),
        mode=mode,
        cost=fetched.column("cost"),
        latency=fetched.column("latency"),
        environment=(known & 1).astype(np.bool_),
        modes=modes,
    )


@dataclass(frozen=True, slots=True)
class Fetched:
    """Rows of a query with each one's case and repeat. `order` sorts the rows as `case` and `repeat` are sorted."""

    case: Ints
    repeat: NDArray[np.int32]
    order: NDArray[np.intp]
    rows: NDArray[Any]

    @classmethod
    def of(cls, connection: Connection, query: _Query, dtype: np.dtype[Any], run: StoredRun) -> "Fetched":
        """Fetch a query that begins with a place. Straight from the driver, for speed; nulls of floats become NaN."""
        with connection.execute(query) as result:
            cursor: Any = result.cursor
            rows = np.fromiter(cursor, dtype)
        case_no, repeat = np.divmod(rows["place"], _REPEATS)
        keys = keys_of_set(connection, run.set_no)
        rank = np.empty(len(keys), np.int64)
        rank[np.argsort(keys)] = np.arange(len(keys))
        order = np.argsort(rank[case_no] * _REPEATS + repeat)
        return cls(keys[case_no][order], repeat[order].astype(np.int32), order, rows)

    def column(self, name: str) -> NDArray[Any]:
        """One column, in order."""
        return self.rows[name][self.order]


def _modes(connection: Connection, numbers: Ints) -> tuple[NDArray[np.int16], tuple[str, ...]]:
    """Numbers of names, 0 for none, as positions in the tuple of the names that occur, sorted, and -1 for none."""
    counts = np.bincount(numbers, minlength=1)
    table = schema.names.c
    present = [int(number) for number in np.flatnonzero(counts) if number]
    rows = connection.execute(select(table.no, table.name).where(table.no.in_(present)).order_by(table.name)).all()
    positions = np.full(len(counts), -1, np.int16)
    for position, row in enumerate(rows):
        positions[row.no] = position
    return positions[numbers], tuple(row.name for row in rows)
