"""A small HTTP server by aiohttp, on this machine alone."""

from typing import Final

from aiohttp import web

from foretell.core.errors import Unreachable
from foretell.core.ports.listener import Handle, Heard

LARGEST: Final = 20 * 1024 * 1024
HOST: Final = "127.0.0.1"


class AiohttpListener:
    """The port `Listener`. A body beyond the largest is answered with 413 by aiohttp itself."""

    def __init__(self) -> None:
        self._runner: web.AppRunner | None = None

    async def open(self, port: int, handle: Handle) -> int:
        """See the port."""

        async def answer(request: web.Request) -> web.Response:
            headers = {name.lower(): value for name, value in request.headers.items()}
            found = handle(Heard(request.path, headers, await request.read()))
            return web.Response(body=found.body, status=found.status, content_type=found.media)

        app = web.Application(client_max_size=LARGEST)
        app.router.add_post("/{path:.*}", answer)
        self._runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port)
        try:
            await site.start()
        except OSError as error:
            await self.aclose()
            hint = "End what listens there, or give the target another port: traces = 4319."
            raise Unreachable.of("traces", f"cannot listen on {HOST}:{port}: {error.strerror}.", hint) from error
        return int(self._runner.addresses[0][1])

    async def aclose(self) -> None:
        """See the port."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
