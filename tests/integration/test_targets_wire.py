"""The wire against real sockets on this machine: what comes back, what breaks, and what it is called."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from foretell.adapters.wire.http import AiohttpWire
from foretell.core.ports.wire import WireFault, WireReply, WireRequest

Peer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(peer: Peer) -> AsyncIterator[str]:
    """A server that reads one request after the other from each connection and lets `peer` answer them."""
    writers: list[asyncio.StreamWriter] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = next(
                    (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
                )
                await peer(head + await reader.readexactly(size), writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x?key=hidden-1"
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await asyncio.sleep(0)


def http(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode() + body


@asynccontextmanager
async def wired(**params: int) -> AsyncIterator[AiohttpWire]:
    wire = AiohttpWire(**params)
    try:
        yield wire
    finally:
        await wire.aclose()


async def fault_of(peer: Peer, timeout_s: float = 5.0, **params: int) -> WireFault:
    async with serving(peer) as url, wired(**params) as wire:
        with pytest.raises(WireFault) as caught:
            await wire.send(WireRequest(url, b"{}", {"Authorization": "Bearer hidden-2"}, timeout_s))
    told = f"{caught.value!r} {caught.value.__cause__!r} {caught.value}"
    assert "hidden" not in told
    return caught.value


async def test_a_reply_comes_back_whole_and_the_connection_is_kept() -> None:
    seen: list[bytes] = []
    connections: set[int] = set()

    async def peer(request: bytes, writer: asyncio.StreamWriter) -> None:
        seen.append(request)
        connections.add(id(writer))
        writer.write(http(b'{"a": 1}', "418 Teapot", "X-Kind: Tea\r\nSet-Cookie: a=b\r\n"))

    async with serving(peer) as url, wired() as wire:
        replies = [await wire.send(WireRequest(url, b"ask", {"X-Key": "k"})) for _ in range(3)]
        got = await wire.send(WireRequest(url, b"", method="GET"))
    assert [(reply.status, reply.body, reply.attempts) for reply in [*replies, got]] == [(418, b'{"a": 1}', 1)] * 4
    assert replies[0].headers["x-kind"] == "Tea"
    assert 0 < replies[0].seconds < 5
    assert len(connections) == 1
    assert seen[0].startswith(b"POST /x?key=hidden-1 HTTP/1.1\r\n")
    assert seen[0].endswith(b"\r\n\r\nask")
    assert seen[3].startswith(b"GET ")
    assert not [request for request in seen if b"cookie" in request.lower()]


async def test_a_redirect_is_a_reply() -> None:
    count = 0

    async def peer(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        writer.write(http(b"", "307 Temporary Redirect", "Location: /elsewhere\r\n"))

    async with serving(peer) as url, wired() as wire:
        reply = await wire.send(WireRequest(url, b"{}"))
    assert (reply.status, reply.headers["location"], count) == (307, "/elsewhere", 1)


async def test_a_silent_server_times_out() -> None:
    async def peer(request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0)

    fault = await fault_of(peer, timeout_s=0.1)
    assert (fault.kind, str(fault)[-13:]) == ("timeout", "within 0.1 s.")


async def test_a_trickle_is_no_reason_to_wait_longer() -> None:
    async def peer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.02)

    assert (await fault_of(peer, timeout_s=0.2)).kind == "timeout"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"])
async def test_a_connection_that_breaks_is_unreachable(said: bytes) -> None:
    async def peer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        writer.close()

    fault = await fault_of(peer)
    assert fault.kind == "unreachable"
    assert str(fault).endswith("broke before the reply had ended.")


async def test_what_is_not_http_is_an_error() -> None:
    async def peer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp ready\r\n\r\n")

    fault = await fault_of(peer)
    assert (fault.kind, "broke HTTP" in str(fault)) == ("error", True)


@pytest.mark.parametrize(
    "said",
    [
        http(b"x" * 5000),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n" + b"400\r\n",
        http(gzip.compress(b"x" * 50_000), headers="content-encoding: gzip\r\n"),
    ],
    ids=["declared", "chunked", "inflated"],
)
async def test_a_body_past_the_limit_is_refused(said: bytes) -> None:
    async def peer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        if said.endswith(b"400\r\n"):
            writer.write(b"x" * 1024)

    fault = await fault_of(peer, max_body=2000)
    assert (fault.kind, str(fault)) == ("error", "The reply is longer than 0.00190735 MiB.")


async def test_a_body_at_the_limit_is_read() -> None:
    async def peer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(http(gzip.compress(b"x" * 2000), headers="content-encoding: gzip\r\n"))

    async with serving(peer) as url, wired(max_body=2000) as wire:
        reply: WireReply = await wire.send(WireRequest(url, b"{}"))
    assert reply.body == b"x" * 2000


async def test_nobody_there_is_unreachable() -> None:
    async with serving(lambda request, writer: asyncio.sleep(0)) as url:
        pass
    async with wired() as wire:
        with pytest.raises(WireFault) as caught:
            await wire.send(WireRequest(url, b"{}"))
    assert caught.value.kind == "unreachable"
    assert str(caught.value).startswith("No connection to '127.0.0.1:")


async def test_tls_where_there_is_none_is_named() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server, wired() as wire:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(WireFault) as caught:
            await wire.send(WireRequest(f"https://127.0.0.1:{port}/hidden", b"{}"))
    assert caught.value.kind == "unreachable"
    assert str(caught.value).startswith(f"TLS with '127.0.0.1:{port}' failed: [SSL")


@pytest.mark.parametrize("url", ["http://[bad", "ftp://127.0.0.1/x", "no address"])
async def test_an_address_that_is_none_is_an_error(url: str) -> None:
    async with wired() as wire:
        with pytest.raises(WireFault) as caught:
            await wire.send(WireRequest(url, b"{}"))
    assert caught.value.kind == "error"


async def test_more_requests_than_connections_wait_their_turn() -> None:
    busy = most = 0

    async def peer(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.005)
        busy -= 1
        writer.write(http(b"1"))

    async with serving(peer) as url, wired(limit=3) as wire:
        await asyncio.gather(*(wire.send(WireRequest(url, b"{}")) for _ in range(12)))
    assert most == 3


async def test_a_closed_wire_opens_again() -> None:
    async def peer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(http(b"1"))

    async with serving(peer) as url, wired() as wire:
        await wire.aclose()
        await wire.send(WireRequest(url, b"{}"))
        await wire.aclose()
        assert (await wire.send(WireRequest(url, b"{}"))).body == b"1"
