"""What people said, in the order in which it came."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from foretell.adapters.store import schema
from foretell.adapters.store.codec import encode
from foretell.adapters.store.database import AnyRow, Database
from foretell.adapters.store.reader import Reader
from foretell.adapters.store.trials import PendingTrial
from foretell.adapters.store.writer import Writer
from foretell.core.domain.people import Rating


class StoredPeople:
    """The port `People` over a database."""

    def __init__(self, database: Database, reader: Reader, writer: Writer[PendingTrial]) -> None:
        self._database = database
        self._reader = reader
        self._writer = writer

    async def add(self, ratings: Sequence[Rating]) -> None:
        """Keep them, durably. One that has a time and is there already changes nothing, however late it comes again."""
        if not ratings:
            return
        rows = [_row_of(rating) for rating in ratings]
        insert = self._database.insert(schema.ratings).on_conflict_do_nothing()
        await self._writer.write(lambda connection: connection.execute(insert, rows))

    async def ratings(self, aspect: str = "success") -> Sequence[Rating]:
        """Those in force for one aspect, in the order in which they came."""
        table = schema.ratings.c
        last = select(func.max(table.no)).where(table.aspect == aspect).group_by(table.item, table.rater)
        wanted = select(schema.ratings).where(table.no.in_(last)).order_by(table.no)
        return await self._reader.read(lambda connection: [_rating_of(row) for row in connection.execute(wanted)])


def _row_of(rating: Rating) -> dict[str, Any]:
    is_dated = rating.at is not None
    return {
        "aspect": rating.aspect,
        "item": rating.item,
        "rater": rating.rater,
        "kind": rating.kind,
        "label": json.dumps(rating.label),
        "confidence": rating.confidence,
        "at": rating.at,
        "digest": hashlib.sha256(encode(rating, f"Rating of {rating.item}")).hexdigest() if is_dated else None,
    }


def _rating_of(row: AnyRow) -> Rating:
    return Rating(row.item, row.rater, json.loads(row.label), row.aspect, row.kind, row.confidence, row.at)
