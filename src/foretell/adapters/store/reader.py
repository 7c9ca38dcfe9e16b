"""A few threads that read, each query on one connection and in one state of the database."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from foretell.adapters.store.database import Database
from foretell.adapters.store.faults import in_our_words
from foretell.adapters.store.sqlite import READERS
from foretell.core.errors import Unreachable

T = TypeVar("T")


class Reader:
    """Runs queries off the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="foretell-read")

    async def read(self, query: Callable[[Connection], T]) -> T:
        """What a query returns.

        Raises:
            Unreachable: the database cannot be read now.
            BadInput: it is damaged.
        """
        return await self.think(lambda: self._query(query))

    async def think(self, work: Callable[[], T]) -> T:
        """What a longer piece of work returns that would hold up the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def _query(self, query: Callable[[Connection], T]) -> T:
        try:
            with self._database.reading.connect() as connection:
                return query(connection)
        except DBAPIError as error:
            raise in_our_words(error, self._database.place, Unreachable) from error

    def close(self) -> None:
        """Wait for running queries and end the threads."""
        self._pool.shutdown()
