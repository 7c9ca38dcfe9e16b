"""Decisions and other things that were said and stay said: append-only."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import select

from foretell.adapters.store import schema
from foretell.adapters.store.codec import Unpacker, encode_sorted, pack
from foretell.adapters.store.database import AnyRow, Database
from foretell.adapters.store.reader import Reader
from foretell.adapters.store.trials import PendingTrial
from foretell.adapters.store.writer import Writer
from foretell.core.domain.values import Json
from foretell.core.ports.records import Record

_unpacker: Unpacker[Json] = Unpacker(object)


class StoredRecords:
    """The port `Records` over a database."""

    def __init__(self, database: Database, reader: Reader, writer: Writer[PendingTrial]) -> None:
        self._database = database
        self._reader = reader
        self._writer = writer

    async def append(self, record: Record) -> None:
        """Keep it, durably. An equal record is kept once.

        Raises:
            BadInput: the body is not JSON.
        """
        where = f"Record {record.kind} {record.key}"
        parts = (record.kind, record.key, record.at, record.body)
        values = {
            "kind": record.kind,
            "key": record.key,
            "at": record.at,
            "digest": hashlib.sha256(encode_sorted(parts, where)).hexdigest(),
            "body": pack(record.body, where),
        }
        insert = self._database.insert(schema.records).values(values).on_conflict_do_nothing()
        await self._writer.write(lambda connection: connection.execute(insert))

    async def newest(self, kind: str, key: str) -> Record | None:
        """The last one of a kind about a key."""
        found = await self.history(kind, key, limit=1)
        return found[0] if found else None

    async def history(self, kind: str, key: str | None = None, limit: int = 100) -> Sequence[Record]:
        """The last ones of a kind, newest first."""
        table = schema.records.c
        wanted = (
            select(table.key, table.at, table.body).where(table.kind == kind).order_by(table.no.desc()).limit(limit)
        )
        if key is not None:
            wanted = wanted.where(table.key == key)
        return await self._reader.read(lambda connection: [_record_of(kind, row) for row in connection.execute(wanted)])


def _record_of(kind: str, row: AnyRow) -> Record:
    return Record(kind, row.key, row.at, _unpacker.unpack(row.body, f"Record {kind} {row.key}"))
