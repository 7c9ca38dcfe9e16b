"""Reading what was found: columns for numbers, pages for people."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select, tuple_, union

from foretell.adapters.store import schema
from foretell.adapters.store.case_sets import cases_of_set, ids_of_cases
from foretell.adapters.store.codec import unpack_head, unpack_trial
from foretell.adapters.store.columns import Fetched, StoredRun, place_of, trial_columns
from foretell.adapters.store.database import AnyRow
from foretell.adapters.store.names import number_of
from foretell.adapters.store.reader import Reader
from foretell.adapters.store.trials import STATES
from foretell.core.domain.cases import Case
from foretell.core.errors import BadInput
from foretell.core.ports.facts import TrialRow
from foretell.core.ports.findings import Floats, Ints, State, TrialColumns, TrialLine, TrialQuery

_STATE_NAMES: Final[dict[int, State]] = {
    1: "success",
    0: "failure",
    -1: "unscored",
}
_AT_ONCE: Final = 200
_NO_NAME: Final = 0  # numbers of names begin with 1


class StoredFindings:
    """The port `Findings` over a database. A run that was never begun is `BadInput` everywhere."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def columns(self, run_id: str) -> TrialColumns:
        """All trials of a run, sorted by key of case and repeat."""
        return await self._reader.read(lambda connection: trial_columns(connection, _run(connection, run_id)))

    async def page(self, query: TrialQuery) -> Sequence[TrialLine]:
        """Some trials, in order of case (its position in the set) and repeat; `mode` is the primary one."""
        return await self._reader.read(lambda connection: _page(connection, query))

    async def trials(self, run_id: str, state: State | None = None) -> AsyncIterator[TrialRow]:
        """The trials of a run, whole, in order of case and repeat; read and unpacked some hundred at a time."""
        run = await self._reader.read(lambda connection: _run(connection, run_id))
        after = (-1, -1)
        while True:
            rows = await self._reader.read(lambda connection, at=after: _whole(connection, (run, run_id), at, state))
            for row in rows:
                yield row
            if len(rows) < _AT_ONCE:
                return
            after = (rows[-1].record.case_no, rows[-1].record.repeat)

    async def occurrences(self, run_id: str, mode: str) -> tuple[Ints, NDArray[np.int32]]:
        """`case` and `repeat` of the trials in which a mode fired, as primary or secondary."""
        return await self._reader.read(lambda connection: _occurrences(connection, _run(connection, run_id), mode))

    async def scores(self, run_id: str, scorer: str) -> tuple[Ints, NDArray[np.int32], Floats]:
        """`case`, `repeat`, value of one scorer: NaN where it failed or gave a label, absent if not applicable."""
        return await self._reader.read(lambda connection: _scores(connection, _run(connection, run_id), scorer))

    async def judging_cost(self, run_id: str) -> float:
        """What scorers and simulated users cost in a run; unknown costs count as nothing."""
        table = schema.judging.c
        return await self._reader.read(
            lambda connection: connection.execute(
                select(func.coalesce(func.sum(table.cost), 0.0)).where(table.run_no == _run(connection, run_id).no)
            ).scalar_one()
        )

    async def cases(self, run_id: str) -> Mapping[int, Case]:
        """The cases of a run by `key_of(id)`, in the order of their set."""
        return await self._reader.read(lambda connection: cases_of_set(connection, _run(connection, run_id).set_no))

    async def case_ids(self, run_id: str, keys: Ints, limit: int) -> Sequence[str]:
        """The ids of the first cases of a run's set that have one of these keys."""
        return await self._reader.read(
            lambda connection: ids_of_cases(connection, _run(connection, run_id).set_no, keys, limit)
        )


def _run(connection: Connection, run_id: str) -> StoredRun:
    row = connection.execute(select(schema.runs.c.no, schema.runs.c.set_no).where(schema.runs.c.id == run_id)).first()
    if row is None:
        raise BadInput.of(f"Run {run_id}", "is not in the store.", "Check its id, and the store.")
    return StoredRun(row.no, row.set_no)


def _page(connection: Connection, query: TrialQuery) -> list[TrialLine]:
    run = _run(connection, query.run_id)
    trials, cases, transcripts = schema.trials.c, schema.cases.c, schema.transcripts.c
    keys = select(trials.case_no, trials.repeat, trials.state, trials.mode, trials.cost, trials.latency)
    keys = keys.where(trials.run_no == run.no)
    if query.state is not None:
        keys = keys.where(trials.state == STATES[query.state])
    if query.mode is not None:
        keys = keys.where(trials.mode == (number_of(connection, query.mode) or _NO_NAME))
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


def _whole(
    connection: Connection, run: tuple[StoredRun, str], after: tuple[int, int], state: State | None
) -> list[TrialRow]:
    """Some hundred trials behind a place."""
    table, trials = schema.transcripts.c, schema.trials.c
    wanted = select(table.case_no, table.repeat, table.body).where(
        table.run_no == run[0].no, tuple_(table.case_no, table.repeat) > after
    )
    if state is not None:
        same_trial = (
            (trials.run_no == table.run_no) & (trials.case_no == table.case_no) & (trials.repeat == table.repeat)
        )
        wanted = wanted.join(schema.trials, same_trial).where(trials.state == STATES[state])
    found = connection.execute(wanted.order_by(table.case_no, table.repeat).limit(_AT_ONCE))
    return [unpack_trial(row.body, run[1], row.case_no, row.repeat) for row in found]


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


_PLACES: Final = np.dtype([("place", np.int64)])
_VALUES: Final = np.dtype([("place", np.int64), ("value", np.float64)])


def _occurrences(connection: Connection, run: StoredRun, mode: str) -> tuple[Ints, NDArray[np.int32]]:
    number = number_of(connection, mode) or _NO_NAME
    first, further = schema.trials.c, schema.secondary_modes.c
    fired = union(
        select(place_of(first.case_no, first.repeat)).where(first.run_no == run.no, first.mode == number),
        select(place_of(further.case_no, further.repeat)).where(further.run_no == run.no, further.mode == number),
    )
    fetched = Fetched.of(connection, fired, _PLACES, run)
    return fetched.case, fetched.repeat


def _scores(connection: Connection, run: StoredRun, scorer: str) -> tuple[Ints, NDArray[np.int32], Floats]:
    table = schema.scores.c
    values = select(place_of(table.case_no, table.repeat), table.value).where(
        table.run_no == run.no, table.scorer == (number_of(connection, scorer) or _NO_NAME)
    )
    fetched = Fetched.of(connection, values, _VALUES, run)
    return fetched.case, fetched.repeat, fetched.column("value")
