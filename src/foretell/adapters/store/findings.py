"""Reading what was found: columns for numbers, pages for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import CompoundSelect, Connection, Select, func, select, union

from foretell.adapters.store import schema
from foretell.adapters.store.case_sets import cases_of_set, keys_of_set
from foretell.adapters.store.codec import unpack_head
from foretell.adapters.store.database import AnyRow
from foretell.adapters.store.names import number_of
from foretell.adapters.store.reader import Reader
from foretell.adapters.store.trials import STATES
from foretell.core.domain.cases import Case
from foretell.core.errors import BadInput
from foretell.core.ports.findings import Floats, Ints, TrialColumns, TrialLine, TrialQuery

ROWS_AT_ONCE: Final = 20_000  # of Python objects at a time, some 10 MB
NO_MODE: Final = -1
NO_CLUSTER: Final = -1  # keys are never negative
_STATE_NAMES: Final[dict[int, Literal["success", "failure", "unscored"]]] = {
    1: "success",
    0: "failure",
    -1: "unscored",
}

_Query: TypeAlias = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class _StoredRun:
    """A run as the tables know it: its number and its set's."""

    no: int
    set_no: int


class StoredFindings:
    """The port `Findings` over a database."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def columns(self, run_id: str) -> TrialColumns:
        """All trials of a run.

        Raises:
            BadInput: no such run.
        """
        return await self._reader.read(lambda connection: _columns(connection, _run(connection, run_id)))

    async def page(self, query: TrialQuery) -> Sequence[TrialLine]:
        """Some trials, in order of case (its position in the set) and repeat; `mode` is the primary one."""
        return await self._reader.read(lambda connection: _page(connection, query))

    async def occurrences(self, run_id: str, mode: str) -> tuple[Ints, NDArray[np.int32]]:
        """`case` and `repeat` of the trials in which a mode fired, as primary or secondary."""
        return await self._reader.read(lambda connection: _occurrences(connection, _run(connection, run_id), mode))

    async def scores(self, run_id: str, scorer: str) -> tuple[Ints, NDArray[np.int32], Floats]:
        """`case`, `repeat`, value of one scorer: NaN where it failed or gave a label, absent if not applicable."""
        return await self._reader.read(lambda connection: _scores(connection, _run(connection, run_id), scorer))

    async def cases(self, run_id: str) -> Mapping[int, Case]:
        """The cases of a run by `key_of(id)`, in the order of their set."""
        return await self._reader.read(lambda connection: cases_of_set(connection, _run(connection, run_id).set_no))


def _run(connection: Connection, run_id: str) -> _StoredRun:
    row = connection.execute(select(schema.runs.c.no, schema.runs.c.set_no).where(schema.runs.c.id == run_id)).first()
    if row is None:
        raise BadInput.of(f"Run {run_id}", "is not in the store.", "Check its id, and the store.")
    return _StoredRun(row.no, row.set_no)


_COLUMNS: Final = np.dtype(
    [
        ("case_no", np.int32),
        ("repeat", np.int32),
        ("state", np.int8),
        ("mode", np.int32),
        ("cluster", np.int64),
        ("cost", np.float64),
        ("latency", np.float64),
        ("environment", np.bool_),
    ]
)


def _columns(connection: Connection, run: _StoredRun) -> TrialColumns:
    table = schema.trials.c
    query = (
        select(
            table.case_no,
            table.repeat,
            table.state,
            func.coalesce(table.mode, NO_MODE),
            func.coalesce(table.cluster, NO_CLUSTER),
            table.cost,
            table.latency,
            table.environment,
        )
        .where(table.run_no == run.no)
        .order_by(table.case_no, table.repeat)
    )
    found, case = _fetch(connection, query, _COLUMNS, run)
    mode, modes = _modes(connection, found["mode"])
    return TrialColumns(
        case=case,
        cluster=np.where(found["cluster"] == NO_CLUSTER, case, found["cluster"]),
        repeat=np.ascontiguousarray(found["repeat"]),
        state=np.ascontiguousarray(found["state"]),
        mode=mode,
        cost=np.ascontiguousarray(found["cost"]),
        latency=np.ascontiguousarray(found["latency"]),
        environment=np.ascontiguousarray(found["environment"]),
        modes=modes,
    )


def _fetch(
    connection: Connection,
    query: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]],
    dtype: np.dtype[Any],
    run: _StoredRun,
) -> tuple[NDArray[Any], Ints]:
    """The rows of a query that begins with `case_no, repeat`, and their cases' keys, sorted by key and repeat.

    Read straight from the driver, for speed; nulls of floats become NaN.
    """
    parts: list[NDArray[Any]] = [np.empty(0, dtype)]
    with connection.execute(query) as result:
        cursor: Any = result.cursor
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            parts.append(np.array(rows, dtype))
    found = np.concatenate(parts)
    del parts
    keys = keys_of_set(connection, run.set_no)[found["case_no"]]
    order = np.argsort(keys, kind="stable")
    return found[order], keys[order]


def _modes(connection: Connection, numbers: NDArray[np.int32]) -> tuple[NDArray[np.int16], tuple[str, ...]]:
    """Numbers of names as positions in the tuple of those that occur, sorted by name."""
    present = np.unique(numbers)
    present = present[present != NO_MODE]
    table = schema.names.c
    named = select(table.no, table.name).where(table.no.in_(present.tolist())).order_by(table.name)
    rows = connection.execute(named).all()
    positions = np.full(int(present.max(initial=0)) + 2, NO_MODE, np.int16)  # the last one stands for "none", -1
    for position, row in enumerate(rows):
        positions[row.no] = position
    return positions[numbers], tuple(row.name for row in rows)


def _page(connection: Connection, query: TrialQuery) -> list[TrialLine]:
    run = _run(connection, query.run_id)
    trials, cases, transcripts = schema.trials.c, schema.cases.c, schema.transcripts.c
    keys = select(trials.case_no, trials.repeat, trials.state, trials.mode, trials.cost, trials.latency)
    keys = keys.where(trials.run_no == run.no)
    if query.state is not None:
        keys = keys.where(trials.state == STATES[query.state])
    if query.mode is not None:
        keys = keys.where(trials.mode == (number_of(connection, query.mode) or NO_MODE))
    found = keys.order_by(trials.case_no, trials.repeat).limit(query.limit).offset(query.offset).subquery()
    lines = (
        select(*found.c, cases.id, schema.names.c.name, transcripts.body)
        .join(schema.cases, (cases.set_no == run.set_no) & (cases.case_no == found.c.case_no))
        .join(
            schema.transcripts,
            (transcripts.run_no == run.no)
            & (transcripts.case_no == found.c.case_no)
            & (transcripts.repeat == found.c.repeat),
        )
        .outerjoin(schema.names, schema.names.c.no == found.c.mode)
        .order_by(found.c.case_no, found.c.repeat)
    )
    return [_line(row, query.run_id) for row in connection.execute(lines)]


def _line(row: AnyRow, run_id: str) -> TrialLine:
    conclusion, error = unpack_head(row.body, f"Run {run_id}, case {row.id!r}, repeat {row.repeat}")
    return TrialLine(
        case_no=row.case_no,
        case_id=row.id,
        repeat=row.repeat,
        state=_STATE_NAMES[row.state],
        mode=row.name,
        reason=conclusion.reason,
        cost=row.cost,
        latency=row.latency,
        error=None if error is None else f"{error.kind}: {error.message}",
    )


_KEYS: Final = np.dtype([("case_no", np.int32), ("repeat", np.int32)])
_VALUES: Final = np.dtype([("case_no", np.int32), ("repeat", np.int32), ("value", np.float64)])


def _occurrences(connection: Connection, run: _StoredRun, mode: str) -> tuple[Ints, NDArray[np.int32]]:
    number = number_of(connection, mode)
    if number is None:
        return np.empty(0, np.int64), np.empty(0, np.int32)
    first, further = schema.trials.c, schema.secondary_modes.c
    fired = union(
        select(first.case_no, first.repeat).where(first.run_no == run.no, first.mode == number),
        select(further.case_no, further.repeat).where(further.run_no == run.no, further.mode == number),
    ).order_by("case_no", "repeat")
    found, case = _fetch(connection, fired, _KEYS, run)
    return case, np.ascontiguousarray(found["repeat"])


def _scores(connection: Connection, run: _StoredRun, scorer: str) -> tuple[Ints, NDArray[np.int32], Floats]:
    number = number_of(connection, scorer)
    table = schema.scores.c
    query = (
        select(table.case_no, table.repeat, table.value)
        .where(table.run_no == run.no, table.scorer == (-1 if number is None else number))
        .order_by(table.case_no, table.repeat)
    )
    found, case = _fetch(connection, query, _VALUES, run)
    return case, np.ascontiguousarray(found["repeat"]), np.ascontiguousarray(found["value"])
