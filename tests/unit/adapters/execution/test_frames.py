"""Values over a pipe: whole, in order, and an end that is not taken for a value."""

import asyncio

from foretell.adapters.execution.frames import Beat, Hello, Ready, frame, read_frame
from foretell.core.errors import BadInput, Problem
from tests.unit.adapters.execution.work import arm, record, task


def stream(data: bytes, *, has_ended: bool = True) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    if has_ended:
        reader.feed_eof()
    return reader


async def test_values_come_out_as_they_went_in() -> None:
    values = [Hello(arm(), "root"), Ready(), Beat(), task(1), record(task(1))]
    reader = stream(b"".join(map(frame, values)))
    assert [await read_frame(reader) for _ in values] == values
    assert await read_frame(reader) is None


async def test_an_error_keeps_its_problems() -> None:
    error = BadInput(Problem("here", "is wrong.", "Mend it."), Problem("there", "too."))
    ready = await read_frame(stream(frame(Ready(error))))
    assert (type(ready.error), ready.error.problems, str(ready.error)) == (BadInput, error.problems, str(error))


async def test_a_frame_that_breaks_off_is_the_end() -> None:
    whole = frame(task(1))
    for length in (0, 3, 4, len(whole) - 1):
        assert await read_frame(stream(whole[:length])) is None


async def test_large_values_pass() -> None:
    output = "x" * 5_000_000
    assert await read_frame(stream(frame(output))) == output
