"""The steps from an empty database to the present schema: each applied once, together with its record."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

from sqlalchemy import DDL, Connection, func, inspect, select, update
from sqlalchemy.exc import DBAPIError

from foretell.adapters.store import schema
from foretell.adapters.store.codec import Unpacker
from foretell.adapters.store.database import Database
from foretell.adapters.store.faults import in_our_words
from foretell.core.domain.runs import Run
from foretell.core.domain.traffic import Interaction
from foretell.core.errors import BadInput, Unreachable

Step: TypeAlias = Callable[[Connection], None]


def make_first_tables(connection: Connection) -> None:
    """The schema of an empty database: all tables as they are now. Later steps find theirs there already."""
    schema.tables.create_all(connection)


def keep_what_judging_cost(connection: Connection) -> None:
    """A table for the money of scorers and simulated users; what was spent before is in the transcripts alone."""
    schema.judging.create(connection, checkfirst=True)


def keep_arriving_spans(connection: Connection) -> None:
    """A table in which spans wait until their trace is whole."""
    schema.arrivals.create(connection, checkfirst=True)


def keep_groups_and_suites(connection: Connection) -> None:
    """Columns by which runs are found; those of earlier runs are read from their bodies."""
    runs, unpacker = schema.runs, Unpacker(Run)
    there = {column["name"] for column in inspect(connection).get_columns(runs.name)}
    for column in (runs.c.group_name, runs.c.suite):
        if column.name not in there:
            connection.execute(DDL(f"ALTER TABLE {runs.name} ADD COLUMN {column.name} VARCHAR NOT NULL DEFAULT ''"))
    for no, body in connection.execute(select(runs.c.no, runs.c.body).where(runs.c.group_name == "")).all():
        run = unpacker.unpack(body, f"Run no. {no}")
        connection.execute(update(runs).where(runs.c.no == no).values(group_name=run.group, suite=run.suite))


def find_conversations(connection: Connection) -> None:
    """A column and an index that find the interactions of a conversation; it is filled from what they hold."""
    table, unpacker = schema.interactions, Unpacker(Interaction)
    if table.c.conversation.name in {column["name"] for column in inspect(connection).get_columns(table.name)}:
        return
    connection.execute(DDL("ALTER TABLE interactions ADD COLUMN conversation VARCHAR"))
    next(index for index in table.indexes if index.name == "interactions_by_conversation").create(connection)
    after = ""
    while rows := connection.execute(
        select(table.c.id, table.c.body).where(table.c.id > after).order_by(table.c.id).limit(500)
    ).all():
        after = rows[-1].id
        named = [(row.id, unpacker.unpack(row.body, f"Interaction {row.id}").conversation_id) for row in rows]
        for identity, conversation in named:
            if conversation is not None:
                connection.execute(update(table).where(table.c.id == identity).values(conversation=conversation))


STEPS: tuple[Step, ...] = (
    make_first_tables,
    keep_what_judging_cost,
    keep_arriving_spans,
    keep_groups_and_suites,
    find_conversations,
)


def migrate(database: Database) -> None:
    """Bring the database to the present schema, in one transaction; several processes may do so at once.

    Raises:
        BadInput: it was written by a newer foretell, or holds other tables.
        Unreachable: it cannot be read or written now.
    """
    try:
        with database.reading.connect() as connection:
            if _version(connection, database.place) == len(STEPS):
                return
        with database.writing.begin() as connection:
            done = _version(connection, database.place)
            for number, step in enumerate(STEPS[done:], start=done + 1):
                step(connection)
                now = datetime.now(UTC).isoformat(timespec="seconds")
                values = {"no": number, "name": step.__name__, "applied_at": now}
                connection.execute(schema.migrations.insert().values(values))
    except DBAPIError as error:
        raise in_our_words(error, database.place, Unreachable) from error


def _version(connection: Connection, place: str) -> int:
    """How many steps were applied."""
    tables = inspect(connection).get_table_names()
    if schema.migrations.name not in tables:
        if tables and connection.dialect.name == "sqlite":
            shown = ", ".join(sorted(tables)[:3])
            hint = "Name another file as `store` in the project file."
            raise BadInput.of(f"Store {place}", f"is another program's database (tables {shown}).", hint)
        return 0
    version = connection.execute(select(func.max(schema.migrations.c.no))).scalar() or 0
    if version > len(STEPS):
        what = f"has schema version {version}, and this foretell knows versions up to {len(STEPS)}."
        raise BadInput.of(f"Store {place}", what, "Upgrade foretell, or name another store in the project file.")
    return version
