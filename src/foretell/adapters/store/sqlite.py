"""One SQLite file that several processes share: the write lock is taken when a transaction begins, readers never wait.

A transaction that begins as a reader and then writes fails at once when somebody else wrote in between, whatever the
timeout; one that begins by taking the lock waits for its turn.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Connection, Engine, Float, create_engine, event, literal_column
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from foretell.adapters.store.database import Database
from foretell.adapters.store.faults import in_our_words
from foretell.core.errors import RunFailed, Unreachable

BUSY_SECONDS: Final = 30.0
READERS: Final = 3
# Unix time from SQLite's own clock, which counts days; good to a millisecond.
_NOW: Final = "((julianday('now') - 2440587.5) * 86400.0)"


def open_file(path: Path, *, is_reading: bool = False) -> Database:
    """Open an SQLite file, made with its folder if it is not there, for this user only.

    With `is_reading` a file is opened all the same that this user may read and not write.

    Raises:
        Unreachable: it cannot be made, opened or locked.
        BadInput: it is not an SQLite file, or damaged.
    """
    if is_reading and _may_only_be_read(path):
        address = _read_only(path)
    else:
        _make(path)
        address = _address(path)
        try:
            _switch_to_wal(path)
        except sqlite3.Error as error:
            raise in_our_words(error, str(path), Unreachable) from error
    return Database(
        place=str(path),
        writing=_engine(address, "BEGIN IMMEDIATE", 1),
        reading=_engine(address, "BEGIN", READERS),
        insert=insert,
        now=literal_column(_NOW, Float),
        set_durable=_set_durable,
        check=_still_there(path),
        scrub=partial(_scrub, path),
    )


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        hint = "Choose another place with `store` in the project file, or change the rights of this one."
        raise Unreachable.of(f"Store {path}", f"cannot be written: {error.strerror}.", hint) from error


def _may_only_be_read(path: Path) -> bool:
    """True for a file that is there and that this user may not write, or whose folder takes no files beside it."""
    return path.is_file() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _address(path: Path, **options: str) -> str:
    """A file as SQLite's URI."""
    return f"{path.absolute().as_uri()}?{urlencode(options)}" if options else path.absolute().as_uri()


def _read_only(path: Path) -> str:
    """The address of a file to be read where nothing can be written.

    Without a log beside it nobody writes to it, and SQLite is told so: it would make files beside it otherwise.
    """
    log = path.with_name(f"{path.name}-wal")
    has_log = log.is_file() and log.stat().st_size > 0
    return _address(path, mode="ro") if has_log else _address(path, mode="ro", immutable="1")


def _engine(address: str, begin: str, connections: int) -> Engine:
    def connect() -> sqlite3.Connection:
        # Transactions are begun here, not by the driver, which would begin them late and as readers.
        return sqlite3.connect(address, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True)

    engine = create_engine(
        URL.create("sqlite"), creator=connect, poolclass=QueuePool, pool_size=connections, max_overflow=0
    )

    def begin_ours(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", begin_ours)
    return engine


def _set_up(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA secure_delete=ON")  # what is forgotten is overwritten, not only unlinked
    cursor.execute("PRAGMA journal_size_limit=16777216")  # a log that once grew is cut back to 16 MB
    cursor.close()


def _switch_to_wal(path: Path) -> None:
    """Write to a log beside the file. The switch needs the file for itself and does not wait for that."""
    deadline = time.monotonic() + BUSY_SECONDS
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
        while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)


def _scrub(path: Path) -> None:
    """Write the file anew, and cut its log to nothing: both hold pages with what was removed since.

    Raises:
        Unreachable: others kept it busy all the time, or the disk is full.
    """
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            is_busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.Error as error:
        raise in_our_words(error, str(path), Unreachable) from error
    if is_busy:
        hint = "Run the command again when nobody else uses the store."
        raise Unreachable.of(f"Store {path}", "is being read, and its log still holds what was removed.", hint)


def _set_durable(connection: Connection, is_durable: bool) -> None:
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA synchronous={'FULL' if is_durable else 'NORMAL'}")


def _still_there(path: Path) -> Callable[[], None]:
    """A check that the file is the one that was opened: SQLite goes on writing to a deleted one without a word."""
    opened = path.stat().st_ino

    def check() -> None:
        try:
            found = path.stat().st_ino
        except OSError:
            found = None
        if found != opened:
            hint = "Stop whatever removes it, then start again; what was stored in it is gone."
            raise RunFailed.of(f"Store {path}", "was deleted or replaced while it was open.", hint)

    return check
