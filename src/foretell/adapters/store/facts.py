"""Runs and their trials."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, select, update

from foretell.adapters.store import schema
from foretell.adapters.store.case_sets import CaseSets
from foretell.adapters.store.codec import Unpacker, pack, unpack_trial
from foretell.adapters.store.database import AnyRow, Database
from foretell.adapters.store.reader import Reader
from foretell.adapters.store.trials import PendingTrial, pending
from foretell.adapters.store.writer import Writer
from foretell.core.domain.cases import Case
from foretell.core.domain.runs import Run, RunStatus
from foretell.core.errors import BadInput, ForetellError
from foretell.core.ports.facts import ALL_RUNS, RunsWanted, TrialRow

_RUN_COLUMNS: Final = (schema.runs.c.id, schema.runs.c.status, schema.runs.c.note, schema.runs.c.body)
_unpacker = Unpacker(Run)


class StoredFacts:
    """The port `Facts` over a database."""

    def __init__(self, database: Database, reader: Reader, writer: Writer[PendingTrial]) -> None:
        self._database = database
        self._reader = reader
        self._writer = writer
        self._sets = CaseSets(database, reader, writer)
        self._numbers: dict[str, int] = {}

    async def begin(self, runs: Sequence[Run], cases: Sequence[Case]) -> None:
        """Keep runs and their cases, which are the whole set in its order; doing it again changes nothing.

        All in one transaction: a run that was kept without its alternatives would be resumed without them.
        """
        set_no = await self._sets.keep(cases)
        rows = [
            {
                "id": run.id,
                "set_no": set_no,
                "created_at": run.created_at,
                "status": run.status,
                "note": run.note,
                "body": pack(run, f"Run {run.id}"),
                "group_name": run.group,
                "suite": run.suite,
            }
            for run in runs
        ]
        insert = self._database.insert(schema.runs).on_conflict_do_nothing()

        def begin(connection: Connection) -> dict[str, int]:
            for row in rows:
                connection.execute(insert, row)
            return {run.id: run_no(connection, run.id) for run in runs}

        self._numbers |= await self._writer.write(begin, is_durable=False)

    async def add(self, rows: Sequence[TrialRow]) -> None:
        """Hand trials to the writer. Returns before they are durable, unless the writer is far behind.

        Raises:
            BadInput: a trial is not JSON, or its run was never begun; none of the rows is taken.
            ForetellError: earlier ones could not be stored; none of these is taken.
        """
        for run_id in {row.record.run for row in rows} - self._numbers.keys():
            self._numbers[run_id] = await self._reader.read(
                lambda connection, run_id=run_id: run_no(connection, run_id)
            )
        await self._writer.add([pending(self._numbers[row.record.run], row) for row in rows])

    async def flush(self) -> None:
        """Wait until all that was added is durable.

        Raises:
            ForetellError: some could not be stored. They stay queued, and the next flush tries again.
        """
        await self._writer.flush()

    async def end(self, run_id: str, status: RunStatus, note: str = "") -> None:
        """Say how a run ended, once all its trials are durable."""
        await self.flush()
        change = update(schema.runs).where(schema.runs.c.id == run_id).values(status=status, note=note)

        def end(connection: Connection) -> None:
            if connection.execute(change).rowcount == 0:
                raise _unknown(run_id)

        await self._writer.write(end, is_durable=False)

    async def runs(self, limit: int = 100, wanted: RunsWanted = ALL_RUNS) -> Sequence[Run]:
        """The newest of the runs that are wanted, the newest first."""
        by_time = (schema.runs.c.created_at.desc(), schema.runs.c.no.desc())
        newest = select(*_RUN_COLUMNS).where(*_conditions(wanted)).order_by(*by_time).limit(limit)
        return await self._reader.read(lambda connection: [_run_of(row) for row in connection.execute(newest)])

    async def run(self, run_id: str) -> Run | None:
        """One run by its id."""
        wanted = select(*_RUN_COLUMNS).where(schema.runs.c.id == run_id)
        row = await self._reader.read(lambda connection: connection.execute(wanted).first())
        return None if row is None else _run_of(row)

    async def finished(self, run_id: str) -> frozenset[tuple[int, int]]:
        """(case_no, repeat) of every durable trial."""
        trials, runs = schema.trials.c, schema.runs.c
        done = (
            select(trials.case_no, trials.repeat).join(schema.runs, runs.no == trials.run_no).where(runs.id == run_id)
        )
        return await self._reader.read(
            lambda connection: frozenset((case_no, repeat) for case_no, repeat in connection.execute(done))
        )

    async def trial(self, run_id: str, case_no: int, repeat: int) -> TrialRow | None:
        """One trial, whole."""
        table, runs = schema.transcripts.c, schema.runs.c
        wanted = (
            select(table.body)
            .join(schema.runs, runs.no == table.run_no)
            .where(runs.id == run_id, table.case_no == case_no, table.repeat == repeat)
        )
        body = await self._reader.read(lambda connection: connection.execute(wanted).scalar())
        return None if body is None else unpack_trial(body, run_id, case_no, repeat)


def _conditions(wanted: RunsWanted) -> Iterator[ColumnElement[bool]]:
    runs = schema.runs.c
    for column, text in ((runs.group_name, wanted.group), (runs.suite, wanted.suite)):
        if text:
            yield column == text
    for column, text in ((runs.id, wanted.id_begins), (runs.group_name, wanted.group_begins)):
        if text:
            yield func.substr(column, 1, len(text)) == text


def run_no(connection: Connection, run_id: str) -> int:
    """The number of a run.

    Raises:
        BadInput: no such run was begun.
    """
    found = connection.execute(select(schema.runs.c.no).where(schema.runs.c.id == run_id)).scalar()
    if found is None:
        raise _unknown(run_id)
    return found


def _unknown(run_id: str) -> ForetellError:
    return BadInput.of(f"Run {run_id}", "is not in the store.", "Begin it first, or check its id and the store.")


def _run_of(row: AnyRow) -> Run:
    run = _unpacker.unpack(row.body, f"Run {row.id}")
    return replace(run, status=row.status, note=row.note)
