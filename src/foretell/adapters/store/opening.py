"""Opening the store that an address names."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from foretell.adapters.store.claims import StoredClaims
from foretell.adapters.store.database import Database
from foretell.adapters.store.facts import StoredFacts
from foretell.adapters.store.findings import StoredFindings
from foretell.adapters.store.forgetting import StoredForgetting
from foretell.adapters.store.intake import StoredIntake
from foretell.adapters.store.migrations import migrate
from foretell.adapters.store.people import StoredPeople
from foretell.adapters.store.reader import Reader
from foretell.adapters.store.records import StoredRecords
from foretell.adapters.store.sqlite import open_file
from foretell.adapters.store.traffic import StoredTraffic
from foretell.adapters.store.trials import PendingTrial, TrialInserter
from foretell.adapters.store.writer import Writer
from foretell.core.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Store:
    """All ports of the store over one database, and what must be given back."""

    facts: StoredFacts
    findings: StoredFindings
    records: StoredRecords
    claims: StoredClaims
    people: StoredPeople
    traffic: StoredTraffic
    intake: StoredIntake
    forgetting: StoredForgetting
    _database: Database
    _reader: Reader
    _writer: Writer[PendingTrial]

    async def aclose(self) -> None:
        """Flush, then end the threads and give the connections back; once more does nothing.

        Raises:
            ForetellError: the last trials could not be stored; all is given back all the same.
        """
        try:
            await self.facts.flush()
        finally:
            await asyncio.to_thread(self._writer.close)
            self._reader.close()
            self._database.close()


def open_store(url: str, root: str | Path = ".", *, is_reading: bool = False) -> Store:
    """Open the store at an address like `sqlite:///.foretell/store.db`, made if it is not there.

    A relative path counts from `root`. One thread that writes starts at once; threads that read start when needed. With
    `is_reading` it may be one that cannot be written, as on a disk that is only read.

    Raises:
        ConfigurationError: the address is not one of a store that is known.
        Unreachable: its folder or file cannot be made, read or written.
        BadInput: the file is damaged, another program's, or of a newer foretell.
    """
    database = open_file(_path_of(url, Path(root)), is_reading=is_reading)
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    reader = Reader(database)
    writer = Writer(database, TrialInserter(database))
    return Store(
        facts=StoredFacts(database, reader, writer),
        findings=StoredFindings(reader),
        records=StoredRecords(database, reader, writer),
        claims=StoredClaims(database, reader, writer),
        people=StoredPeople(database, reader, writer),
        traffic=StoredTraffic(database, reader, writer),
        intake=StoredIntake(database, reader, writer),
        forgetting=StoredForgetting(database, reader, writer),
        _database=database,
        _reader=reader,
        _writer=writer,
    )


def _path_of(url: str, root: Path) -> Path:
    hint = "Write 'sqlite:///PATH', with four slashes for an absolute path."
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError.of("store", f"{url!r} is not an address.", hint) from error
    if address.get_backend_name() != "sqlite":
        raise ConfigurationError.of("store", f"{address.get_backend_name()!r} databases are not supported yet.", hint)
    if address.database in (None, "", ":memory:"):
        raise ConfigurationError.of("store", f"{url!r} names no file, and several connections share it.", hint)
    return root / address.database
