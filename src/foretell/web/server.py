"""The process that answers: one socket, one application, an orderly end."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Generator

import uvicorn
from fastapi import FastAPI

from foretell.core.errors import ConfigurationError, Problem, Unreachable

BACKLOG = 2048
LONGEST_GOODBYE = 10
"""Seconds that requests under way have to end."""


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: whoever runs it is told of signals already."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals alone."""
        yield


def check_guarded(host: str, token: str | None) -> None:
    """A server that others can reach needs a token.

    Raises:
        ConfigurationError: it has none.
    """
    if token is None and not is_loopback(host):
        hint = "Name a variable that holds one with --token-env, or listen on 127.0.0.1."
        raise ConfigurationError(
            Problem("--host", f"'{host}' can be reached from elsewhere, and no token is set.", hint)
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine alone. A name but localhost may be anything."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one.

    Raises:
        Unreachable: the port is taken, or the host is not this machine's.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        what = f"cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}."
        raise Unreachable.of("foretell serve", what, "Choose another --port, or --port 0 for a free one.") from error


async def answer(app: FastAPI, listener: socket.socket) -> None:
    """Answer until cancelled; then no new connections, and what is under way is answered first."""
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", server_header=False,
                            timeout_graceful_shutdown=LONGEST_GOODBYE, ws="none")  # fmt: skip
    server = _Server(config)
    work = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        server.should_exit = True
        await work
        raise
