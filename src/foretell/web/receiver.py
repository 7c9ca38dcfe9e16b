"""`POST /v1/traces` and `/v1/logs`: OTLP over HTTP."""

from fastapi import APIRouter, Request, Response

from foretell.adapters.capture.otlp import LARGEST_BODY, Refused, read_export, refusal, too_large
from foretell.core.errors import ForetellError
from foretell.services.ingest import Busy, Ingest


def receiver_routes(ingest: Ingest) -> APIRouter:
    """The routes of the receiver."""
    router = APIRouter()

    @router.post("/v1/traces", include_in_schema=False)
    async def traces(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction] # the decorator keeps it
        return await _taken(ingest, request, is_notes=False)

    @router.post("/v1/logs", include_in_schema=False)
    async def logs(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction] # the decorator keeps it
        return await _taken(ingest, request, is_notes=True)

    return router


async def _taken(ingest: Ingest, request: Request, *, is_notes: bool) -> Response:
    media = request.headers.get("content-type", "")
    try:
        encoding = request.headers.get("content-encoding", "")
        export = read_export(await body_of(request), media, encoding, is_notes=is_notes)
        await ingest.accept(export)
    except Refused as refused:
        return _refused(refused.status, refused.reason, media)
    except Busy as busy:
        return _refused(429, str(busy), media, busy.seconds)
    except ForetellError:  # its words may name places on this machine
        return _refused(503, "it cannot be kept at the moment; send it again", media, 1)
    return Response(export.answer(), 200, media_type=export.media)


async def body_of(request: Request) -> bytes:
    """The body, as far as it is allowed to go.

    Raises:
        Refused: it is too large; the rest is not read.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise Refused(413, too_large())
        parts.append(part)
    return b"".join(parts)


def _refused(status: int, reason: str, media: str, wait: int | None = None) -> Response:
    kind, body = refusal(status, reason, media)
    headers = {} if wait is None else {"retry-after": str(wait)}
    return Response(body, status, headers, kind)
