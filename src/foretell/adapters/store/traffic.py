"""Anonymised interactions in the order of their time, and frozen samples of them."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Delete, delete, func, select, tuple_

from foretell.adapters.store import schema
from foretell.adapters.store.codec import Unpacker, pack
from foretell.adapters.store.database import AnyRow, Database, NewRows
from foretell.adapters.store.reader import Reader
from foretell.adapters.store.trials import PendingTrial
from foretell.adapters.store.writer import Writer
from foretell.core.domain.traffic import Interaction
from foretell.core.errors import BadInput
from foretell.core.ports.traffic import TrafficSample

AT_ONCE: Final = 500
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_interactions = Unpacker(Interaction)
_samples = Unpacker(TrafficSample)


class StoredTraffic:
    """The port `Traffic` over a database."""

    def __init__(self, database: Database, reader: Reader, writer: Writer[PendingTrial]) -> None:
        self._database = database
        self._reader = reader
        self._writer = writer
        self._new = NewRows(database, schema.interactions)

    async def add(self, interactions: Sequence[Interaction]) -> int:
        """Keep them, durably; an id that is there stays as it is. Returns how many were new.

        Raises:
            BadInput: one is not JSON or its time is not RFC 3339; nothing of its part of some hundred is kept then.
        """
        new = 0
        for start in range(0, len(interactions), AT_ONCE):
            part = interactions[start : start + AT_ONCE]
            rows = await self._reader.think(lambda part=part: [_row_of(interaction) for interaction in part])

            def insert(connection: Connection, rows: list[tuple[str, int, bytes, str | None]] = rows) -> int:
                return self._new.insert(connection, rows)

            new += await self._writer.write(insert, is_urgent=False)
        return new

    async def window(self, start: str, end: str) -> AsyncIterator[Interaction]:
        """Those with start <= at < end (RFC 3339, UTC), in order of time; read some hundred at a time."""
        table = schema.interactions.c
        wanted = select(schema.interactions).where(table.at < microseconds(end, "end")).limit(AT_ONCE)
        wanted = wanted.order_by(table.at, table.id)
        after = table.at >= microseconds(start, "start")
        while True:
            rows = await self._reader.read(
                lambda connection, after=after: connection.execute(wanted.where(after)).all()
            )
            for row in rows:
                yield _interaction_of(row)
            if len(rows) < AT_ONCE:
                return
            after = tuple_(table.at, table.id) > tuple_(rows[-1].at, rows[-1].id)

    async def freeze(self, sample: TrafficSample) -> None:
        """Keep a sample under its hash; freezing it again changes nothing."""
        body = pack(sample, f"Sample {sample.hash}")
        insert = self._database.insert(schema.samples).values(hash=sample.hash, body=body).on_conflict_do_nothing()
        await self._writer.write(lambda connection: connection.execute(insert))

    async def sample(self, hash_: str) -> TrafficSample | None:
        """A frozen sample."""
        wanted = select(schema.samples.c.body).where(schema.samples.c.hash == hash_)
        body = await self._reader.read(lambda connection: connection.execute(wanted).scalar())
        return None if body is None else _samples.unpack(body, f"Sample {hash_}")

    async def remove(self, ids: Sequence[str]) -> int:
        """Take some away for good. Returns how many were there. Samples keep their ids, which are hashes."""
        gone = 0
        for start in range(0, len(ids), AT_ONCE):
            part = list(ids[start : start + AT_ONCE])
            wanted = delete(schema.interactions).where(schema.interactions.c.id.in_(part))

            def take(connection: Connection, wanted: Delete = wanted) -> int:
                return connection.execute(wanted).rowcount

            gone += await self._writer.write(take, is_urgent=False)
        return gone

    async def span(self) -> tuple[str, str] | None:
        """The times of the oldest and of the newest one, None when nothing is kept."""
        ends = select(func.min(schema.interactions.c.at), func.max(schema.interactions.c.at))
        first, last = await self._reader.read(lambda connection: connection.execute(ends).one())
        return None if first is None else (_time_of(first), _time_of(last))


def _time_of(microseconds: int) -> str:
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")


def _row_of(interaction: Interaction) -> tuple[str, int, bytes, str | None]:
    where = f"Interaction {interaction.id}"
    return interaction.id, microseconds(interaction.at, where), pack(interaction, where), interaction.conversation_id


def _interaction_of(row: AnyRow) -> Interaction:
    return _interactions.unpack(row.body, f"Interaction {row.id}")


def microseconds(at: str, where: str) -> int:
    """A time in RFC 3339 as microseconds since the epoch.

    Raises:
        BadInput: it is none; `where` names whose it is.
    """
    try:
        time = datetime.fromisoformat(at)
    except ValueError as error:
        raise BadInput.of(where, f"time {at!r} cannot be read.", "Write it like '2026-01-31T12:00:00Z'.") from error
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return (time - _EPOCH) // timedelta(microseconds=1)
