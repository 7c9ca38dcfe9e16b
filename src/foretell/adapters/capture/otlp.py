"""OTLP over HTTP, without the sockets: what a request holds, and what it is answered with.

https://opentelemetry.io/docs/specs/otlp/#otlphttp. A request is bytes from a stranger: it is refused with a reason, or
taken with what could not be taken counted; it never raises anything else.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, Final

from foretell.adapters.capture import otlp_json, otlp_protobuf
from foretell.adapters.capture.raw import RawParcel
from foretell.core.domain.arrivals import Losses

LARGEST_BODY: Final = 20 * 1024 * 1024
"""Bytes of a request, before and after it was inflated."""
PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
_CODECS: Final[dict[str, ModuleType]] = {PROTOBUF: otlp_protobuf, JSON: otlp_json}
_INVALID, _EXHAUSTED, _UNAVAILABLE = 3, 8, 14  # google.rpc.Code


class Refused(Exception):
    """A request that is not taken. `status` is HTTP's; the message says why."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class OtlpExport:
    """The port `Export` over a request: its media type and its body, inflated; whether it is one of log records."""

    media: str
    body: bytes
    _parcels: Iterator[RawParcel]
    losses: Losses
    is_notes: bool = False

    def parcels(self) -> Iterator[RawParcel]:
        """See the port. They can be had once."""
        return self._parcels

    def mentions(self, names: frozenset[str]) -> bool:
        """See the port."""
        return any(name in self.body for name in _stems(names))

    def answer(self) -> bytes:
        """The body of the answer, in the encoding of the request."""
        return _codec(self.media).response(self.losses, is_notes=self.is_notes)


def read_export(body: bytes, media: str, encoding: str = "", *, is_notes: bool = False) -> OtlpExport:
    """What a request holds, by its headers `Content-Type` and `Content-Encoding`: spans, or log records.

    Raises:
        Refused: 400 for what cannot be read, 413 for what is too large, 415 for another type or encoding.
    """
    media = media_of(media)
    if media not in _CODECS:
        raise Refused(415, f"content type '{media[:80]}' is not known; send {PROTOBUF} or {JSON}")
    plain = _inflated(body, encoding.strip().lower())
    losses = Losses()
    try:
        codec = _codec(media)
        parcels = codec.notes_of(plain, losses) if is_notes else codec.parcels_of(plain, losses)
        return OtlpExport(media, plain, parcels, losses, is_notes)
    except ValueError as error:
        raise Refused(400, str(error)[:500]) from error


@cache
def _stems(names: frozenset[str]) -> tuple[bytes, ...]:
    """The names that do not hold another one: where they are absent, all are. Each costs a look at the whole body."""
    return tuple(name.encode() for name in names if not any(other != name and other in name for other in names))


def media_of(header: str) -> str:
    """The media type in a header `Content-Type`, without its parameters."""
    return header.partition(";")[0].strip().lower()


def refusal(status: int, reason: str, media: str) -> tuple[str, bytes]:
    """Media type and body of a refusal: a google.rpc.Status in the encoding of the request, JSON for any other."""
    media = media_of(media)
    media = media if media in _CODECS else JSON
    code = {429: _EXHAUSTED, 503: _UNAVAILABLE}.get(status, _INVALID)
    return media, _codec(media).refusal(code, reason)


def _codec(media: str) -> Any:
    return _CODECS[media]


def _inflated(body: bytes, encoding: str) -> bytes:
    if len(body) > LARGEST_BODY:
        raise Refused(413, too_large())
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise Refused(415, f"content encoding '{encoding[:80]}' is not known; send gzip or none")
    inflater = zlib.decompressobj(31)  # 31: a gzip head, and the largest window
    try:
        plain = inflater.decompress(body, LARGEST_BODY + 1)
    except zlib.error as error:
        raise Refused(400, f"the body is no gzip: {error}") from error
    if len(plain) > LARGEST_BODY:
        raise Refused(413, too_large())
    if not inflater.eof:
        raise Refused(400, "the gzip ends too early")
    return plain


def too_large() -> str:
    """Why a body is refused for its size."""
    return f"the body is larger than {LARGEST_BODY // 2**20} MiB; send fewer spans at once"
