"""What the store needs to know of one database, whichever it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, Protocol, TypeAlias

from sqlalchemy import ColumnElement, Connection, Engine, Row, Table

AnyRow: TypeAlias = Row[*tuple[Any, ...]]

_ROWS_IN_A_STATEMENT: Final = (64, 16, 4, 1)  # few sizes, so that the driver keeps them all prepared


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
    `scrub` writes it anew without what was removed.
    """

    place: str
    writing: Engine
    reading: Engine
    insert: Inserter
    now: ColumnElement[float]
    set_durable: Callable[[Connection, bool], None]
    check: Callable[[], None]
    scrub: Callable[[], None]

    def close(self) -> None:
        """Give all connections back."""
        self.reading.dispose()
        self.writing.dispose()


class NewRows:
    """Inserts rows into a table, each unless its key is there.

    Several rows go in one statement: each statement gives up Python's lock, and in a thread beside a busy event loop
    it takes up to 5 ms to get that back.
    """

    def __init__(self, database: Database, table: Table) -> None:
        statement = database.insert(table).on_conflict_do_nothing()
        head, _, rest = str(statement.compile(dialect=database.writing.dialect)).partition(" VALUES ")
        row, close, tail = rest.partition(")")
        self._sql = {size: f"{head} VALUES {', '.join([row + close] * size)}{tail}" for size in _ROWS_IN_A_STATEMENT}

    def insert(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Insert tuples of all columns in their order. Returns how many were new."""
        new = place = 0
        for size, sql in self._sql.items():
            while len(rows) - place >= size:
                values = tuple(chain.from_iterable(rows[place : place + size]))
                new += connection.exec_driver_sql(sql, values).rowcount
                place += size
        return new
