"""The application that `foretell serve` runs: its routes, and the guard before them."""

import hmac
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

from foretell.services.ingest import Ingest
from foretell.web.feedback import feedback_routes
from foretell.web.receiver import receiver_routes

Next = Callable[[Request], Awaitable[Response]]
OPEN = ("/healthz",)
"""Paths that anybody may ask for: they tell nothing."""


def make_app(ingest: Ingest, token: str | None) -> FastAPI:
    """The application over an intake of traffic. With a `token` every request but those for `OPEN` must bring it."""
    app = FastAPI(title="foretell", docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json")
    app.include_router(receiver_routes(ingest))
    app.include_router(feedback_routes(ingest))

    @app.get("/healthz")
    async def health() -> dict[str, str]:  # pyright: ignore[reportUnusedFunction] # the decorator keeps it
        return {"status": "ok"}

    if token is not None:
        app.middleware("http")(_guard(token))
    return app


def _guard(token: str) -> Callable[[Request, Next], Awaitable[Response]]:
    expected = f"bearer {token}".encode()

    async def guard(request: Request, answer: Next) -> Response:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        said = f"{scheme.lower()} {given.strip()}".encode()
        if request.url.path in OPEN or hmac.compare_digest(said, expected):
            return await answer(request)
        return Response("the token is missing or wrong\n", 401, {"www-authenticate": "Bearer"}, "text/plain")

    return guard
