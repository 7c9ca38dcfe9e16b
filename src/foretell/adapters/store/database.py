"""What the store needs to know of one database, whichever it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from sqlalchemy import ColumnElement, Connection, Engine, Row, Table

AnyRow: TypeAlias = Row[*tuple[Any, ...]]


class Inserter(Protocol):
    """A dialect's own `insert`, which knows `on conflict`."""

    def __call__(self, table: Table) -> Any:
        """An insert into the table."""
        ...


@dataclass(frozen=True, slots=True)
class Database:
    """One database, open.

    `place` names it to people. A transaction of `writing` takes the write lock when it begins; one of `reading` sees
    one state throughout. `now` is the database's clock in seconds since the epoch. `set_durable` says, between
    transactions, whether commits must survive a power cut. `check` raises when the database went away underneath.
    """

    place: str
    writing: Engine
    reading: Engine
    insert: Inserter
    now: ColumnElement[float]
    set_durable: Callable[[Connection, bool], None]
    check: Callable[[], None]

    def insert_new(self, table: Table) -> str:
        """The SQL that inserts a row, given as a tuple of its columns in order, unless its key is there."""
        return str(self.insert(table).on_conflict_do_nothing().compile(dialect=self.writing.dialect))

    def close(self) -> None:
        """Give all connections back."""
        self.reading.dispose()
        self.writing.dispose()
