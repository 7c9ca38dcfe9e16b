"""Who may do what now: leases with a heartbeat, and a cache of replies by content."""

from sqlalchemy import Connection, delete, or_, select

from foretell.adapters.store import schema
from foretell.adapters.store.database import Database
from foretell.adapters.store.reader import Reader
from foretell.adapters.store.trials import PendingTrial
from foretell.adapters.store.writer import Writer


class StoredClaims:
    """The port `Claims` over a database. Leases run out by the database's clock."""

    def __init__(self, database: Database, reader: Reader, writer: Writer[PendingTrial]) -> None:
        self._database = database
        self._reader = reader
        self._writer = writer

    async def acquire(self, name: str, holder: str, seconds: float) -> bool:
        """Take or renew a lease; False while another holder's has not run out."""
        table, now = schema.leases.c, self._database.now
        take = self._database.insert(schema.leases).values(name=name, holder=holder, until=now + seconds)
        take = take.on_conflict_do_update(
            index_elements=[table.name],
            set_={"holder": holder, "until": now + seconds},
            where=or_(table.holder == holder, table.until <= now),
        )

        def acquire(connection: Connection) -> bool:
            return connection.execute(take).rowcount == 1

        return await self._writer.write(acquire, is_durable=False)

    async def release(self, name: str, holder: str) -> None:
        """Give a lease back; nothing happens when it is another's."""
        table = schema.leases.c
        give_back = delete(schema.leases).where(table.name == name, table.holder == holder)
        await self._writer.write(lambda connection: connection.execute(give_back), is_durable=False)

    async def cached(self, key: str) -> bytes | None:
        """What was remembered under a content key."""
        wanted = select(schema.cache.c.value).where(schema.cache.c.key == key)
        return await self._reader.read(lambda connection: connection.execute(wanted).scalar())

    async def remember(self, key: str, value: bytes) -> None:
        """Keep a value under a content key; the first one stays."""
        insert = self._database.insert(schema.cache).values(key=key, value=value).on_conflict_do_nothing()
        await self._writer.write(lambda connection: connection.execute(insert), is_urgent=False, is_durable=False)
