"""Processes that open, read and cover spans, so that the one which answers stays free."""

import asyncio
import json
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import groupby
from multiprocessing import get_context, parent_process
from time import perf_counter
from typing import Final, TypeAlias, cast

import msgspec

from foretell.adapters.capture.otlp import PROTOBUF, OtlpExport, read_export
from foretell.adapters.capture.otlp_protobuf import picked
from foretell.adapters.capture.reading import arrival_of
from foretell.core.domain.arrivals import Arrival
from foretell.core.errors import Unreachable
from foretell.core.ports.capture import Covered, Export, Piece

Cover: TypeAlias = Callable[[Sequence[Arrival]], list[Arrival]]

FIRST_GUESS: Final = 0.001
"""Seconds that a span takes, until the first were measured."""
FEW: Final = 64
"""Spans that are taken out of their request, which is too large to be sent to another process for them."""
_LEAST: Final = 256
"""Spans that are worth a process: a large request is spread, and travels once for each of its parts."""
_MSGPACK, _JSON = b"\x01", b"\x02"
_decoder = msgspec.msgpack.Decoder(list[Arrival])
_in_process: dict[str, Cover] = {}


class CoverPool:
    """The port `Coverer` over some processes. `make` builds in each of them what covers arrivals."""

    def __init__(self, make: Callable[[], Cover], processes: int) -> None:
        self._make = make
        self._processes = processes
        self._pool = self._opened()
        self._queued = 0
        self._seconds = FIRST_GUESS

    def seconds_ahead(self) -> float:
        """See the port."""
        return self._queued * self._seconds / self._processes

    async def cover(self, export: Export, kept: Sequence[int]) -> Covered:
        """See the port."""
        read = cast("OtlpExport", export)
        self._queued += len(kept)
        body = read.body
        if len(kept) <= FEW and read.media == PROTOBUF and not read.is_notes:
            body, kept = picked(body, frozenset(kept)), range(len(kept))
        size = max(_LEAST, -(-len(kept) // self._processes))
        parts = [kept[start : start + size] for start in range(0, len(kept), size)]
        loop, work = asyncio.get_running_loop(), partial(_cover, body, read.media, read.is_notes)
        try:
            done = await asyncio.gather(*(loop.run_in_executor(self._pool, work, part) for part in parts))
        except BrokenProcessPool as error:
            self._pool.shutdown(wait=False)
            self._pool = self._opened()
            hint = "Send it again; a request that does this every time is at fault."
            raise Unreachable.of("anonymising", "its process died.", hint) from error
        finally:
            self._queued -= len(kept)
        for part, (_, seconds) in zip(parts, done, strict=True):
            self._seconds += 0.2 * (seconds / len(part) - self._seconds)
        covered = [one for one, _ in done]
        return Covered(tuple(piece for one in covered for piece in one.pieces), sum(one.cut for one in covered))

    def unpack(self, piece: Piece) -> list[Arrival]:
        """See the port."""
        return unpacked(piece.body)

    async def warm(self) -> None:
        """Wait until every process is there and has built what it needs.

        Raises:
            ForetellError: one of them cannot.
        """
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(self._pool, _ready) for _ in range(self._processes)))

    def close(self) -> None:
        """End the processes."""
        self._pool.shutdown(cancel_futures=True)

    def _opened(self) -> ProcessPoolExecutor:
        # Spawned: a copy of this process would hold its sockets and the locks of its threads.
        return ProcessPoolExecutor(self._processes, get_context("spawn"), _begin, (self._make,))


def _begin(make: Callable[[], Cover]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that answers ends us, when it has drained
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _in_process["cover"] = make()


def _end_with_parent() -> None:
    """Go when the process that answers was killed: nobody else would end us."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _ready() -> bool:
    return "cover" in _in_process


def _cover(body: bytes, media: str, is_notes: bool, kept: Sequence[int]) -> tuple[Covered, float]:
    """In a process of the pool: the covered pieces, and the seconds that they took."""
    started = perf_counter()
    export = read_export(body, media, is_notes=is_notes)
    wanted = set(kept)
    opened = [arrival_of(parcel.open()) for place, parcel in enumerate(export.parcels()) if place in wanted]
    covered = sorted(_in_process["cover"](opened), key=lambda one: one.trace_id)
    pieces = [_piece(trace, list(group)) for trace, group in groupby(covered, key=lambda one: one.trace_id)]
    return Covered(tuple(pieces), export.losses.cut), perf_counter() - started


def _piece(trace: str, arrivals: list[Arrival]) -> Piece:
    is_root = any(one.span.parent_id is None and not one.is_note for one in arrivals)
    conversation = next((one.conversation_id for one in arrivals if one.conversation_id), None)
    return Piece(
        trace, len(arrivals), is_root, packed(arrivals), None, conversation, all(one.is_note for one in arrivals)
    )


def packed(arrivals: Sequence[Arrival]) -> bytes:
    """Arrivals as bytes; what MessagePack cannot hold (long numbers, halves of surrogate pairs) goes as JSON."""
    try:
        return _MSGPACK + msgspec.msgpack.encode(arrivals)
    except (OverflowError, UnicodeEncodeError):
        return _JSON + json.dumps(msgspec.to_builtins(arrivals)).encode()


def unpacked(body: bytes) -> list[Arrival]:
    """The arrivals that were packed."""
    if body[:1] == _JSON:
        return msgspec.convert(json.loads(body[1:]), list[Arrival])
    return _decoder.decode(memoryview(body)[1:])
