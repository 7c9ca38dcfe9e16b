"""Sets of cases, each stored once however many runs use it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select, update

from foretell.adapters.store import schema
from foretell.adapters.store.codec import Unpacker, encode, pack
from foretell.adapters.store.database import Database, NewRows
from foretell.adapters.store.reader import Reader
from foretell.adapters.store.trials import PendingTrial
from foretell.adapters.store.writer import Writer
from foretell.core.domain.cases import Case
from foretell.core.domain.values import key_of

CASES_AT_ONCE: Final = 500
_unpacker = Unpacker(Case)


@dataclass(frozen=True, slots=True)
class CaseSets:
    """Keeps sets of cases, known by what is in them and in which order."""

    database: Database
    reader: Reader
    writer: Writer[PendingTrial]

    async def keep(self, cases: Sequence[Case]) -> int:
        """The number of the set of these cases, stored if it was not.

        Raises:
            BadInput: a case is not JSON.
        """
        digest = await self.reader.think(lambda: _digest(cases))
        columns = schema.case_sets.c
        complete = select(columns.no).where(columns.digest == digest, columns.case_keys.is_not(None))
        found = await self.reader.read(lambda connection: connection.execute(complete).scalar())
        return await self._store(digest, cases) if found is None else found

    async def _store(self, digest: str, cases: Sequence[Case]) -> int:
        columns = schema.case_sets.c

        def number(connection: Connection) -> int:
            connection.execute(
                self.database.insert(schema.case_sets).values(digest=digest).on_conflict_do_nothing(),
            )
            return connection.execute(select(columns.no).where(columns.digest == digest)).scalar_one()

        set_no = await self.writer.write(number, is_durable=False)
        new_cases = NewRows(self.database, schema.cases)
        for start in range(0, len(cases), CASES_AT_ONCE):
            rows = await self.reader.think(lambda start=start: list(_rows(set_no, start, cases)))
            await self.writer.write(
                lambda connection, rows=rows: new_cases.insert(connection, rows), is_urgent=False, is_durable=False
            )
        keys = np.fromiter((key_of(case.id) for case in cases), dtype="<i8", count=len(cases)).tobytes()
        done = update(schema.case_sets).where(columns.no == set_no).values(case_keys=keys)
        await self.writer.write(lambda connection: connection.execute(done), is_durable=False)
        return set_no


def _digest(cases: Sequence[Case]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for case in cases:
        body = encode(case, f"Case {case.id!r}")
        digest.update(len(body).to_bytes(8, "little") + body)
    return digest.hexdigest()


def _rows(set_no: int, start: int, cases: Sequence[Case]) -> Iterator[tuple[int, int, str, bytes]]:
    for case_no, case in enumerate(cases[start : start + CASES_AT_ONCE], start):
        yield set_no, case_no, case.id, pack(case, f"Case {case.id!r}")


def keys_of_set(connection: Connection, set_no: int) -> NDArray[np.int64]:
    """`key_of(id)` of each case of a set, by its position."""
    stored = connection.execute(
        select(schema.case_sets.c.case_keys).where(schema.case_sets.c.no == set_no)
    ).scalar_one()
    return np.frombuffer(stored, dtype="<i8").astype(np.int64, copy=False)


def cases_of_set(connection: Connection, set_no: int) -> dict[int, Case]:
    """The cases of a set by `key_of(id)`, in their order."""
    table = schema.cases.c
    rows = connection.execute(select(table.id, table.body).where(table.set_no == set_no).order_by(table.case_no))
    return {key_of(case_id): _unpacker.unpack(body, f"Case {case_id!r}") for case_id, body in rows}
