"""HTTP by aiohttp: one pool of connections for everything that one event loop sends."""

import asyncio
from math import inf
from time import perf_counter
from urllib.parse import urlsplit

import aiohttp

from foretell.adapters.wire.deadlines import Deadlines
from foretell.core.domain.http_errors import excerpt
from foretell.core.domain.trial import ErrorKind
from foretell.core.ports.wire import WireFault, WireReply, WireRequest

MIB = 1024 * 1024
CONNECT_TIMEOUT_S = 10.0


class AiohttpWire:
    """A Wire over one `ClientSession`, made at the first request, on the loop that sends it.

    `limit` is the number of connections at once; waiting for one counts into the request's timeout, so keep it at or
    above the concurrency of all targets together. A body longer than `max_body` bytes is a fault. Redirects are
    replies like any other status: following one could send a question, or a key, to somewhere nobody named.
    """

    def __init__(self, limit: int = 512, max_body: int = 32 * MIB) -> None:
        self._limit = limit
        self._max_body = max_body
        self._session: aiohttp.ClientSession | None = None
        self._timeouts: dict[float, aiohttp.ClientTimeout] = {}
        self._deadlines = Deadlines()

    async def send(self, request: WireRequest) -> WireReply:
        """The reply, whatever its status.

        Raises:
            WireFault: `timeout`, `unreachable`, or `error` for a reply that breaks HTTP or is too long.
        """
        session = self._session or self._open()
        timeout = self._timeouts.get(request.timeout_s) or self._timeout(request.timeout_s)
        started = perf_counter()
        try:
            with self._deadlines.within(request.timeout_s):
                async with session.request(
                    request.method,
                    request.url,
                    data=request.body or None,
                    headers=request.headers,
                    timeout=timeout,
                    allow_redirects=False,
                ) as reply:
                    body = await self._read(reply)
                    headers = {name.lower(): value for name, value in reply.headers.items()}
                    return WireReply(reply.status, headers, body, perf_counter() - started)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            kind, message = _explain(error, request)
            raise WireFault(kind, message) from None  # the cause may hold headers, and with them a key

    async def aclose(self) -> None:
        """Close the pool; a later request opens a new one."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._limit, ttl_dns_cache=300),
            cookie_jar=aiohttp.DummyCookieJar(),  # a cookie would tie one trial to the next
            headers={"User-Agent": "foretell"},
        )
        return self._session

    def _timeout(self, seconds: float) -> aiohttp.ClientTimeout:
        if len(self._timeouts) > 64:  # callers with ever new numbers must not fill memory
            self._timeouts.clear()
        # A connection that is not made says so before the deadline does, which only knows that time is up.
        connect = min(0.95 * seconds, CONNECT_TIMEOUT_S)
        made = aiohttp.ClientTimeout(total=None, sock_connect=connect, ceil_threshold=inf)
        self._timeouts[seconds] = made
        return made

    async def _read(self, reply: aiohttp.ClientResponse) -> bytes:
        """The body. A declared, uncompressed length is trusted: the parser reads no further than that."""
        declared = reply.content_length
        if declared is not None and declared <= self._max_body and "Content-Encoding" not in reply.headers:
            return await reply.read()
        parts: list[bytes] = []
        size = 0
        while chunk := await reply.content.readany():
            parts.append(chunk)
            size += len(chunk)
            if size > self._max_body:
                reply.close()
                raise _TooLong(f"The reply is longer than {self._max_body / MIB:g} MiB.")
        return b"".join(parts)


class _TooLong(ValueError):
    """The body went past the limit."""


def _explain(error: Exception, request: WireRequest) -> tuple[ErrorKind, str]:
    """Kind and message of a fault. The message names host and port only: a path or query may hold a key."""
    host = _host(request.url)
    if isinstance(error, _TooLong):
        return "error", str(error)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "unreachable", f"DNS: the name of {host} cannot be resolved."
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "unreachable", f"TLS: the certificate of {host} is not accepted: {excerpt(str(error.certificate_error))}"
    if isinstance(error, aiohttp.ClientSSLError):
        return "unreachable", f"TLS with {host} failed: {excerpt(str(error.os_error))}"
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "unreachable", f"No connection to {host} within {min(request.timeout_s, CONNECT_TIMEOUT_S):g} s."
    if isinstance(error, asyncio.TimeoutError):
        return "timeout", f"No reply from {host} within {request.timeout_s:g} s."
    if isinstance(error, aiohttp.ClientConnectorError):
        return "unreachable", f"No connection to {host}: {error.os_error.strerror or 'refused'}."
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError | OSError):
        return "unreachable", f"The connection to {host} broke before the reply had ended."
    if isinstance(error, aiohttp.InvalidURL):
        return "error", f"The address of {host} cannot be used."
    return "error", f"The exchange with {host} broke HTTP: {type(error).__name__}."


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # brackets or a port that are none
        return "the endpoint"
    return f"'{parts.hostname or ''}{port}'"
