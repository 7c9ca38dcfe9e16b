"""The processes that cover spans: what they give back, and what happens when one of them dies."""

import os
import signal
from functools import partial

import pytest

from foretell.adapters.capture.otlp import PROTOBUF, read_export
from foretell.adapters.capture.pool import CoverPool, packed, unpacked
from foretell.core.analysis.traffic.personal import Anonymiser
from foretell.core.domain.arrivals import Arrival
from foretell.core.domain.trace import Span
from foretell.core.errors import Unreachable
from foretell.services.covering import make_cover
from tests.unit.adapters.capture.exports import TRACE, as_protobuf, request_of, span_of

ANONYMISER = Anonymiser(b"a key for tests")


def export(spans: int = 3) -> bytes:
    said = {"input.value": "I am jo@example.com", "session.id": "s-1"}
    return as_protobuf(request_of([span_of(number + 1, number or None, attributes=said) for number in range(spans)]))


async def test_kept_spans_come_back_covered_and_a_dead_process_is_replaced() -> None:
    pool = CoverPool(partial(make_cover, ANONYMISER, None, None), 1)
    try:
        await pool.warm()
        assert pool.seconds_ahead() == 0
        (piece,) = (await pool.cover(read_export(export(), PROTOBUF), [0, 2])).pieces
        assert (piece.trace, piece.spans, piece.is_root) == (ANONYMISER.identity("interaction", TRACE), 2, True)
        mail = ANONYMISER.pseudonym("email", "jo@example.com")
        assert [one.span.input for one in pool.unpack(piece)] == [f"I am {mail}"] * 2
        assert b"s-1" not in piece.body
        for process in pool._pool._processes.values():  # no public way to them
            os.kill(process.pid or 0, signal.SIGKILL)
        with pytest.raises(Unreachable, match="its process died"):
            await pool.cover(read_export(export(), PROTOBUF), [0])
        (again,) = (await pool.cover(read_export(export(100), PROTOBUF), range(100))).pieces
        assert (again.spans, pool.seconds_ahead()) == (100, 0)
    finally:
        pool.close()


def test_what_messagepack_cannot_hold_is_packed_all_the_same() -> None:
    odd = [Arrival(TRACE, Span("s", input={"long": 2**80, "half": "\ud800"}))]
    assert unpacked(packed(odd)) == odd
