"""The journal of covered spans, and interactions that are changed as more of them comes in."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, select

from foretell.adapters.store import schema
from foretell.adapters.store.codec import Unpacker, pack
from foretell.adapters.store.database import Database
from foretell.adapters.store.reader import Reader
from foretell.adapters.store.traffic import microseconds
from foretell.adapters.store.trials import PendingTrial
from foretell.adapters.store.writer import Writer
from foretell.core.domain.traffic import Interaction
from foretell.core.ports.capture import Piece
from foretell.core.ports.intake import Change, Waiting

AT_ONCE: Final = 50
"""Interactions that are changed in one transaction: about 20 ms."""
_interactions = Unpacker(Interaction)
_pieces = msgspec.msgpack.Decoder(tuple[Piece, ...])
_encode = msgspec.msgpack.Encoder().encode


class StoredIntake:
    """The port `Intake` over a database."""

    def __init__(self, database: Database, reader: Reader, writer: Writer[PendingTrial]) -> None:
        self._database = database
        self._reader = reader
        self._writer = writer

    async def keep(self, pieces: Sequence[Piece]) -> int:
        """See the port."""
        insert = schema.arrivals.insert().values(body=_encode(pieces)).returning(schema.arrivals.c.no)

        def write(connection: Connection) -> int:
            return connection.execute(insert).scalar_one()

        return await self._writer.write(write, is_urgent=False)

    async def waiting(self) -> AsyncIterator[Waiting]:
        """See the port."""
        table, after = schema.arrivals.c, 0
        wanted = select(schema.arrivals).order_by(table.no).limit(AT_ONCE)
        while True:
            rows = await self._reader.read(
                lambda connection, after=after: connection.execute(wanted.where(table.no > after)).all()
            )
            for row in rows:
                yield Waiting(row.no, _pieces.decode(row.body))
            if len(rows) < AT_ONCE:
                return
            after = rows[-1].no

    async def of_conversation(self, conversation: str) -> list[str]:
        """See the port."""
        table = schema.interactions.c
        wanted = select(table.id).where(table.conversation == conversation)
        return await self._reader.read(lambda connection: list(connection.execute(wanted).scalars()))

    async def settle(self, changes: Sequence[tuple[str, Change]], done: Sequence[int]) -> int:
        """See the port. What waited is let go in the last of the transactions; doing it all again changes nothing."""
        changed = 0
        for start in range(0, max(len(changes), 1), AT_ONCE):
            part = changes[start : start + AT_ONCE]
            over = done if start + AT_ONCE >= len(changes) else ()

            def write(
                connection: Connection, part: Sequence[tuple[str, Change]] = part, over: Sequence[int] = over
            ) -> int:
                new = _change(self._database, connection, part)
                if over:
                    connection.execute(delete(schema.arrivals).where(schema.arrivals.c.no.in_(over)))
                return new

            changed += await self._writer.write(write, is_urgent=False)
        return changed


def _change(database: Database, connection: Connection, changes: Sequence[tuple[str, Change]]) -> int:
    """Change some interactions, all read and written at once; how many are other ones now."""
    table = schema.interactions
    asked = select(table.c.id, table.c.body).where(table.c.id.in_([identity for identity, _ in changes]))
    bodies: dict[str, bytes] = {row.id: row.body for row in connection.execute(asked)}
    rows: dict[str, dict[str, object]] = {}
    for identity, change in changes:
        where = f"Interaction {identity}"
        before = _interactions.unpack(bodies[identity], where) if identity in bodies else None
        after = change(before)
        if after is not None and after != before:
            bodies[identity] = body = pack(after, where)
            at, conversation = microseconds(after.at, where), after.conversation_id
            rows[identity] = {"id": identity, "at": at, "body": body, "conversation": conversation}
    if rows:
        insert = database.insert(table)
        changed = {name: insert.excluded[name] for name in ("at", "body", "conversation")}
        connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=changed), list(rows.values()))
    return len(rows)
