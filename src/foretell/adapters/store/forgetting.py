"""Content taken out of finished runs, and off the disk."""

import secrets
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, select, tuple_, update

from foretell.adapters.store import schema
from foretell.adapters.store.codec import Unpacker, encode_trial, pack, unpack_trial
from foretell.adapters.store.database import AnyRow, Database
from foretell.adapters.store.reader import Reader
from foretell.adapters.store.squeeze import squeeze
from foretell.adapters.store.trials import PendingTrial
from foretell.adapters.store.writer import Writer
from foretell.core.domain.cases import Case
from foretell.core.ports.forgetting import Blanked, Blanking

AT_ONCE: Final = 500
_unpacker = Unpacker(Case)


class StoredForgetting:
    """The port `Forgetting` over a database."""

    def __init__(self, database: Database, reader: Reader, writer: Writer[PendingTrial]) -> None:
        self._database = database
        self._reader = reader
        self._writer = writer

    async def blank(self, how: Blanking, *, is_dry: bool = False) -> Blanked:
        """See the port."""
        places = await self._blank_cases(how, is_dry=is_dry)
        return Blanked(len(places), tuple(await self._blank_trials(how, places, is_dry=is_dry)))

    async def mark(self, run_id: str, note: str) -> None:
        """See the port."""
        runs = schema.runs.c

        def write(connection: Connection) -> None:
            before = connection.execute(select(runs.note).where(runs.id == run_id)).scalar_one()
            said = f"{before}; {note}" if before else note
            connection.execute(update(schema.runs).where(runs.id == run_id).values(note=said))

        await self._writer.write(write)

    async def strike(self, items: Sequence[str]) -> int:
        """See the port."""
        gone = 0
        for start in range(0, len(items), AT_ONCE):
            wanted = delete(schema.ratings).where(schema.ratings.c.item.in_(items[start : start + AT_ONCE]))
            gone += await self._writer.write(lambda connection, wanted=wanted: connection.execute(wanted).rowcount)
        return gone

    async def scrub(self) -> None:
        """See the port."""
        await self._reader.think(self._database.scrub)

    async def _blank_cases(self, how: Blanking, *, is_dry: bool) -> set[tuple[int, int]]:
        """Blank cases; the places of all that are wanted, (set, case)."""
        table, places = schema.cases, set[tuple[int, int]]()
        wanted = select(table).order_by(table.c.set_no, table.c.case_no).limit(AT_ONCE)
        after: tuple[int, int] = (-1, -1)
        while True:
            step = wanted.where(tuple_(table.c.set_no, table.c.case_no) > after)
            rows = await self._reader.read(lambda connection, step=step: connection.execute(step).all())
            found = await self._reader.think(lambda rows=rows: list(_cases(rows, how)))
            places |= {(set_no, case_no) for set_no, case_no, _ in found}
            if found and not is_dry:
                await self._writer.write(lambda connection, found=found: _put_cases(connection, found))
            if len(rows) < AT_ONCE:
                return places
            after = (rows[-1].set_no, rows[-1].case_no)

    async def _blank_trials(
        self, how: Blanking, places: set[tuple[int, int]], *, is_dry: bool
    ) -> list[tuple[str, str, int]]:
        table, runs, gone = schema.transcripts.c, schema.runs.c, list[tuple[str, str, int]]()
        key = tuple_(table.run_no, table.case_no, table.repeat)
        wanted = select(schema.transcripts, runs.id, runs.set_no).join(schema.runs, runs.no == table.run_no)
        wanted = wanted.order_by(table.run_no, table.case_no, table.repeat).limit(AT_ONCE)
        after: tuple[int, int, int] = (-1, -1, -1)
        while True:
            step = wanted.where(key > after)
            rows = await self._reader.read(lambda connection, step=step: connection.execute(step).all())
            found = await self._reader.think(lambda rows=rows: list(_trials(rows, how, places)))
            gone += [one for one, _, _ in found]
            if found and not is_dry:
                await self._writer.write(lambda connection, found=found: _put_trials(connection, found))
            if len(rows) < AT_ONCE:
                return gone
            after = (rows[-1].run_no, rows[-1].case_no, rows[-1].repeat)


def _cases(rows: Sequence[AnyRow], how: Blanking) -> Iterator[tuple[int, int, bytes]]:
    for row in rows:
        where = f"Case {row.id!r}"
        case = _unpacker.unpack(row.body, where)
        if how.is_wanted(case) and (blank := how.case(case)) != case:
            yield row.set_no, row.case_no, pack(blank, where)


def _put_cases(connection: Connection, found: Sequence[tuple[int, int, bytes]]) -> None:
    """Write blank cases. Their set is no more the one that its digest names: an equal one gets rows of its own."""
    table, sets = schema.cases.c, schema.case_sets.c
    for set_no, case_no, body in found:
        this = (table.set_no == set_no) & (table.case_no == case_no)
        connection.execute(update(schema.cases).where(this).values(body=body))
    for set_no in {set_no for set_no, _, _ in found}:
        other = update(schema.case_sets).where(sets.no == set_no).values(digest=f"forgotten-{secrets.token_hex(16)}")
        connection.execute(other)


def _trials(
    rows: Sequence[AnyRow], how: Blanking, places: set[tuple[int, int]]
) -> Iterator[tuple[tuple[str, str, int], tuple[int, int, int], bytes]]:
    for row in rows:
        trial = unpack_trial(row.body, row.id, row.case_no, row.repeat)
        if (row.set_no, row.case_no) in places or how.says(trial):
            blank = how.trial(trial)
            if blank != trial:
                body = squeeze(encode_trial(blank, f"Run {row.id}"))
                yield (row.id, trial.record.case_id, row.repeat), (row.run_no, row.case_no, row.repeat), body


def _put_trials(connection: Connection, found: Sequence[tuple[Any, tuple[int, int, int], bytes]]) -> None:
    table = schema.transcripts.c
    for _, (run_no, case_no, repeat), body in found:
        this = (table.run_no == run_no) & (table.case_no == case_no) & (table.repeat == repeat)
        connection.execute(update(schema.transcripts).where(this).values(body=body))
