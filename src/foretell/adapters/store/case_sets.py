"""Sets of cases, each stored once however many runs use it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

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
_KEYS_AT_ONCE: Final = 65_536
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


class StoredCases(Mapping[int, Case]):
    """The cases of a set by `key_of(id)`, in their order. Each is unpacked when it is asked for.

    A million cases unpacked at once are 4 s and 450 MB; most who ask for a set want the names of a few.
    """

    def __init__(self, keys: NDArray[np.int64], bodies: Sequence[bytes]) -> None:
        self._keys = keys
        self._bodies = bodies
        self._order = np.argsort(keys)

    def __getitem__(self, key: int) -> Case:
        place = int(np.searchsorted(self._keys, key, sorter=self._order))
        position = int(self._order[place]) if place < len(self._keys) else -1
        if position < 0 or self._keys[position] != key:
            raise KeyError(key)
        return _unpacker.unpack(self._bodies[position], f"Case {position}")

    def __iter__(self) -> Iterator[int]:
        return iter(self._keys.tolist())

    def __len__(self) -> int:
        return len(self._keys)


def cases_of_set(connection: Connection, set_no: int) -> StoredCases:
    """The cases of a set."""
    table = schema.cases.c
    query = select(table.body).where(table.set_no == set_no).order_by(table.case_no)
    with connection.execute(query) as result:
        cursor: Any = result.cursor  # the driver's own: half the time for a million
        return StoredCases(keys_of_set(connection, set_no), [body for (body,) in cursor])


def ids_of_cases(connection: Connection, set_no: int, keys: NDArray[np.int64], limit: int) -> list[str]:
    """The ids of the first cases of a set that have one of these keys, in their order."""
    if not len(keys):
        return []
    places = first_places(keys_of_set(connection, set_no), keys, limit)
    table = schema.cases.c
    found: list[str] = []
    for start in range(0, len(places), CASES_AT_ONCE):  # a statement may not have more than 32,766 parameters
        part = places[start : start + CASES_AT_ONCE]
        query = select(table.id).where(table.set_no == set_no, table.case_no.in_(part)).order_by(table.case_no)
        found += connection.execute(query).scalars()
    return found


def first_places(keys: NDArray[np.int64], wanted: NDArray[np.int64], limit: int) -> list[int]:
    """The first positions that hold a wanted key; what lies behind the last of them is not looked at."""
    wanted = np.sort(wanted)
    places: list[int] = []
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        part = keys[start : start + _KEYS_AT_ONCE]
        nearest = wanted[np.minimum(np.searchsorted(wanted, part), len(wanted) - 1)]
        places += (np.flatnonzero(nearest == part) + start).tolist()
        if len(places) >= limit:
            break
    return places[:limit]
