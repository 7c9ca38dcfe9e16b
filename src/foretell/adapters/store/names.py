"""Names of modes and scorers, stored once and meant by number."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from foretell.adapters.store import schema
from foretell.adapters.store.database import Database


class Names:
    """Numbers names in the writer's thread, and remembers them."""

    def __init__(self, database: Database) -> None:
        self._insert = database.insert(schema.names).on_conflict_do_nothing()
        self._known: dict[str, int] = {}

    def numbers(self, connection: Connection, wanted: Iterable[str]) -> dict[str, int]:
        """The numbers of all names known by now, those wanted included."""
        new = set(wanted) - self._known.keys()
        if new:
            connection.execute(self._insert, [{"name": name} for name in sorted(new)])
            table = schema.names.c
            self._known |= {
                name: no for no, name in connection.execute(select(table.no, table.name).where(table.name.in_(new)))
            }
        return self._known

    def forget(self) -> None:
        """The transaction was undone: what was numbered in it may get other numbers."""
        self._known.clear()


def number_of(connection: Connection, name: str) -> int | None:
    """The number of a name, None when nothing ever had it."""
    return connection.execute(select(schema.names.c.no).where(schema.names.c.name == name)).scalar()
