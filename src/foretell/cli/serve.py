"""`foretell serve`: take in traffic, and answer over HTTP."""

import socket
from contextlib import closing
from typing import Annotated

import typer

from foretell import settings
from foretell.cli.output import say
from foretell.cli.terminal import ConfigOption, KeyOption, in_house
from foretell.core.errors import ConfigurationError, Problem
from foretell.services.house import House
from foretell.web.app import make_app
from foretell.web.server import answer, check_guarded, listen
from foretell.wiring import open_ingest

PORT = 4318
"""Where OpenTelemetry's exporters send to when nobody tells them otherwise."""


def command(
    *,
    host: Annotated[str, typer.Option(metavar="HOST", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="PORT", help="0 takes a free one.")] = PORT,
    token_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="Variable with the token that every request must bring.")
    ] = None,
    ephemeral_key: KeyOption = False,
    config: ConfigOption = None,
) -> None:
    """Take in production traffic by OTLP at /v1/traces, anonymised before it is stored, and feedback on it."""
    token = _token(token_env)
    check_guarded(host, token)

    async def work(house: House) -> None:
        with closing(listen(host, port)) as listener:
            await _serve(house, listener, token)

    in_house(config, work, ephemeral_key=ephemeral_key)


async def _serve(house: House, listener: socket.socket, token: str | None) -> None:
    async with open_ingest(house) as ingest:
        address, bound = listener.getsockname()[:2]
        say(f"listening on http://{f'[{address}]' if ':' in address else address}:{bound}, traces at /v1/traces")
        try:
            await answer(make_app(ingest, token), listener)
        finally:
            told = ", ".join(f"{count} {name}" for name, count in sorted(ingest.counts.items()) if count)
            say(f"taken in: {told or 'none'}", err=True)


def _token(name: str | None) -> str | None:
    if name is None:
        return None
    token = settings.secret(name)
    if not token:
        raise ConfigurationError(
            Problem("--token-env", f"the variable '{name}' is not set.", "Set it to a long random text.")
        )
    return token
